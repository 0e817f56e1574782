/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers with SA_ONSTACK, in threads with an alternate stack and without: where they run, with
 * how much room, and what they are reported. */
#include "tests/shim/victims/onstack.h"

#include <errno.h>
#include <setjmp.h>
#include <sys/syscall.h>
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

	if (child == 0) {
		raise(SIGUSR2);
		_exit(7);
	}
	waitpid(child, &status, 0);
	handle_simply(number);
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

struct kernel_action {
	void *handler;
	unsigned long flags;
	void *restorer;
	unsigned long mask;
};

static void print_kernel_action(const char *when, const struct kernel_action *action)
{
	printf("%s: %s, flags %#lx, restorer %d, mask %#lx\n", when,
		action->handler == handle	   ? "handle"
		: action->handler == handle_simply ? "handle_simply"
						   : "another",
		action->flags, action->restorer != NULL, action->mask);
}

static long set_past_libc(const struct kernel_action *action, struct kernel_action *old)
{
	return syscall(SYS_rt_sigaction, SIGUSR1, action, old, sizeof action->mask);
}

/* By system calls, with libc's restorer. */
static int past_libc(int count, char **arguments)
{
	struct kernel_action action, old = {0};
	pthread_t early = start();

	room = number_at(count, arguments, 0);
	find_own_stack();
	install(SIGUSR1, 0);
	set_past_libc(NULL, &action);
	print_kernel_action("libc's", &action);
	action.handler = (void *)handle;
	action.flags |= SA_SIGINFO;
	action.mask = 1;
	printf("set: %ld\n", set_past_libc(&action, &old));
	print_kernel_action("old", &old);
	raise(SIGUSR1);
	go_on(early, raises_usr1);
	set_past_libc(&old, &old);
	print_kernel_action("old", &old);
	raise(SIGUSR1);
	printf("nowhere: %ld", set_past_libc((void *)16, NULL));
	printf(", errno %d", errno);
	printf("; %ld", set_past_libc(&action, (void *)16));
	printf(", errno %d\n", errno);
	printf("a wrong size: %ld", syscall(SYS_rt_sigaction, SIGUSR1, &action, NULL, 1));
	printf(", errno %d\n", errno);
	return 0;
}

static const char *name_of(void (*handler)(int))
{
	return handler == SIG_DFL			      ? "default"
	       : handler == handle_simply		      ? "handle_simply"
	       : (void *)handler == (void *)(uintptr_t)handle ? "handle"
							      : "another";
}

/* What is handed out as old is the host's own, and works. */
static int old_ones(int count, char **arguments)
{
	struct sigaction old, older, plain = {.sa_handler = handle_simply};

	(void)count;
	(void)arguments;
	find_own_stack();
	install(SIGUSR1, SA_SIGINFO | SA_RESTART);
	sigaction(SIGUSR1, &plain, &old);
	printf("old %s, flags %#x\n", name_of(old.sa_handler), (unsigned)old.sa_flags);
	sigaction(SIGUSR1, &old, &older);
	printf("older %s, flags %#x\n", name_of(older.sa_handler), (unsigned)older.sa_flags);
	raise(SIGUSR1);
	siginterrupt(SIGUSR1, 1);
	raise(SIGUSR1);
	printf("signal: %s\n", name_of(signal(SIGUSR1, SIG_DFL)));
	install(SIGUSR1, 0);
	printf("sysv_signal: %s\n", name_of(sysv_signal(SIGUSR1, handle_simply)));
	printf("sigset: %s\n", name_of(sigset(SIGUSR1, SIG_IGN)));
	install(SIGUSR1, 0);
	printf("sigset: %s\n", name_of(sigset(SIGUSR1, SIG_DFL)));
	sigaction(SIGUSR1, &old, NULL);
	raise(SIGUSR1);
	printf("wrong: %d", sigaction(SIGKILL, &old, NULL));
	printf(", %d\n", sigaction(65, (void *)16, NULL));
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
	{"past_libc", past_libc},
	{"old_ones", old_ones},
	{"install_in_handler", install_in_handler},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
