/* SPDX-License-Identifier: Apache-2.0 */
/* Threads of every kind: how they begin and end, what they see of their stacks, and how they
 * overflow them. */
#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

typedef void *routine(void *);

static volatile int zero;

__attribute__((noinline)) static int bottomless(int depth)
{
	volatile char room[1024];

	room[0] = (char)depth;
	return zero ? 0 : bottomless(depth + 1) + room[0];
}

static void *overflows(void *unused)
{
	pthread_setname_np(pthread_self(), "deep");
	bottomless(zero);
	return unused;
}

static void *does_nothing(void *given)
{
	return given;
}

static void *exits(void *given)
{
	pthread_exit(given);
}

static void *waits(void *given)
{
	pause();
	return given;
}

static pthread_t start(routine *what, void *argument, size_t stack_size)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int error;

	pthread_attr_init(&attributes);
	if (stack_size)
		pthread_attr_setstacksize(&attributes, stack_size);
	error = pthread_create(&thread, &attributes, what, argument);
	pthread_attr_destroy(&attributes);
	if (!error)
		return thread;
	printf("pthread_create: %s\n", strerror(error));
	exit(1);
}

static void *result_of(routine *what, void *argument)
{
	void *result = NULL;

	pthread_join(start(what, argument, 0), &result);
	return result;
}

static int overflow(int count, char **arguments)
{
	pthread_join(start(overflows, NULL, (size_t)number_at(count, arguments, 0)), NULL);
	return zero;
}

static int overflows_in_c11(void *unused)
{
	return overflows(unused) != NULL;
}

static int overflow_in_c11_thread(int count, char **arguments)
{
	thrd_t thread;
	int result = -1;

	(void)count;
	(void)arguments;
	if (thrd_create(&thread, overflows_in_c11, NULL) == thrd_success)
		thrd_join(thread, &result);
	return result;
}

static int adds_one(void *number)
{
	return *(int *)number + 1;
}

/* Its result is a number. */
static int c11_threads(int count, char **arguments)
{
	int sum = 0, result = 0;
	thrd_t thread;

	for (int left = number_at(count, arguments, 0); left > 0; left--) {
		if (thrd_create(&thread, adds_one, &left) != thrd_success)
			return 1;
		thrd_join(thread, &result);
		sum += result;
	}
	printf("%d\n", sum);
	return 0;
}

static void *overflows_alone(void *first)
{
	pthread_join(*(pthread_t *)first, NULL);
	return overflows(NULL);
}

static int overflow_after_main(int count, char **arguments)
{
	static pthread_t first;

	(void)count;
	(void)arguments;
	first = pthread_self();
	start(overflows_alone, &first, 0);
	pthread_exit(NULL);
}

static void *overflows_with_others(void *barrier)
{
	pthread_barrier_wait(barrier);
	return overflows(NULL);
}

static int overflow_together(int count, char **arguments)
{
	int number = number_at(count, arguments, 0);
	static pthread_barrier_t barrier;

	pthread_barrier_init(&barrier, NULL, (unsigned)number);
	for (int i = 1; i < number; i++)
		start(overflows_with_others, &barrier, 0);
	pthread_join(start(overflows_with_others, &barrier, 0), NULL);
	return zero;
}

static void print_stack(const char *when)
{
	stack_t stack;

	memset(&stack, 0xff, sizeof stack);
	printf("%s: %d", when, sigaltstack(NULL, &stack));
	printf(", %s, size %zu, flags %d\n", stack.ss_sp ? "a stack" : "null", stack.ss_size,
		stack.ss_flags);
}

static char own_memory[64 * 1024];

static void *has_own_stack(void *unused)
{
	stack_t own = {.ss_sp = own_memory, .ss_size = sizeof own_memory}, old;

	print_stack("at first");
	printf("set: %d", sigaltstack(&own, &old));
	printf(", old flags %d, size %zu\n", old.ss_flags, old.ss_size);
	print_stack("own");
	return unused;
}

static void *saves_and_restores(void *unused)
{
	stack_t own = {.ss_sp = own_memory, .ss_size = sizeof own_memory}, old;

	printf("set: %d", sigaltstack(&own, &old));
	printf(", old flags %d, size %zu\n", old.ss_flags, old.ss_size);
	printf("put back: %d\n", sigaltstack(&old, &own));
	printf("was own: %d\n", own.ss_sp == own_memory);
	print_stack("in the end");
	return unused;
}

static void *overflows_on_own_stack(void *unused)
{
	has_own_stack(NULL);
	fflush(stdout);
	return overflows(unused);
}

static int stacks(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	print_stack("main");
	result_of(has_own_stack, NULL);
	result_of(saves_and_restores, NULL);
	saves_and_restores(NULL);
	return 0;
}

static int overflow_on_own_stack(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	result_of(overflows_on_own_stack, NULL);
	return zero;
}

static void says_so(int number)
{
	static const char words[] = "the host's own handler\n";

	(void)number;
	_exit(write(1, words, sizeof words - 1) > 0 ? 42 : 43);
}

static void handle_faults(void)
{
	struct sigaction action = {.sa_handler = says_so, .sa_flags = SA_ONSTACK};

	sigaction(SIGSEGV, &action, NULL);
}

/* Its handler asks for an alternate stack that the thread does not have: it cannot run. */
static int overflow_with_handler(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	handle_faults();
	result_of(overflows, NULL);
	return zero;
}

static int overflow_with_handler_and_stack(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	handle_faults();
	result_of(overflows_on_own_stack, NULL);
	return zero;
}

static size_t memory_pages(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long size = 0;

	if (!file || fscanf(file, "%lu", &size) != 1)
		size = 0;
	if (file)
		fclose(file);
	return size;
}

static void *cancelled(void *unused)
{
	pthread_t thread = start(waits, unused, PTHREAD_STACK_MIN);
	void *result;

	pthread_cancel(thread);
	pthread_join(thread, &result);
	return result == PTHREAD_CANCELED ? unused : NULL;
}

/* In its own way, NUMBER threads begin and end one after the other. Returns how many went wrong. */
static int come_and_go(const char *how, int number)
{
	static int token;
	int wrong = 0;

	for (int i = 0; i < number; i++) {
		void *result = &token;

		if (!strcmp(how, "detach"))
			pthread_detach(start(does_nothing, &token, PTHREAD_STACK_MIN));
		else if (!strcmp(how, "cancel"))
			result = cancelled(&token);
		else
			pthread_join(start(strcmp(how, "exit") ? does_nothing : exits, &token,
					     PTHREAD_STACK_MIN),
				&result);
		wrong += result != &token;
	}
	return wrong;
}

#define WARM_UP 500

/* What may come on top, in pages: of threads that nobody waits for, some more may be there at
 * once. */
static size_t noise(const char *how)
{
	return strcmp(how, "detach") ? 256 : 20000;
}

static int many(int count, char **arguments)
{
	const char *how = count ? arguments[0] : "return";
	int wrong;
	size_t before;

	for (int stay = number_at(count, arguments, 2); stay > 0; stay--)
		start(waits, NULL, PTHREAD_STACK_MIN);
	wrong = come_and_go(how, WARM_UP);
	before = memory_pages();
	errno = ENOTTY;
	wrong += come_and_go(how, number_at(count, arguments, 1));
	printf("errno %d, wrong: %d, ", errno, wrong);
	printf("memory: %s\n", memory_pages() < before + noise(how) ? "flat" : "grown");
	return 0;
}

/* More at once than there are stacks for. */
static int crowd(int count, char **arguments)
{
	static pthread_t thread[4096];
	int number = number_at(count, arguments, 0), together = 0;

	for (int i = 0; i < number; i++)
		thread[i] = start(waits, NULL, PTHREAD_STACK_MIN);
	for (int i = 0; i < number; i++)
		pthread_cancel(thread[i]);
	for (int i = 0; i < number; i++)
		together += pthread_join(thread[i], NULL) == 0;
	printf("%d threads\n", together);
	fflush(stdout);
	return overflow(0, NULL);
}

/* More refusals than there are seats, and then a thread. */
static int refused(int count, char **arguments)
{
	struct rlimit limit;
	pthread_t thread;
	int errors = 0;

	(void)count;
	(void)arguments;
	getrlimit(RLIMIT_NPROC, &limit);
	limit.rlim_cur = 0;
	setrlimit(RLIMIT_NPROC, &limit);
	for (int i = 0; i < 3000; i++)
		errors += pthread_create(&thread, NULL, does_nothing, NULL) == EAGAIN;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NPROC, &limit);
	printf("%d refused\n", errors);
	fflush(stdout);
	return overflow(0, NULL);
}

static void wait_for(pid_t child)
{
	int status = 0;

	waitpid(child, &status, 0);
	printf("child: %d\n", status & 0x7f);
}

static void *forks_and_overflows(void *unused)
{
	pid_t child = fork();

	if (child == 0)
		overflows(NULL);
	wait_for(child);
	return unused;
}

static int fork_in_thread(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	result_of(forks_and_overflows, NULL);
	return 0;
}

/* By the kernel's word, not by what the host is shown. */
static void *real_stack(void *unused)
{
	stack_t now = {0};

	(void)unused;
	syscall(SYS_sigaltstack, NULL, &now);
	return now.ss_sp;
}

static void *counts_shared(void *unused)
{
	enum { THREADS = 64 };
	void *own = real_stack(NULL);
	int shared = 0;

	for (int i = 0; i < THREADS; i++)
		shared += own != NULL && result_of(real_stack, NULL) == own;
	printf("shared: %d\n", shared);
	fflush(stdout);
	return unused;
}

/* No thread of the child gets the stack that its first one, which was another thread, has. */
static void *forks_and_counts(void *unused)
{
	pid_t child = fork();

	if (child == 0) {
		counts_shared(NULL);
		result_of(overflows, NULL);
	}
	counts_shared(NULL);
	wait_for(child);
	return unused;
}

static int threads_after_fork(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	result_of(forks_and_counts, NULL);
	return 0;
}

static void *spawns(void *unused)
{
	char name[] = "true", *argv[] = {name, NULL};
	pid_t child;

	if (posix_spawnp(&child, name, NULL, NULL, argv, NULL) == 0)
		wait_for(child);
	return unused;
}

static int spawn_in_thread(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	result_of(spawns, NULL);
	return 0;
}

/* Threads under a filter that kills for a system call: for one that only we make, or for another
 * one. */
static int confined(int count, char **arguments)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sigaltstack, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

	result_of(does_nothing, NULL);
	if (!strcmp(count ? arguments[0] : "", "harmlessly"))
		filter[1].k = SYS_acct;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	printf("%d wrong\n", come_and_go("return", 100));
	fflush(stdout);
	return overflow(0, NULL);
}

static const struct act acts[] = {
	{"overflow", overflow},
	{"overflow_in_c11_thread", overflow_in_c11_thread},
	{"c11_threads", c11_threads},
	{"overflow_after_main", overflow_after_main},
	{"overflow_together", overflow_together},
	{"overflow_on_own_stack", overflow_on_own_stack},
	{"overflow_with_handler", overflow_with_handler},
	{"overflow_with_handler_and_stack", overflow_with_handler_and_stack},
	{"stacks", stacks},
	{"many", many},
	{"crowd", crowd},
	{"refused", refused},
	{"fork_in_thread", fork_in_thread},
	{"threads_after_fork", threads_after_fork},
	{"spawn_in_thread", spawn_in_thread},
	{"confined", confined},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
