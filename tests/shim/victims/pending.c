/* SPDX-License-Identifier: Apache-2.0 */
/* A process that sends a signal, and what it does right behind that. */
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

#define FOREVER 600

static pid_t target, waiting;

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
}

static void by_kill(void)
{
	kill(target, SIGTERM);
}

static char *no_environment[] = {NULL};
static char *true_arguments[] = {(char *)"true", NULL};

/* What is done by one call. */
#define THEN(name, call)              \
	static void then_##name(void) \
	{                             \
		call;                 \
	}

THEN(execve, execve("/bin/true", true_arguments, no_environment))
THEN(execv, execv("/bin/true", true_arguments))
THEN(execvp, execvp("true", true_arguments))
THEN(execvpe, execvpe("true", true_arguments, no_environment))
THEN(fexecve, fexecve(open("/bin/true", O_RDONLY | O_CLOEXEC), true_arguments, no_environment))
THEN(execveat,
	execveat(open("/bin", O_PATH | O_CLOEXEC), "true", true_arguments, no_environment, 0))
THEN(call_execveat, syscall(SYS_execveat, AT_FDCWD, "/bin/true", true_arguments, no_environment, 0))

static void then_execl(void)
{
	execl("/bin/sh", "sh", "-c", "echo $0 $1 $2; exit 5", "a", "b", "c", (char *)NULL);
}

static void then_execlp(void)
{
	execlp("sh", "sh", "-c", "echo $0 $1 $2; exit 5", "a", "b", "c", (char *)NULL);
}

static void then_execle(void)
{
	char *const environment[] = {(char *)"WORD=d", NULL};

	execle("/bin/sh", "sh", "-c", "echo $0 $1 $WORD; exit 5", "a", "b", (char *)NULL,
		environment);
}

THEN(call_execve, syscall(SYS_execve, "/bin/true", true_arguments, no_environment))

static void then_exec_after_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	kill(getpid(), SIGKILL);
}

static void then_exec_fails(void)
{
	execl("/nowhere", "nowhere", (char *)NULL);
	kill(getpid(), SIGKILL);
}

THEN(_exit, _exit(3))
THEN(exit, exit(3))
THEN(quick_exit, quick_exit(3))
THEN(call_exit_group, syscall(SYS_exit_group, 3))
THEN(abort, abort())
THEN(fault, *(volatile int *)(uintptr_t)16 = 1)

static int descend(int depth)
{
	volatile char room[1 << 12] = {0};

	room[depth % (int)sizeof room] = 1;
	return depth < 0 ? 0 : descend(depth + 1) + room[0];
}

THEN(overflow, printf("%d\n", descend(0)))
THEN(term, kill(getpid(), SIGTERM))
THEN(term_to_own_group, kill(0, SIGTERM))
THEN(kill, kill(getpid(), SIGKILL))
THEN(kill_own_group, kill(0, SIGKILL))
THEN(tgkill, tgkill(getpid(), gettid(), SIGKILL))
THEN(sigqueue, sigqueue(getpid(), SIGKILL, (union sigval){.sival_int = 1}))
THEN(raise, raise(SIGKILL))
THEN(call_kill, syscall(SYS_kill, getpid(), SIGKILL))
THEN(call_tgkill, syscall(SYS_tgkill, getpid(), gettid(), SIGKILL))

static void then_filter(void)
{
	prctl(PR_SET_SECCOMP, 1 /* strict: this kills */);
	getppid();
}

/* What waits until we are killed. */
THEN(poll, poll(NULL, 0, -1))
THEN(ppoll, ppoll(NULL, 0, NULL, NULL))
THEN(select, select(0, NULL, NULL, NULL, NULL))
THEN(pselect, pselect(0, NULL, NULL, NULL, NULL, NULL))

static void then_epoll_wait(void)
{
	struct epoll_event event;

	epoll_wait(epoll_create1(EPOLL_CLOEXEC), &event, 1, -1);
}

static void then_epoll_pwait(void)
{
	struct epoll_event event;

	epoll_pwait(epoll_create1(EPOLL_CLOEXEC), &event, 1, -1, NULL);
}

static void then_epoll_pwait2(void)
{
	struct epoll_event event;

	epoll_pwait2(epoll_create1(EPOLL_CLOEXEC), &event, 1, NULL, NULL);
}

static void then_call_epoll_pwait2(void)
{
	struct epoll_event event;

	syscall(SYS_epoll_pwait2, epoll_create1(EPOLL_CLOEXEC), &event, 1, NULL, NULL, 8);
}

THEN(nanosleep, nanosleep(&(struct timespec){.tv_sec = FOREVER}, NULL))
THEN(clock_nanosleep,
	clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_sec = FOREVER}, NULL))
THEN(sleep, sleep(FOREVER))
THEN(usleep, usleep(FOREVER * 1000000u))
THEN(pause, pause())

static void then_sigsuspend(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigsuspend(&none);
}

static sigset_t usr1(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return set;
}

static void then_sigwait(void)
{
	sigset_t set = usr1();
	int number;

	sigwait(&set, &number);
}

static void then_sigwaitinfo(void)
{
	sigset_t set = usr1();

	sigwaitinfo(&set, NULL);
}

static void then_sigtimedwait(void)
{
	sigset_t set = usr1();

	sigtimedwait(&set, NULL, &(struct timespec){.tv_sec = FOREVER});
}

static void then_read(void)
{
	int ends[2];
	char byte;

	if (pipe2(ends, O_CLOEXEC) != 0 || read(ends[0], &byte, 1) != 1)
		_exit(97);
}

/* What the compiler makes of read(), poll() and ppoll() where it knows the size. */
ssize_t __read_chk(int fd, void *bytes, size_t count, size_t size);
int __poll_chk(struct pollfd *list, nfds_t count, int milliseconds, size_t size);
int __ppoll_chk(struct pollfd *list, nfds_t count, const struct timespec *most,
	const sigset_t *mask, size_t size);

static void then_read_chk(void)
{
	int ends[2];
	char byte;

	if (pipe2(ends, O_CLOEXEC) != 0 || __read_chk(ends[0], &byte, 1, 1) != 1)
		_exit(97);
}

THEN(poll_chk, __poll_chk(NULL, 0, -1, 0))
THEN(ppoll_chk, __ppoll_chk(NULL, 0, NULL, NULL, 0))

static void then_futex(void)
{
	int word = 0;

	syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

/* Of two children one has ended of what it was sent; for the other one the call waits. */
static void then_wait(void)
{
	for (;;)
		wait(NULL);
}

THEN(waitpid, waitpid(waiting, NULL, 0))

static void then_waitid(void)
{
	siginfo_t info;

	waitid(P_PID, (id_t)waiting, &info, WEXITED);
}

static void then_ask(void)
{
	while (waitpid(target, NULL, WNOHANG) == 0)
		;
	kill(getpid(), SIGKILL);
}

/* The thread that sent waits with what is not looked at; another one does the rest. */
static void *sleep_again_and_again(void *nothing)
{
	for (;;)
		usleep(1000);
	return nothing;
}

static pthread_mutex_t locked = PTHREAD_MUTEX_INITIALIZER;

static void then_another_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, sleep_again_and_again, NULL);
	pthread_mutex_lock(&locked);
	pthread_mutex_lock(&locked);
}

static const struct {
	const char *name;
	void (*go_on)(void);
	int is_to_be_killed;
} ends[] = {
	{"execve", then_execve, 0},
	{"execv", then_execv, 0},
	{"execvp", then_execvp, 0},
	{"execvpe", then_execvpe, 0},
	{"fexecve", then_fexecve, 0},
	{"execveat", then_execveat, 0},
	{"call_execveat", then_call_execveat, 0},
	{"execl", then_execl, 0},
	{"execlp", then_execlp, 0},
	{"execle", then_execle, 0},
	{"call_execve", then_call_execve, 0},
	{"exec_after_vfork", then_exec_after_vfork, 0},
	{"exec_fails", then_exec_fails, 0},
	{"_exit", then__exit, 0},
	{"exit", then_exit, 0},
	{"quick_exit", then_quick_exit, 0},
	{"call_exit_group", then_call_exit_group, 0},
	{"abort", then_abort, 0},
	{"fault", then_fault, 0},
	{"overflow", then_overflow, 0},
	{"term", then_term, 0},
	{"term_to_own_group", then_term_to_own_group, 0},
	{"kill", then_kill, 0},
	{"kill_own_group", then_kill_own_group, 0},
	{"tgkill", then_tgkill, 0},
	{"sigqueue", then_sigqueue, 0},
	{"raise", then_raise, 0},
	{"call_kill", then_call_kill, 0},
	{"call_tgkill", then_call_tgkill, 0},
	{"filter", then_filter, 0},
	{"ask", then_ask, 0},
	{"poll", then_poll, 1},
	{"ppoll", then_ppoll, 1},
	{"select", then_select, 1},
	{"pselect", then_pselect, 1},
	{"epoll_wait", then_epoll_wait, 1},
	{"epoll_pwait", then_epoll_pwait, 1},
	{"epoll_pwait2", then_epoll_pwait2, 1},
	{"call_epoll_pwait2", then_call_epoll_pwait2, 1},
	{"nanosleep", then_nanosleep, 1},
	{"clock_nanosleep", then_clock_nanosleep, 1},
	{"sleep", then_sleep, 1},
	{"usleep", then_usleep, 1},
	{"pause", then_pause, 1},
	{"sigsuspend", then_sigsuspend, 1},
	{"sigwait", then_sigwait, 1},
	{"sigwaitinfo", then_sigwaitinfo, 1},
	{"sigtimedwait", then_sigtimedwait, 1},
	{"read", then_read, 1},
	{"read_chk", then_read_chk, 1},
	{"poll_chk", then_poll_chk, 1},
	{"ppoll_chk", then_ppoll_chk, 1},
	{"futex", then_futex, 1},
	{"wait", then_wait, 1},
	{"waitpid", then_waitpid, 1},
	{"waitid", then_waitid, 1},
	{"another_thread", then_another_thread, 1},
};

static char state_of(pid_t pid)
{
	char path[64], line[512] = "", *after;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file || !fgets(line, sizeof line, file))
		_exit(97);
	fclose(file);
	after = strrchr(line, ')');
	return after ? after[2] : 'X';
}

/* A child that kills us when we have slept for some time without a break. */
static void begin_killer(void)
{
	pid_t parent = getpid();

	waiting = fork();
	if (waiting != 0)
		return;
	setpgid(0, 0);
	for (int asleep = 0; asleep < 20; usleep(5000))
		asleep = state_of(parent) == 'S' ? asleep + 1 : 0;
	kill(parent, SIGKILL);
	_exit(0);
}

/* One SIGTERM to a child, then what is named. */
static int then(int count, char **arguments)
{
	setpgid(0, 0);
	signal(SIGUSR1, SIG_IGN);
	begin_target();
	for (size_t i = 0; count > 0 && i < sizeof ends / sizeof *ends; i++) {
		if (strcmp(ends[i].name, arguments[0]) != 0)
			continue;
		if (ends[i].is_to_be_killed)
			begin_killer();
		by_kill();
		ends[i].go_on();
		return 96;
	}
	return 98;
}

/* A child that waits before what its parent has sent is reported: it is not for that one to report.
 */
static inline __attribute__((always_inline)) int waits_in(pid_t pid)
{
	if (pid == 0) {
		poll(NULL, 0, 1);
		_exit(0);
	}
	printf("%d\n", waitpid(pid, NULL, 0) == pid);
	return waitpid(target, NULL, 0) != target;
}

static int in_child(int count, char **arguments)
{
	(void)arguments;
	begin_target();
	by_kill();
	return waits_in(count > 0 ? vfork() : fork());
}

static const struct act acts[] = {
	{"then", then},
	{"in_child", in_child},
	{0},
};

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	return play(acts, argc, argv);
}
