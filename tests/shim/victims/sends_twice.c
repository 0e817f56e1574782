/* SPDX-License-Identifier: Apache-2.0 */
/* A process that sends signals one right after the other. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

int pidfd_send_signal(int pidfd, int number, siginfo_t *info, unsigned int flags);

static pid_t target;
static int target_pidfd;

/* A child that lives until it is ended, or until we are, in a group of its own. */
static void begin_target(void)
{
	target = fork();
	if (target == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	setpgid(target, target);
	target_pidfd = (int)syscall(SYS_pidfd_open, target, 0);
}

static void by_kill(void)
{
	kill(target, SIGTERM);
}

static void by_group(void)
{
	kill(-target, SIGTERM);
}

static void by_killpg(void)
{
	killpg(target, SIGTERM);
}

static void by_tgkill(void)
{
	tgkill(target, target, SIGTERM);
}

static void by_sigqueue(void)
{
	sigqueue(target, SIGTERM, (union sigval){.sival_int = 5});
}

static void by_pidfd(void)
{
	pidfd_send_signal(target_pidfd, SIGTERM, NULL, 0);
}

static void by_call(void)
{
	syscall(SYS_kill, target, SIGTERM);
}

static void by_call_of_thread(void)
{
	syscall(SYS_tgkill, target, target, SIGTERM);
}

static void by_call_of_pidfd(void)
{
	syscall(SYS_pidfd_send_signal, target_pidfd, SIGTERM, NULL, 0);
}

static void by_own_group(void)
{
	kill(0, SIGTERM);
}

static const struct {
	const char *name;
	void (*send)(void);
} ways[] = {
	{"kill", by_kill},
	{"group", by_group},
	{"killpg", by_killpg},
	{"tgkill", by_tgkill},
	{"sigqueue", by_sigqueue},
	{"pidfd", by_pidfd},
	{"call", by_call},
	{"call_of_thread", by_call_of_thread},
	{"call_of_pidfd", by_call_of_pidfd},
	{"own_group", by_own_group},
};

static void send_by(const char *name)
{
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (!strcmp(ways[i].name, name))
			ways[i].send();
}

/* One signal by the way that is named first, and one by the second, between two calls of getppid()
 * that mark the place in a trace. */
static int twice(int count, char **arguments)
{
	if (count < 2)
		return 98;
	setpgid(0, 0);
	begin_target();
	signal(SIGTERM, SIG_IGN);
	getppid();
	send_by(arguments[0]);
	send_by(arguments[1]);
	getppid();
	kill(target, SIGKILL);
	return waitpid(target, NULL, 0) != target;
}

/* To many at once, and then it is gone. */
static int many(int count, char **arguments)
{
	static pid_t pids[2000];
	int number = number_at(count, arguments, 0);

	for (int i = 0; i < number; i++) {
		begin_target();
		close(target_pidfd);
		pids[i] = target;
	}
	for (int i = 0; i < number; i++)
		kill(pids[i], SIGTERM);
	kill(getpid(), SIGKILL);
	return 98;
}

static const struct act acts[] = {
	{"twice", twice},
	{"many", many},
	{0},
};

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	return play(acts, argc, argv);
}
