/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers of SIGSEGV without SA_ONSTACK, as Open MPI and libgfortran set them. */
#include "tests/shim/victims/onstack.h"

#include <setjmp.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static sigjmp_buf back;
static int with_siginfo, jumps;

static void show(const char *when)
{
	struct sigaction now;

	sigaction(SIGSEGV, NULL, &now);
	printf("%s: flags %#x, %s\n", when, (unsigned)now.sa_flags & ~0x04000000u,
		now.sa_sigaction == handle	  ? "handle"
		: now.sa_handler == handle_simply ? "handle_simply"
		: now.sa_handler == SIG_DFL	  ? "default"
						  : "another");
}

static void recovers(int number, siginfo_t *info, void *context)
{
	handle(number, info, context);
	siglongjmp(back, 1);
}

static void set_plain(void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = {.sa_flags = flags};

	if (with_siginfo) {
		action.sa_sigaction = handler;
		action.sa_flags |= SA_SIGINFO;
	} else {
		action.sa_handler = handle_simply;
	}
	sigaction(SIGSEGV, &action, NULL);
}

static void *raises(void *unused)
{
	find_own_stack();
	raise(SIGSEGV);
	raise(SIGSEGV);
	return unused;
}

static void *faults(void *unused)
{
	find_own_stack();
	for (volatile int i = 0; i < 3; i++)
		if (!sigsetjmp(back, 1))
			*(volatile int *)16 = zero;
	return unused;
}

/* sent SIGINFO KIB FLAGS: in threads from before and after the handler. */
static int sent(int count, char **arguments)
{
	pthread_t early = start();

	with_siginfo = number_at(count, arguments, 0);
	room = number_at(count, arguments, 1);
	set_plain(handle, number_at(count, arguments, 2));
	show("set");
	raises(NULL);
	go_on(early, raises);
	go_on(start(), raises);
	show("after");
	return 0;
}

static int recover(int count, char **arguments)
{
	pthread_t early = start();

	with_siginfo = 1;
	room = number_at(count, arguments, 0);
	set_plain(recovers, number_at(count, arguments, 1));
	faults(NULL);
	go_on(early, faults);
	go_on(start(), faults);
	return 0;
}

static void set_own_stack(int past_libc)
{
	stack_t own = {.ss_sp = own_memory, .ss_size = sizeof own_memory};

	if (past_libc)
		syscall(SYS_sigaltstack, &own, NULL);
	else
		sigaltstack(&own, NULL);
}

/* A stack of the host's, set in the thread before the handler, after it, or past libc: the handler
 * does not run there. */
static int own_stack(int count, char **arguments)
{
	const char *when = count ? arguments[0] : "";

	with_siginfo = 1;
	find_own_stack();
	if (!strcmp(when, "before"))
		set_own_stack(0);
	set_plain(handle, 0);
	if (!strcmp(when, "between"))
		raise(SIGSEGV);
	if (strcmp(when, "before") != 0)
		set_own_stack(!strcmp(when, "past"));
	show("set");
	raise(SIGSEGV);
	go_on(start(), raises);
	set_plain(handle, 0);
	show("again");
	raise(SIGSEGV);
	set_plain(handle, SA_ONSTACK);
	show("on the stack");
	raise(SIGSEGV);
	return 0;
}

/* The older functions. */
static int old_ones(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	find_own_stack();
	printf("%d\n", signal(SIGSEGV, handle_simply) == SIG_DFL);
	show("signal");
	raise(SIGSEGV);
	printf("%d\n", signal(SIGSEGV, SIG_IGN) == handle_simply);
	raise(SIGSEGV);
	printf("%d\n", ssignal(SIGSEGV, handle_simply) == SIG_IGN);
	show("ssignal");
	raise(SIGSEGV);
	printf("%d\n", sigset(SIGSEGV, SIG_DFL) == handle_simply);
	show("sigset");
	printf("%d\n", sysv_signal(SIGSEGV, handle_simply) == SIG_DFL);
	show("sysv_signal");
	raise(SIGSEGV);
	show("after");
	return 0;
}

static int in_vfork_child(int count, char **arguments)
{
	int status;
	pid_t child;

	with_siginfo = number_at(count, arguments, 0);
	find_own_stack();
	set_plain(handle, 0);
	fflush(stdout);
	child = vfork();
	if (child == 0) {
		set_own_stack(0);
		set_plain(handle, 0);
		_exit(0);
	}
	waitpid(child, &status, 0);
	show("after");
	raises(NULL);
	return 0;
}

__attribute__((noinline)) static int bottomless(int number)
{
	volatile char bytes[256];

	bytes[0] = (char)number;
	return zero ? 0 : bottomless(number + 1) + bytes[0];
}

/* Far more than the stack has: the fault lies far from its end. */
__attribute__((noinline)) static int too_large(int number)
{
	volatile char bytes[48 << 20];

	bytes[number] = 1;
	return use(1) + bytes[number];
}

/* Two functions that call each other without end. */
__attribute__((noinline)) static int pong(int number);

__attribute__((noinline)) static int ping(int number)
{
	volatile char bytes[512];

	bytes[0] = (char)number;
	return zero ? 0 : pong(number + 1) + bytes[0];
}

__attribute__((noinline)) static int pong(int number)
{
	volatile char bytes[512];

	bytes[0] = (char)number;
	return zero ? 0 : ping(number + 1) + bytes[0];
}

static int (*how)(int);

static void *overflows(void *unused)
{
	how(zero);
	return unused;
}

static void says_so(int number)
{
	static const char words[] = "the host's own handler\n";

	(void)number;
	_exit(write(1, words, sizeof words - 1) > 0 ? 5 : 6);
}

/* overflow HOW WHERE, with a handler that cannot run; WHERE `none`: without one. */
static int overflow(int count, char **arguments)
{
	const char *what = count > 0 ? arguments[0] : "", *where = count > 1 ? arguments[1] : "";
	pthread_t early = 0;

	how = !strcmp(what, "large") ? too_large : !strcmp(what, "two") ? ping : bottomless;
	if (!strcmp(where, "early"))
		early = start();
	if (strcmp(where, "none") != 0)
		signal(SIGSEGV, says_so);
	if (!strcmp(where, "early"))
		go_on(early, overflows);
	else if (!strcmp(where, "late"))
		go_on(start(), overflows);
	return how(zero);
}

/* As crash handlers do: report, and end by the same signal, or by an exit. */
static void reports(int number)
{
	static const char words[] = "*** dump ***\n";

	use(room);
	if (write(1, words, sizeof words - 1) < 0 || jumps)
		_exit(42);
	signal(number, SIG_DFL);
	kill(getpid(), number);
}

__attribute__((noinline)) static void *faults_here(void *unused)
{
	*(volatile int *)16 = zero;
	return unused;
}

/* report WHERE KIB EXITS */
static int report(int count, char **arguments)
{
	room = number_at(count, arguments, 1);
	jumps = number_at(count, arguments, 2);
	signal(SIGSEGV, reports);
	if (count && !strcmp(arguments[0], "thread"))
		go_on(start(), faults_here);
	faults_here(NULL);
	return 0;
}

static const struct act acts[] = {
	{"sent", sent},
	{"recover", recover},
	{"own_stack", own_stack},
	{"old_ones", old_ones},
	{"in_vfork_child", in_vfork_child},
	{"overflow", overflow},
	{"report", report},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
