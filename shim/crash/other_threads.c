/* SPDX-License-Identifier: Apache-2.0 */
/*
 * take(), in the tracer, lists the threads, interrupts all, unwinds the stack of each when it has
 * stopped, and releases all together: with more threads than processors, one that runs on keeps the
 * others from stopping. Names are looked up when all run again. The kernel releases the threads of
 * a tracer that dies or is killed.
 */
#include "shim/crash/other_threads.h"

#include "core/base/clock.h"
#include "core/base/error_text.h"
#include "core/base/number.h"
#include "core/base/sys.h"
#include "core/trace/thread_stacks.h"
#include "shim/base/kernel_action.h"
#include "shim/base/late_memory.h"
#include "shim/base/process_state.h"
#include "shim/base/sandbox.h"
#include "shim/base/tracer.h"
#include "shim/crash/tasks.h"
#include "shim/emit/preload_settings.h"

#include <elf.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#define OTHER_THREADS_MAX 256

/* If no thread stops for so many microseconds, the tracer checks whether any can
 * (can_any_stop()). */
#define QUIET_US 5000

enum progress { LISTED, AWAITED, HELD, GONE };

struct others {
	bool done;
	bool first_only; /* other_threads_take_first() */
	unsigned count, left_out, awaited;
	enum progress progress[OTHER_THREADS_MAX];
	int signals[OTHER_THREADS_MAX];
	struct event_thread threads[OTHER_THREADS_MAX];
	char names[OTHER_THREADS_MAX][TASK_NAME_SIZE];
	char error[64]; /* "": none */
	int64_t us;
	struct thread_stacks stacks;
	pid_t self;
	int64_t deadline_us; /* for the threads to stop */
};

static bool wanted;
static void *_Atomic slot;
static struct others *others; /* NULL: not wanted, or no memory for it */

static long trace(int request, pid_t tid, long address, long data)
{
	return sys_call(SYS_ptrace, request, tid, address, data, 0, 0);
}

/* The calls that the kernel makes again when a stop has interrupted them, whatever their arguments:
 * signal(7). */
static const short restarted[] = {
#if defined(SYS_poll)
	SYS_poll,
	SYS_select,
	SYS_pause,
#endif
	SYS_ppoll,
	SYS_pselect6,
	SYS_futex,
	SYS_nanosleep,
	SYS_clock_nanosleep,
	SYS_wait4,
	SYS_waitid,
	SYS_rt_sigsuspend,
	SYS_sched_yield,
	SYS_restart_syscall,
};

/* Thread TID does not notice a stop: it runs, or waits in a call that is made again. */
static bool can_stop_unnoticed(pid_t tid)
{
	char line[256];
	int64_t call;

	if (task_read(tid, "syscall", line, sizeof line) <= 0)
		return false;
	if (line[0] == 'r')
		return true;
	call = number_prefix(line);
	for (size_t i = 0; i < sizeof restarted / sizeof *restarted; i++)
		if (restarted[i] == call)
			return line[0] != '-';
	return false;
}

static void list_one(pid_t tid)
{
	if (tid == others->self)
		return;
	if (others->first_only && tid != atomic_load(&process_words.owner))
		return;
	if (others->first_only && !can_stop_unnoticed(tid)) {
		text_format(others->error, sizeof others->error,
			"the first waits in a call that a stop would end");
		return;
	}
	if (others->count == OTHER_THREADS_MAX) {
		others->left_out++;
		return;
	}
	others->progress[others->count] = LISTED;
	others->threads[others->count++] =
		(struct event_thread){.tid = tid, .error = "not reached"};
}

/* The state of thread I in the letter of proc(5), 'X' when it is gone. */
static char state_of(unsigned i)
{
	char line[256];
	const char *after;

	if (task_read(others->threads[i].tid, "stat", line, sizeof line) <= 0)
		return 'X';
	after = strrchr(line, ')');
	return after == NULL || after[1] != ' ' ? 'X' : after[2];
}

static bool has_ended(unsigned i)
{
	char state = state_of(i);

	return state == 'Z' || state == 'X';
}

static void note_refused(unsigned i, long error)
{
	char text[ERROR_TEXT_SIZE];
	pid_t tracer = task_tracer(others->threads[i].tid);

	if (tracer != 0)
		text_format(others->error, sizeof others->error, "pid %d traces them", tracer);
	else
		text_format(others->error, sizeof others->error, "ptrace: %s",
			error_text((int)error, text));
}

/* Interrupt thread I. Returns false if the first thread is refused, as all others will be. tgkill()
 * skips threads that are not ours: a /proc of another pid namespace lists such. */
static bool interrupt(unsigned i)
{
	pid_t tid = others->threads[i].tid;
	long error = sys_call(SYS_tgkill, atomic_load(&process_words.owner), tid, 0, 0, 0, 0);

	others->progress[i] = GONE;
	if (error < 0)
		return true;
	error = trace(PTRACE_SEIZE, tid, 0, 0);
	if (error == 0)
		error = trace(PTRACE_INTERRUPT, tid, 0, 0);
	if (error == 0) {
		others->progress[i] = AWAITED;
		others->awaited++;
	} else if (error != -ESRCH && !has_ended(i)) {
		others->progress[i] = LISTED;
		others->threads[i].error = "ptrace is refused";
		if (others->awaited == 0)
			note_refused(i, error);
	}
	return others->error[0] == '\0';
}

static void interrupt_all(void)
{
	for (unsigned i = 0; i < others->count; i++)
		if (!interrupt(i)) {
			others->left_out += others->count - i;
			others->count = i;
		}
}

static void read_names(void)
{
	for (unsigned i = 0; i < others->count; i++) {
		char *name = others->names[i];

		if (task_name(others->threads[i].tid, name))
			others->threads[i].name = name;
	}
}

static void walk(struct event_thread *thread)
{
	struct user_regs_struct values;
	struct iovec room = {&values, sizeof values};
	const struct thread_stack *stack;
	struct trace_registers registers;

	if (trace(PTRACE_GETREGSET, thread->tid, NT_PRSTATUS, (long)&room) < 0)
		return;
	registers_from_thread(&registers, &values);
	stack = thread_stacks_walk(&others->stacks, &registers);
	if (stack == NULL) {
		thread->error = "no room for its stack";
		return;
	}
	thread->truncated = stack->truncated;
	thread->frames = stack->frames;
	__atomic_store_n(&thread->frame_count, stack->count, __ATOMIC_RELEASE);
	thread->error = NULL;
}

static void take_one(unsigned i, int status)
{
	others->awaited--;
	others->progress[i] = GONE;
	if (!WIFSTOPPED(status))
		return;
	others->progress[i] = HELD;
	others->signals[i] = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
	walk(&others->threads[i]);
}

/* Let the threads go on. A signal whose delivery stopped a thread is delivered now. */
static void release_all(void)
{
	for (unsigned i = 0; i < others->count; i++)
		if (others->progress[i] == HELD)
			trace(PTRACE_DETACH, others->threads[i].tid, 0, others->signals[i]);
}

static void take_by_tid(pid_t tid, int status)
{
	for (unsigned i = 0; i < others->count; i++)
		if (others->threads[i].tid == tid && others->progress[i] == AWAITED)
			take_one(i, status);
}

/* A thread that waits for a disk, or for its vfork child, does not stop. */
static bool can_any_stop(void)
{
	for (unsigned i = 0; i < others->count; i++)
		if (others->progress[i] == AWAITED && state_of(i) != 'D')
			return true;
	return false;
}

/* Returns whether a thread has stopped or terminated, or may have, within so many microseconds. */
static bool await_one(int64_t microseconds)
{
	struct timespec most = {.tv_nsec = (long)microseconds * 1000};
	uint64_t child = SIGNAL_BIT(SIGCHLD);

	return sys_call(SYS_rt_sigtimedwait, (long)&child, 0, (long)&most, SYS_SIGSET_SIZE, 0, 0) !=
	       -EAGAIN;
}

static void take_stopped(void)
{
	int status;

	while (others->awaited > 0 && instant_mono_us() < others->deadline_us) {
		long tid = sys_call(SYS_wait4, -1, (long)&status, WNOHANG | __WALL, 0, 0, 0);

		if (tid > 0)
			take_by_tid((pid_t)tid, status);
		else if (tid < 0 || (!await_one(QUIET_US) && !can_any_stop()))
			break;
	}
}

static void note_missed(void)
{
	for (unsigned i = 0; i < others->count; i++)
		if (others->progress[i] == AWAITED)
			others->threads[i].error = state_of(i) == 'D' ? "in a wait without a break"
								      : "did not stop in time";
}

/* Let SIGCHLD become pending for await_one(): the tracer blocks all signals, and an ignored one
 * never becomes pending. */
static void unignore_sigchld(void)
{
	const struct kernel_action usual = {.flags = 0}; /* SIG_DFL */

	kernel_action_set(SIGCHLD, &usual, NULL);
}

static void resolve(void)
{
	struct thread_stacks *stacks = &others->stacks;
	enum trace_names names = settings()->trace.names;

	frames_locate(stacks->frames, stacks->frame_count, &stacks->modules, &stacks->names);
	stacks->modules.memory_only = names != TRACE_NAMES_SYMTAB;
	if (names != TRACE_NAMES_OFF)
		frames_symbolize(
			stacks->frames, stacks->frame_count, &stacks->modules, &stacks->names);
}

static void take(void *nothing)
{
	(void)nothing;
	/* If the process is killed meanwhile, the tracer is to die with it: the threads that it
	 * holds would keep the process from terminating. */
	sys_call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
	unignore_sigchld();
	if (!tasks_each(list_one))
		text_format(others->error, sizeof others->error, "no list of them in /proc");
	read_names(); /* a thread that is released may terminate at once */
	interrupt_all();
	take_stopped();
	release_all();
	note_missed();
	resolve();
	others->done = true;
}

static void note_outcome(enum trace_outcome outcome)
{
	static const char *const errors[TRACE_OUTCOME_COUNT_] = {
		[TRACE_NONE] = "there is no tracer",
		[TRACE_DIED] = "the tracer died",
		[TRACE_TIMEOUT] = "the tracer ran out of time",
	};

	if (!others->done && errors[outcome] != NULL && others->error[0] == '\0')
		text_format(others->error, sizeof others->error, "%s", errors[outcome]);
}

static void take_within(int milliseconds, bool first_only)
{
	bool shown;
	int64_t begin = instant_mono_us();

	wanted = true;
	others = late_memory(&slot, sizeof *others);
	if (others == NULL)
		return;
	others->done = false;
	others->first_only = first_only;
	others->self = sys_gettid();
	others->count = others->left_out = others->awaited = 0;
	others->error[0] = '\0';
	others->deadline_us = begin + (int64_t)milliseconds * 1000 / 2;
	thread_stacks_init(&others->stacks, (unsigned)settings()->trace.frames);
	others->us = 0;
	if (!sandbox_allows_ptrace()) {
		text_format(others->error, sizeof others->error, "ptrace: a filter forbids it");
		return;
	}
	shown = tasks_allow_ptrace();
	note_outcome(tracer_run(take, NULL, milliseconds));
	if (shown)
		tasks_forbid_ptrace();
	others->us = instant_mono_us() - begin;
}

void other_threads_take(int milliseconds)
{
	take_within(milliseconds, false);
}

void other_threads_take_first(int milliseconds)
{
	take_within(milliseconds, true);
}

/* Remove the threads that have terminated from the list. */
static void drop_gone(void)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < others->count; i++) {
		if (others->progress[i] == GONE)
			continue;
		others->progress[kept] = others->progress[i];
		others->threads[kept++] = others->threads[i];
	}
	others->count = kept;
}

void other_threads_fill(struct event *event)
{
	if (wanted && others == NULL)
		event->threads_error = "no memory to look at them";
	if (others == NULL)
		return;
	drop_gone();
	event->trace_us += others->us;
	event->threads = others->threads;
	event->thread_count = others->count;
	event->threads_left_out = others->left_out;
	event->threads_error = others->error[0] == '\0' ? NULL : others->error;
}
