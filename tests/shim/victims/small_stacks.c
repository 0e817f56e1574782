/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How little stack a call works with: each act makes one call on a stack that ends at a guard, in
 * children, and prints the fewest bytes with which it did what it should. Linked -z now: the
 * loader's own look-up would need more than all of it.
 */
#include "tests/shim/victims/victim.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define STEP 64
#define LARGEST (64 * 1024)

/* What a call works on; it is made by the child that calls. */
static pid_t other;
static int other_fd;
static siginfo_t information;
static struct rusage usage;
static sigset_t none;
static pthread_t thread;
static stack_t handlers;

/* A child that does not outlive us. */
static pid_t start(int (*lives)(void))
{
	pid_t self = getpid(), pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(getppid() == self ? lives() : 0);
	}
	return pid;
}

static int ends(void)
{
	return 3;
}

static int stays(void)
{
	sleep(20);
	return 0;
}

static int leads(void)
{
	setpgid(0, 0);
	sleep(20);
	return 0;
}

static int child_ended(void)
{
	other = start(ends);
	return waitid(P_PID, (id_t)other, &information, WEXITED | WNOWAIT);
}

static int child_stays(void)
{
	other = start(stays);
	return 0;
}

static int child_leads(void)
{
	other = start(leads);
	setpgid(other, other);
	return 0;
}

static int child_open(void)
{
	other = start(stays);
	other_fd = (int)syscall(SYS_pidfd_open, other, 0);
	return other_fd < 0;
}

static void nothing(int number)
{
	(void)number;
}

static void *end_thread(void *argument)
{
	return argument;
}

static struct sigaction action = {.sa_handler = nothing};
static union sigval no_value;

static int by_wait(void)
{
	return wait(NULL) == other;
}

static int by_waitpid(void)
{
	return waitpid(other, NULL, 0) == other;
}

static int by_wait3(void)
{
	return wait3(NULL, 0, &usage) == other;
}

static int by_wait4(void)
{
	return wait4(other, NULL, 0, NULL) == other;
}

static int by_waitid(void)
{
	return waitid(P_PID, (id_t)other, NULL, WEXITED) == 0;
}

static int by_kill(void)
{
	return kill(other, SIGTERM) == 0;
}

static int by_killpg(void)
{
	return killpg(other, SIGTERM) == 0;
}

static int by_sigqueue(void)
{
	return sigqueue(other, SIGTERM, no_value) == 0;
}

static int by_tgkill(void)
{
	return tgkill(other, other, SIGTERM) == 0;
}

static int by_pidfd(void)
{
	return syscall(SYS_pidfd_send_signal, other_fd, SIGTERM, NULL, 0) == 0;
}

static int by_call(void)
{
	return syscall(SYS_kill, other, SIGTERM) == 0;
}

static int by_sigaction(void)
{
	return sigaction(SIGSEGV, &action, NULL) == 0;
}

static int by_signal(void)
{
	return signal(SIGTERM, nothing) == SIG_DFL;
}

static int by_sigaltstack(void)
{
	return sigaltstack(NULL, &handlers) == 0;
}

static int by_prctl(void)
{
	return prctl(PR_GET_DUMPABLE) >= 0;
}

static int by_pthread_create(void)
{
	return pthread_create(&thread, NULL, end_thread, NULL) == 0;
}

static int by_write(void)
{
	return write(-1, "", 0) < 0;
}

static int by_exit(void)
{
	exit(5);
}

static int by_underscore_exit(void)
{
	_exit(5);
}

static int by_quick_exit(void)
{
	quick_exit(5);
}

static int by_abort(void)
{
	abort();
}

static int by_sigterm(void)
{
	raise(SIGTERM);
	return 0;
}

struct call {
	const char *name;
	int (*prepare)(void);
	int (*call)(void);
	int status; /* of the child in which it worked */
};

#define RETURNED 0
#define EXITED (5 << 8)

static const struct call calls[] = {
	{"wait", child_ended, by_wait, RETURNED},
	{"waitpid", child_ended, by_waitpid, RETURNED},
	{"wait3", child_ended, by_wait3, RETURNED},
	{"wait4", child_ended, by_wait4, RETURNED},
	{"waitid", child_ended, by_waitid, RETURNED},
	{"kill", child_stays, by_kill, RETURNED},
	{"killpg", child_leads, by_killpg, RETURNED},
	{"sigqueue", child_stays, by_sigqueue, RETURNED},
	{"tgkill", child_stays, by_tgkill, RETURNED},
	{"pidfd_send_signal", child_open, by_pidfd, RETURNED},
	{"syscall", child_stays, by_call, RETURNED},
	{"sigaction", NULL, by_sigaction, RETURNED},
	{"signal", NULL, by_signal, RETURNED},
	{"sigaltstack", NULL, by_sigaltstack, RETURNED},
	{"prctl", NULL, by_prctl, RETURNED},
	{"pthread_create", NULL, by_pthread_create, RETURNED},
	{"write", NULL, by_write, RETURNED},
	{"exit", NULL, by_exit, EXITED},
	{"_exit", NULL, by_underscore_exit, EXITED},
	{"quick_exit", NULL, by_quick_exit, EXITED},
	{"abort", NULL, by_abort, SIGABRT},
	{"SIGTERM", NULL, by_sigterm, SIGTERM},
};

static ucontext_t before, on_small;
static const struct call *chosen;
static int worked;

static void make_call(void)
{
	worked = chosen->call();
}

/* LARGEST bytes behind a page without access. */
static char *guarded_room(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *room = mmap(
		NULL, page + LARGEST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(room, page, PROT_NONE);
	return room + page;
}

static _Noreturn void call_with(int size)
{
	struct rlimit no_core = {0, 0};

	setrlimit(RLIMIT_CORE, &no_core);
	if (chosen->prepare && chosen->prepare())
		_exit(98);
	getcontext(&on_small);
	on_small.uc_stack = (stack_t){.ss_sp = guarded_room(), .ss_size = (size_t)size};
	on_small.uc_link = &before;
	makecontext(&on_small, make_call, 0);
	swapcontext(&before, &on_small);
	_exit(worked ? 0 : 97);
}

static int works_with(int size)
{
	int status, mask = ~0x80;
	pid_t pid = fork();

	if (pid == 0)
		call_with(size);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return (status & mask) == chosen->status;
}

static int smallest(void)
{
	int too_few = 0, enough = LARGEST;

	if (!works_with(enough))
		return -1;
	while (enough - too_few > STEP) {
		int middle = (too_few + enough) / 2 / STEP * STEP;

		if (works_with(middle))
			enough = middle;
		else
			too_few = middle;
	}
	return enough;
}

static int play_all(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	sigemptyset(&none);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		chosen = &calls[i];
		printf("%s %d\n", chosen->name, smallest());
		fflush(stdout);
	}
	return 0;
}

/* A SIGCHLD handler on an alternate stack of the given size that reaps, as is common. */
static volatile sig_atomic_t reaped;

static void reap(int number)
{
	(void)number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		reaped = 1;
}

static _Noreturn void reap_with(int size)
{
	struct sigaction on_stack = {.sa_handler = reap, .sa_flags = SA_ONSTACK};
	stack_t stack = {.ss_sp = guarded_room(), .ss_size = (size_t)size};
	sigset_t all, before_all;

	if (sigaltstack(&stack, NULL))
		_exit(98);
	sigaction(SIGCHLD, &on_stack, NULL);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before_all);
	start(ends);
	while (!reaped)
		sigsuspend(&before_all);
	_exit(0);
}

static int play_reaper(int count, char **arguments)
{
	int least = (int)sysconf(_SC_MINSIGSTKSZ), size = least;

	(void)count;
	(void)arguments;
	for (; size < least + LARGEST / 2; size += STEP) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			reap_with(size);
		waitpid(pid, &status, 0);
		if (status == 0)
			break;
	}
	printf("handler %d\n", size);
	return 0;
}

static const struct act acts[] = {
	{"calls", play_all},
	{"reaper", play_reaper},
	{NULL, NULL},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
