/* SPDX-License-Identifier: Apache-2.0 */
/* Work in the dying thread: it may fault, and the process is as it was when it is over. */
#include "shim/base/in_process.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shim/base/kernel_action.h"
#include "shim/base/sandbox.h"
#include "tests/support/cmocka.h"

/* There is no filter of system calls here. */
bool sandbox_allows_more(void)
{
	return true;
}

static volatile uintptr_t nowhere;
static atomic_int done;

static void returns(void *argument)
{
	atomic_store(&done, *(int *)argument);
}

static void faults(void *nothing)
{
	(void)nothing;
	atomic_store(&done, 2);
	*(volatile int *)nowhere = 1;
	atomic_store(&done, 3);
}

__attribute__((noinline)) static int bottomless(int depth)
{
	volatile char room[512];

	room[0] = (char)depth;
	return nowhere ? 0 : bottomless(depth + 1) + room[0];
}

static void overflows(void *nothing)
{
	(void)nothing;
	atomic_store(&done, 4);
	bottomless(0);
}

static void traps(void *nothing)
{
	(void)nothing;
	atomic_store(&done, 5);
	__builtin_trap();
}

/* What the host may see of itself. */
struct view {
	struct kernel_action actions[65]; /* libc's own shows more than there is */
	sigset_t mask;
	stack_t stack;
};

static void look(struct view *view)
{
	memset(view, 0, sizeof *view);
	for (int number = 1; number < 65; number++)
		kernel_action_set(number, NULL, &view->actions[number]);
	sigprocmask(SIG_SETMASK, NULL, &view->mask);
	sigaltstack(NULL, &view->stack);
}

static void assert_unchanged(void (*work)(void *), void *argument, enum trace_outcome expected)
{
	static struct view before, after;
	volatile double kept = 1.5;
	double product = kept * 2.5;

	look(&before);
	for (int i = 0; i < 3; i++)
		assert_int_equal(in_process_run(work, argument), expected);
	look(&after);
	assert_memory_equal(&before, &after, sizeof before);
	assert_true(product == kept * 2.5);
}

static void work_that_returns_changes_nothing(void **state)
{
	int number = 7;

	(void)state;
	assert_unchanged(returns, &number, TRACE_IN_PROCESS);
	assert_int_equal(done, 7);
}

static void work_that_fails_ends_and_changes_nothing(void **state)
{
	(void)state;
	assert_unchanged(faults, NULL, TRACE_DIED);
	assert_int_equal(done, 2);
	assert_unchanged(overflows, NULL, TRACE_DIED);
	assert_int_equal(done, 4);
	assert_unchanged(traps, NULL, TRACE_DIED);
	assert_int_equal(done, 5);
}

/* The host's own handler, and what it got. */
static siginfo_t got;
static atomic_int handled, order;
static sigjmp_buf back;

static void host_handler(int number, siginfo_t *info, void *context)
{
	(void)context;
	got = *info;
	assert_int_equal(number, SIGSEGV);
	atomic_store(&handled, atomic_fetch_add(&order, 1) + 1);
	if (info->si_code > 0)
		siglongjmp(back, 1);
}

static void with_host_handler(struct sigaction *old)
{
	struct sigaction action = {.sa_sigaction = host_handler, .sa_flags = SA_SIGINFO};

	atomic_store(&handled, 0);
	atomic_store(&order, 0);
	sigaction(SIGSEGV, &action, old);
}

static void sends_itself(void *nothing)
{
	(void)nothing;
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSEGV);
}

static void a_signal_that_somebody_sends_meanwhile_comes_afterwards(void **state)
{
	struct sigaction old;

	(void)state;
	with_host_handler(&old);
	assert_int_equal(in_process_run(sends_itself, NULL), TRACE_DIED);
	sigaction(SIGSEGV, &old, NULL);
	assert_int_equal(handled, 1);
	assert_int_equal(got.si_code, SI_TKILL);
	assert_int_equal(got.si_pid, getpid());
}

static atomic_int about_to_fault, working;

static void *other_thread(void *unused)
{
	while (!atomic_load(&working))
		;
	if (!sigsetjmp(back, 1)) {
		atomic_store(&about_to_fault, 1);
		*(volatile int *)(nowhere + 8) = 1;
	}
	return unused;
}

/* Ends after the other thread's fault, which must wait for it. */
static void works_beside_a_fault(void *nothing)
{
	struct timespec moment = {.tv_nsec = 50 * 1000 * 1000};

	(void)nothing;
	atomic_store(&working, 1);
	while (!atomic_load(&about_to_fault))
		;
	nanosleep(&moment, NULL);
	atomic_store(&done, atomic_fetch_add(&order, 1) + 1);
}

static void another_threads_fault_waits_and_is_the_hosts(void **state)
{
	struct sigaction old;
	pthread_t thread;

	(void)state;
	with_host_handler(&old);
	assert_int_equal(pthread_create(&thread, NULL, other_thread, NULL), 0);
	assert_int_equal(in_process_run(works_beside_a_fault, NULL), TRACE_IN_PROCESS);
	pthread_join(thread, NULL);
	sigaction(SIGSEGV, &old, NULL);
	assert_int_equal(done, 1);
	assert_int_equal(handled, 2);
	assert_int_equal(got.si_code, SEGV_MAPERR);
	assert_ptr_equal(got.si_addr, (void *)8);
}

static int child_status;

/* By the raw system call: libc's own would run its handlers in the middle of the work. */
static void forks_a_child_that_faults(void *nothing)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	(void)nothing;
	if (pid == 0)
		*(volatile int *)nowhere = 1;
	waitpid(pid, &child_status, 0);
}

static void a_forked_child_dies_of_its_concurrent_failure(void **state)
{
	struct sigaction none = {.sa_handler = SIG_DFL}, old;

	(void)state;
	sigaction(SIGSEGV, &none, &old);
	assert_int_equal(in_process_run(forks_a_child_that_faults, NULL), TRACE_IN_PROCESS);
	sigaction(SIGSEGV, &old, NULL);
	assert_true(WIFSIGNALED(child_status));
	assert_int_equal(WTERMSIG(child_status), SIGSEGV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_that_returns_changes_nothing),
		cmocka_unit_test(work_that_fails_ends_and_changes_nothing),
		cmocka_unit_test(a_signal_that_somebody_sends_meanwhile_comes_afterwards),
		cmocka_unit_test(another_threads_fault_waits_and_is_the_hosts),
		cmocka_unit_test(a_forked_child_dies_of_its_concurrent_failure),
	};

	return cmocka_run_group_tests_name("in process", tests, NULL, NULL);
}
