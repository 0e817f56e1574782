/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers with SA_ONSTACK, in threads with an alternate stack and without: where they run, with how
 * much room, and what they are told. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

typedef void *routine(void *);

static char own_memory[256 * 1024];
static __thread uintptr_t stack_begin, stack_end;
static volatile int zero, depth, calls;
static int room; /* what a handler uses, in KiB */

/* Handlers are called at points that are known, so they may print. */
static void find_own_stack(void)
{
	pthread_attr_t attributes;
	void *begin;
	size_t size;

	pthread_getattr_np(pthread_self(), &attributes);
	pthread_attr_getstack(&attributes, &begin, &size);
	pthread_attr_destroy(&attributes);
	stack_begin = (uintptr_t)begin;
	stack_end = stack_begin + size;
}

static const char *place(const void *at)
{
	uintptr_t address = (uintptr_t)at;

	return address >= stack_begin && address < stack_end ? "the thread's stack"
	       : address - (uintptr_t)own_memory < sizeof own_memory ? "the alternate stack"
								     : "a strange stack";
}

__attribute__((noinline)) static int use(int kilobytes)
{
	volatile char bytes[1024];

	bytes[0] = (char)kilobytes;
	return kilobytes <= 1 ? bytes[0] : use(kilobytes - 1) + bytes[0];
}

#if defined(__x86_64__)
/* Whether CONTEXT is where the kernel puts it: below the red zone and the extended state. */
static int is_in_place(const ucontext_t *context)
{
	const char *state = (const char *)context->uc_mcontext.fpregs;
	uintptr_t end = (uintptr_t)context->uc_mcontext.gregs[REG_RSP] - 128;
	unsigned size;

	memcpy(&size, state + 468, sizeof size);
	return (uintptr_t)state == ((end - size) & ~(uintptr_t)63) &&
	       (uintptr_t)context == (((uintptr_t)state - 440) & ~(uintptr_t)15);
}
#endif

static void print_context(const ucontext_t *context, const void *frame)
{
	const stack_t *stack = &context->uc_stack;

	printf("  uc_stack %s, size %zu, flags %d, uc_flags %#lx\n",
		stack->ss_sp == NULL	     ? "null"
		: stack->ss_sp == own_memory ? "own"
					     : "strange",
		stack->ss_size, stack->ss_flags, context->uc_flags);
	printf("  on %s, context on %s", place(frame), place(context));
#if defined(__x86_64__)
	if (!strcmp(place(context), "the thread's stack"))
		printf(", in place %d", is_in_place(context));
#endif
	printf("\n");
}

static void handle(int number, siginfo_t *info, void *context)
{
	stack_t now;

	depth++;
	printf("signal %d at depth %d: si_signo %d, si_code %d, own %d\n", number, depth,
		info->si_signo, info->si_code, info->si_pid == getpid());
	print_context(context, __builtin_frame_address(0));
	memset(&now, 0xff, sizeof now);
	printf("  sigaltstack %d", sigaltstack(NULL, &now));
	printf(": %s, flags %d\n", now.ss_sp == NULL ? "null" : "a stack", now.ss_flags);
	if (room)
		use(room);
	fflush(stdout);
	depth--;
}

static void handle_simply(int number)
{
	depth++;
	printf("signal %d at depth %d on %s\n", number, depth, place(__builtin_frame_address(0)));
	if (room)
		use(room);
	fflush(stdout);
	depth--;
}

static void install(int number, int flags)
{
	struct sigaction action = {.sa_flags = flags | SA_ONSTACK}, old;

	if (flags & SA_SIGINFO)
		action.sa_sigaction = handle;
	else
		action.sa_handler = handle_simply;
	sigaction(number, &action, NULL);
	sigaction(number, NULL, &old);
	printf("%d shows flags %#x, %s\n", number, (unsigned)old.sa_flags & ~0x04000000u,
		old.sa_sigaction == handle || old.sa_handler == handle_simply ? "the handler"
									      : "another");
}

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

/* A thread that has begun, and goes on when it is told to. */
static pthread_barrier_t barrier;
static routine *later;

static void *waits_first(void *argument)
{
	find_own_stack();
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return later(argument);
}

static pthread_t start(void)
{
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&thread, NULL, waits_first, NULL);
	pthread_barrier_wait(&barrier);
	return thread;
}

static void go_on(pthread_t thread, routine *what)
{
	later = what;
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
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

static sigjmp_buf back;

static void jumps(int number)
{
	use(room);
	siglongjmp(back, number);
}

static void *jumps_out(void *unused)
{
	for (volatile int i = 0; i < 100; i++) {
		int number = sigsetjmp(back, 1);

		if (number == 0)
			raise(SIGUSR1);
		calls += number == SIGUSR1;
	}
	printf("%d jumps\n", calls);
	return unused;
}

static int jump(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = jumps, .sa_flags = SA_ONSTACK};
	pthread_t early = start();

	room = number_at(count, arguments, 0);
	sigaction(SIGUSR1, &action, NULL);
	jumps_out(NULL);
	go_on(early, jumps_out);
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

__attribute__((noinline)) static int bottomless(int number)
{
	volatile char bytes[1024];

	bytes[0] = (char)number;
	return zero ? 0 : bottomless(number + 1) + bytes[0];
}

static void *overflows(void *unused)
{
	bottomless(zero);
	return unused;
}

static void says_so(int number)
{
	static const char words[] = "the host's own handler\n";

	(void)number;
	_exit(write(1, words, sizeof words - 1) > 0 ? 5 : 6);
}

/* overflow WHERE FLAGS: in the first thread, also with another handler; in a thread from before the
 * handler, or a later one. */
static int overflow(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = says_so,
		.sa_flags = SA_ONSTACK | number_at(count, arguments, 1)};
	const char *where = count ? arguments[0] : "first";
	pthread_t early = 0;

	if (!strcmp(where, "early"))
		early = start();
	sigaction(SIGSEGV, &action, NULL);
	if (!strcmp(where, "other"))
		sigaction(SIGUSR1, &action, NULL);
	if (!strcmp(where, "early"))
		go_on(early, overflows);
	else if (!strcmp(where, "late"))
		go_on(start(), overflows);
	return bottomless(zero);
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

static void *raises_usr1(void *unused)
{
	raise(SIGUSR1);
	return unused;
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

/* Between an unwatched filter and the end there is nobody but the handlers. */
static int confined(int count, char **arguments)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sigaltstack, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_gettime, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
	pthread_t early = start();

	room = number_at(count, arguments, 0);
	find_own_stack();
	install(SIGUSR1, 0);
	install(SIGUSR2, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	raise(SIGUSR1);
	raise(SIGUSR2);
	go_on(early, raises_usr1);
	return 0;
}

/* A thread computes while another one sends it signals: what it computes is right. */
static volatile int done;

static void counts(int number)
{
	volatile double value = number;

	for (int i = 0; i < 10; i++)
		value = value * 1.5 + 1;
	use(room);
	calls++;
}

static void *computes(void *unused)
{
	int wrong = 0;

	while (!done) {
		double sum = 0;

		for (int i = 1; i < 2000; i++)
			sum += 1.0 / i * i;
		wrong += sum != 1999.0;
	}
	printf("%d wrong, called %d\n", wrong, calls > 0);
	return unused;
}

static void *sends(void *unused)
{
	pthread_t thread = *(pthread_t *)unused;

	for (int i = 0; i < 20000; i++)
		pthread_kill(thread, i % 2 ? SIGUSR1 : SIGRTMIN);
	done = 1;
	return unused;
}

static int storm(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = counts, .sa_flags = SA_ONSTACK};
	pthread_t early = start(), sender;

	room = number_at(count, arguments, 0);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGRTMIN, &action, NULL);
	pthread_create(&sender, NULL, sends, &early);
	go_on(early, computes);
	pthread_join(sender, NULL);
	return 0;
}

static const struct act acts[] = {
	{"handlers", handlers},
	{"with_stacks", with_stacks},
	{"many", many},
	{"in_sigsuspend", in_sigsuspend},
	{"jump", jump},
	{"one_shot", one_shot},
	{"recover_from_faults", recover_from_faults},
	{"overflow", overflow},
	{"fork_in_handler", fork_in_handler},
	{"vfork_child", vfork_child},
	{"install_in_handler", install_in_handler},
	{"confined", confined},
	{"storm", storm},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
