/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/tracer.h"

#include "core/base/deadline.h"
#include "core/base/proc.h"
#include "core/base/sys.h"
#include "core/base/valgrind.h"
#include "shim/base/kernel_action.h"
#include "shim/base/late_memory.h"
#include "shim/base/sandbox.h"
#include "shim/base/stack.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/wait.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <time.h>

#define STACK_SIZE ((size_t)256 * 1024)

/* For the frame of a signal after an overflow of that stack: larger than any (AT_MINSIGSTKSZ). */
#define ALTERNATE_SIZE ((size_t)16 * 1024)

/* Where the kernel refuses that memory: enough for a trace and its event, without a guard. */
#define SMALL_STACK_SIZE ((size_t)40 * 1024)

/* How long the child, killed or done, may take to become a zombie. */
#define REAP_MS 200

/* How often we yield to the exiting child, which mostly shares our processor, before we pause,
 * which takes 100 us. */
#define YIELDS 64

/* The child's exit status after its work; not 0 or 1, the status of a stray exit(). */
#define STATUS_DONE 73

static char small_stack[SMALL_STACK_SIZE] LARGE_STATIC __attribute__((aligned(16)));
static char alternate[ALTERNATE_SIZE] LARGE_STATIC __attribute__((aligned(16)));
static char *_Atomic stack; /* NULL: not mapped yet */

/* The kernel writes the child's id here and clears it, with a futex wake, when the child is gone.
 */
static _Atomic int child;

/* Set by the child when its work is done, so that we know it even if a filter refuses wait4(). */
static atomic_bool finished;

static void (*child_work)(void *);
static void *child_argument;

/* A killed child may still run on the stack: the stack is not used again. */
static bool stuck;

/* A filter may refuse both calls; then a fault whose signal is blocked kills the child. */
static _Noreturn void child_exit(int status)
{
	sys_call(SYS_exit, status, 0, 0, 0, 0, 0);
	sys_call(SYS_exit_group, status, 0, 0, 0, 0, 0);
	for (;;)
		__builtin_trap();
}

/* A fault of the tracer must not become a core dump: for one, older kernels kill all that share the
 * memory. */
static void child_faulted(int number, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	child_exit(number);
}

static void catch_faults(void)
{
	const uint64_t open = SIGNALS_CRASH;
	struct kernel_action action = kernel_action(child_faulted, 0);
	stack_t room = {.ss_sp = alternate, .ss_size = sizeof alternate};

	sys_call(SYS_sigaltstack, (long)&room, 0, 0, 0, 0, 0);
	for (int number = 1; number <= SIGSYS; number++)
		if (open & SIGNAL_BIT(number))
			kernel_action_set(number, &action, NULL);
	sys_sigprocmask(SIG_UNBLOCK, &open, NULL);
}

static void child_main(void)
{
	/* If our process is killed, `vigil run` may inherit this child, and recognises it by the
	 * name. */
	sys_call(SYS_prctl, PR_SET_NAME, (long)TRACER_NAME, 0, 0, 0, 0);
	catch_faults();
	child_work(child_argument);
	atomic_store(&finished, true);
	child_exit(STATUS_DONE);
}

#define CLONE_FLAGS (CLONE_VM | CLONE_UNTRACED | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

/* Returns whether the child was gone before the deadline. */
static bool await_child(int milliseconds)
{
	struct deadline deadline = deadline_in(milliseconds);
	int id = atomic_load(&child);

	return id == 0 || deadline_wait(&deadline, &child, id);
}

/* Reap child ID; otherwise the process that inherits it would see a child that it never had.
 * Returns the wait status; -1: unknown. */
static int reap(pid_t id)
{
	struct deadline deadline = deadline_in(REAP_MS);
	int status, yields = sandbox_allows_more() ? YIELDS : 0;

	do {
		long done = sys_call(SYS_wait4, id, (long)&status, WNOHANG | __WALL, 0, 0, 0);

		if (done == id)
			return status;
		if (done < 0 && done != -EINTR)
			return -1;
		if (yields-- > 0)
			sys_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
		else
			sys_pause(50);
	} while (!deadline_is_over(&deadline));
	return -1;
}

/* The processor time of process ID in milliseconds. The clock's number is made as
 * clock_getcpuclockid(3) makes it. */
static int64_t processor_ms(pid_t id)
{
	struct timespec used = {.tv_sec = -1};

	if (sys_call(SYS_clock_gettime, (long)(~(unsigned)id << 3 | 2), (long)&used, 0, 0, 0, 0) <
			0 ||
		used.tv_sec < 0)
		return INT64_MAX;
	return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* Whether ID, MILLISECONDS after its start, waits for a processor, the disk, or others that write
 * to the same file. */
static bool is_starved(pid_t id, int milliseconds)
{
	struct process_stat stat;

	return process_stat(id, &stat) == 0 && (stat.state == 'R' || stat.state == 'D') &&
	       processor_ms(id) < milliseconds / 10;
}

static bool await_patiently(pid_t id, int milliseconds, int most)
{
	bool in_time = await_child(milliseconds);

	for (int gone = milliseconds; !in_time && gone < most && is_starved(id, gone);
		gone += milliseconds)
		in_time = await_child(milliseconds);
	return in_time;
}

static enum trace_outcome supervise(pid_t id, int milliseconds, int most)
{
	bool in_time = await_patiently(id, milliseconds, most);
	int status;

	if (!in_time)
		sys_call(SYS_kill, id, SIGKILL, 0, 0, 0, 0);
	status = reap(id);
	stuck = atomic_load(&child) != 0;
	if (!in_time)
		return TRACE_TIMEOUT;
	return status == STATUS_DONE << 8 || atomic_load(&finished) ? TRACE_OK : TRACE_DIED;
}

/* The upper end of the mapped stack, or of the small one if the kernel refuses the memory. */
static char *top_of_stack(void)
{
	if (atomic_load(&stack) == NULL)
		atomic_store(&stack, stack_map(STACK_SIZE));
	return atomic_load(&stack) == NULL ? small_stack + SMALL_STACK_SIZE
					   : atomic_load(&stack) + STACK_SIZE;
}

bool tracer_stacks(struct tracer_stacks *ret_stacks)
{
	if (stuck)
		return false;
	*ret_stacks = (struct tracer_stacks){
		.top = top_of_stack(),
		.alternate = {.ss_sp = alternate, .ss_size = sizeof alternate},
	};
	return true;
}

enum trace_outcome tracer_run_patiently(
	void (*work)(void *), void *argument, int milliseconds, int most)
{
	uint64_t all = ~(uint64_t)0, before;
	enum trace_outcome outcome = TRACE_NONE;
	char *top;
	long id;

	/* Valgrind knows threads, fork and vfork, and aborts for a clone() that is none of them. */
	if (on_valgrind() || stuck)
		return TRACE_NONE;
	top = top_of_stack();
	sys_sigprocmask(SIG_SETMASK, &all, &before);
	child_work = work;
	child_argument = argument;
	atomic_store(&finished, false);
	id = stack_clone(child_main, CLONE_FLAGS, top, &child);
	if (id > 0)
		outcome = supervise((pid_t)id, milliseconds, most);
	sys_sigprocmask(SIG_SETMASK, &before, NULL);
	return outcome;
}

enum trace_outcome tracer_run(void (*work)(void *), void *argument, int milliseconds)
{
	return tracer_run_patiently(work, argument, milliseconds, milliseconds);
}
