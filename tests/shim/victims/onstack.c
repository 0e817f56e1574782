/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers with SA_ONSTACK, in threads with an alternate stack and without: where they run, with
 * how much room, and what they are told. */
#include "tests/shim/victims/onstack.h"

#include <errno.h>
#include <setjmp.h>
#include <sys/wait.h>

static void raise_some(void)
{
	raise(SIGUSR1);
	raise(SIGUSR2);
	raise(SIGCHLD);
	raise(SIGRTMIN + 3);
}

static void install_some(void)
{
	install(SIGUSR1, SA_SIGINFO);
	install(SIGUSR2, 0);
	install(SIGCHLD, SA_SIGINFO | SA_NODEFER);
	install(SIGRTMIN + 3, SA_SIGINFO | SA_RESTART);
}

static void set_own(int flags)
{
	stack_t own = {.ss_sp = own_memory, .ss_size = sizeof own_memory, .ss_flags = flags};

	printf("sigaltstack: %d\n", sigaltstack(&own, NULL));
}

static void *raises(void *unused)
{
	raise_some();
	raise_some();
	return unused;
}

/* With so many KiB, in the first thread, one that was there before, and a new one. */
static int handlers(int count, char **arguments)
{
	pthread_t early = start();

	room = number_at(count, arguments, 0);
	find_own_stack();
	install_some();
	raises(NULL);
	go_on(early, raises);
	go_on(start(), raises);
	raises(NULL);
	return 0;
}

static void *raises_with_stacks(void *unused)
{
	raises(NULL);
	set_own(0);
	raise_some();
	set_own(SS_DISABLE);
	raise_some();
#ifdef SS_AUTODISARM
	set_own((int)SS_AUTODISARM);
	raise_some();
	set_own(SS_DISABLE);
#endif
	return unused;
}

/* One thread has an alternate stack, another one gets the signal. */
static int with_stacks(int count, char **arguments)
{
	pthread_t early = start();

	room = number_at(count, arguments, 0);
	find_own_stack();
	set_own(0);
	install_some();
	raise_some();
	go_on(early, raises_with_stacks);
	set_own(0);
	go_on(start(), raises);
	raises_with_stacks(NULL);
	return 0;
}

/* Many signals at once, to handlers with SA_ONSTACK, without SA_SIGINFO, and plain ones. */
static void *unblocks(void *unused)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (int number = SIGRTMIN; number < SIGRTMIN + 12; number++)
		pthread_kill(pthread_self(), number);
	raise(SIGUSR2);
	raise(SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	sigdelset(&all, SIGUSR1);
	sigdelset(&all, SIGUSR2);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	return unused;
}

static void install_many(void)
{
	for (int number = SIGRTMIN; number < SIGRTMIN + 12; number++)
		install(number, number % 3 ? SA_SIGINFO : 0);
	install(SIGUSR1, SA_SIGINFO);
	install(SIGUSR2, SA_SIGINFO);
}

static int many(int count, char **arguments)
{
	pthread_t early = start();

	room = number_at(count, arguments, 0);
	find_own_stack();
	install_many();
	unblocks(NULL);
	go_on(early, unblocks);
	go_on(start(), unblocks);
	return 0;
}

/* The mask that is in force during a wait is the handler's. */
static void *suspends(void *unused)
{
	sigset_t all, open, before;

	sigfillset(&all);
	open = all;
	sigdelset(&open, SIGUSR1);
	sigdelset(&open, SIGUSR2);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	raise(SIGUSR1);
	raise(SIGUSR2);
	errno = 0;
	printf("sigsuspend: %d, errno %d\n", sigsuspend(&open), errno);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return unused;
}

static int in_sigsuspend(int count, char **arguments)
{
	pthread_t early = start();

	room = number_at(count, arguments, 0);
	find_own_stack();
	install_some();
	suspends(NULL);
	go_on(early, suspends);
	return 0;
}

static void *raises_once(void *unused)
{
	struct sigaction now;

	for (int i = 0; i < 2; i++) {
		install(SIGUSR1, (i ? SA_SIGINFO : 0) | (int)SA_RESETHAND);
		raise(SIGUSR1);
		sigaction(SIGUSR1, NULL, &now);
		printf("then %s, flags %#x\n", now.sa_handler == SIG_DFL ? "default" : "another",
			(unsigned)now.sa_flags & ~0x04000000u);
	}
	return unused;
}

static int one_shot(int count, char **arguments)
{
	pthread_t early = start();

	room = number_at(count, arguments, 0);
	find_own_stack();
	raises_once(NULL);
	go_on(early, raises_once);
	install(SIGUSR1, (int)SA_RESETHAND);
	raise(SIGUSR1);
	raise(SIGUSR1);
	return 0;
}

static sigjmp_buf back;

static void *faults(void *unused)
{
	*(volatile int *)16 = zero;
	return unused;
}

static void recover(int number, siginfo_t *info, void *context)
{
	(void)info;
	handle(number, info, context);
	siglongjmp(back, 1);
}

static void *recovers(void *unused)
{
	for (volatile int i = 0; i < 3; i++)
		if (!sigsetjmp(back, 1))
			faults(NULL);
	return unused;
}

static int recover_from_faults(int count, char **arguments)
{
	struct sigaction action = {.sa_sigaction = recover, .sa_flags = SA_ONSTACK | SA_SIGINFO};
	pthread_t early = start();

	room = number_at(count, arguments, 0);
	find_own_stack();
	sigaction(SIGSEGV, &action, NULL);
	recovers(NULL);
	go_on(early, recovers);
	go_on(start(), recovers);
	return 0;
}

/* The child of a thread, in a handler. */
static void forks(int number)
{
	pid_t child = fork();
	int status = 0;

	handle_simply(number);
	if (child == 0) {
		raise(SIGUSR2);
		_exit(7);
	}
	waitpid(child, &status, 0);
	printf("child: %#x\n", (unsigned)status);
	fflush(stdout);
}

static int fork_in_handler(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = forks, .sa_flags = SA_ONSTACK};
	pthread_t early = start();

	room = number_at(count, arguments, 0);
	find_own_stack();
	install(SIGUSR2, SA_SIGINFO);
	sigaction(SIGUSR1, &action, NULL);
	fflush(stdout);
	raise(SIGUSR1);
	go_on(early, raises_usr1);
	return 0;
}

/* A vfork child has a table of its own. */
static int vfork_child(int count, char **arguments)
{
	struct sigaction now;
	int status = 0;
	pid_t child;

	room = number_at(count, arguments, 0);
	find_own_stack();
	fflush(stdout);
	child = vfork();
	if (child == 0) {
		install(SIGUSR1, SA_SIGINFO);
		raise(SIGUSR1);
		_exit(3);
	}
	waitpid(child, &status, 0);
	printf("child: %#x\n", (unsigned)status);
	sigaction(SIGUSR1, NULL, &now);
	printf("here %s\n", now.sa_handler == SIG_DFL ? "default" : "another");
	install(SIGUSR1, SA_SIGINFO);
	raise(SIGUSR1);
	return 0;
}

/* The first handler with SA_ONSTACK is set in a handler, which returns. */
static void installs(int number)
{
	handle_simply(number);
	install(SIGUSR2, SA_SIGINFO);
	raise(SIGUSR2);
}

static int install_in_handler(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = installs};

	room = number_at(count, arguments, 0);
	find_own_stack();
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	raise(SIGUSR2);
	raise(SIGUSR2);
	return 0;
}

static const struct act acts[] = {
	{"handlers", handlers},
	{"with_stacks", with_stacks},
	{"many", many},
	{"in_sigsuspend", in_sigsuspend},
	{"one_shot", one_shot},
	{"recover_from_faults", recover_from_faults},
	{"fork_in_handler", fork_in_handler},
	{"vfork_child", vfork_child},
	{"install_in_handler", install_in_handler},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
