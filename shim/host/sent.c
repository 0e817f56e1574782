/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A signal that this process sends to others is reported as AGENT after the call, with the instant
 * before it. The event stays pending until the program waits or terminates (emit/pending.h), so
 * that between two signals in a row we only make system calls that return a number (getpid; for a
 * group getpgid; for a pidfd ioctl, before Linux 6.13 /proc). Before the first SIGKILL of several,
 * /proc says who is dead already (dead_children.h). A signal to our own group may kill us, and its
 * call does not fail: the event is made pending before the call, and also written before it if our
 * handler is not installed for the signal. Before the first SIGKILL of several there is also a
 * moment for the children that were requested to end and report that (kill_grace.h), once.
 *
 * If a signal is sent again and again to the same target, the 1st, 2nd, 4th, 8th … are reported.
 */
#include "shim/host/sent.h"

#include "core/base/number.h"
#include "core/base/proc.h"
#include "core/base/signal_table.h"
#include "core/base/sys.h"
#include "core/base/text.h"
#include "shim/base/export.h"
#include "shim/base/process_state.h"
#include "shim/base/real.h"
#include "shim/base/sandbox.h"
#include "shim/base/stack.h"
#include "shim/emit/agent.h"
#include "shim/emit/pending.h"
#include "shim/host/dead_children.h"
#include "shim/host/fatal_handler.h"
#include "shim/host/kill_grace.h"
#include "shim/host/lifecycle.h"

#include <limits.h>
#include <linux/ioctl.h>
#include <signal.h>
#include <string.h>

/* How many signals a process reports. Later ones count as dropped. */
#define EMITTED_MAX 16384

struct sending {
	enum event_reach reach;
	pid_t pid; /* the event's; 0: it is not reported */
	bool to_us_too;
	int number;
	int64_t at_us;	   /* of CLOCK_MONOTONIC, before the call */
	bool already_dead; /* dead_children.h */
};

static const struct sending unreported;

/* Signals that kill or stop by default. */
static bool is_reported(int number)
{
	return signal_kills(number) || number == SIGKILL || number == SIGSTOP;
}

/* The fields of process_words.sent[]: pid, reach, number, and in the lowest bits how often. */
#define REACH_SHIFT 7
#define PID_SHIFT 9
#define COUNT_BITS 23
#define COUNT_MASK (((uint64_t)1 << COUNT_BITS) - 1)
#define SIGNAL_MASK (((uint64_t)1 << REACH_SHIFT) - 1)

static uint64_t key_of(const struct sending *sending)
{
	uint64_t pid = (uint32_t)sending->pid, reach = sending->reach;

	return (pid << PID_SHIFT | reach << REACH_SHIFT | (uint32_t)sending->number) << COUNT_BITS;
}

/*
 * Count SENDING. Returns how often it was sent, this time included; inexact if two threads send at
 * once, or if another target has the same slot.
 */
static uint64_t count(const struct sending *sending)
{
	uint64_t key = key_of(sending);
	_Atomic uint64_t *slot =
		&process_words.sent[((uint32_t)sending->pid * 31 + (uint32_t)sending->number) %
				    SENT_SLOTS];
	uint64_t word = atomic_load(slot), before = word & COUNT_MASK;

	if ((word & ~COUNT_MASK) != key)
		before = 0;
	if (before < COUNT_MASK)
		atomic_store(slot, key | (before + 1));
	return before + 1;
}

/* Count SENDING. Returns whether it is the 1st, 2nd, 4th, 8th … time. From the second time on the
 * target may be dead by the first. */
static bool is_news(struct sending *sending)
{
	uint64_t times = count(sending);

	sending->already_dead &= times == 1;
	return (times & (times - 1)) == 0;
}

/* Make the event pending, or write it and all pending ones now if there is no room. */
static void keep(const struct sending *sending)
{
	if (pending_add(sending->pid, sending->reach, sending->number, sending->at_us,
		    sending->already_dead))
		return;
	pending_flush();
	agent_sent(sending->pid, sending->reach, sending->number, sending->at_us,
		sending->already_dead);
}

static void emit(struct sending *sending)
{
	if (!is_news(sending))
		return;
	if (atomic_load(&process_words.sent_emitted) >= EMITTED_MAX) {
		atomic_fetch_add(&process_words.dropped, 1);
		return;
	}
	atomic_fetch_add(&process_words.sent_emitted, 1);
	keep(sending);
}

/* NUMBER is about to be delivered to us: if it kills or stops us without our handler, write the
 * pending events first. */
static __attribute__((noinline)) void flush_before(int number)
{
	if (is_reported(number) && !signals_is_ours(number))
		pending_flush_last();
}

static struct sending begin(pid_t pid, enum event_reach reach, int number)
{
	return (struct sending){.pid = pid, .reach = reach, .number = number};
}

/* The process to which the signal of slot AT was sent, if it requests an end; 0: there is none. */
static pid_t requested_in(unsigned at)
{
	uint64_t key = atomic_load(&process_words.sent[at]) >> COUNT_BITS;

	return signal_kills((int)(key & SIGNAL_MASK)) ? (pid_t)(key >> PID_SHIFT) : 0;
}

static bool was_requested(pid_t pid)
{
	for (unsigned i = 0; i < SENT_SLOTS; i++)
		if (requested_in(i) == pid)
			return true;
	return false;
}

static void give_grace(void *nothing)
{
	pid_t pids[SENT_SLOTS];
	unsigned count = 0;

	(void)nothing;
	for (unsigned i = 0; i < SENT_SLOTS; i++)
		if (requested_in(i) > 0)
			pids[count++] = requested_in(i);
	if (kill_grace(pids, count))
		atomic_store(&process_words.grace_given, 1);
}

/* Called before the call that sends SENDING. Before the first of several signals there is time to
 * look who is dead already. */
static void note_time(struct sending *sending)
{
	bool may_be_dead = sending->number == SIGKILL && sending->reach != REACH_ALL;

	if (sending->pid <= 0)
		return;
	if (atomic_load(&process_words.pending_filled) == 0) {
		dead_children_forget();
		if (may_be_dead && atomic_load(&process_words.grace_given) == 0 &&
			sandbox_allows_more() && was_requested(sending->pid))
			stack_call(give_grace, NULL);
		if (may_be_dead)
			dead_children_look(sending->pid);
	}
	sending->at_us = instant_mono_us();
	sending->already_dead = may_be_dead && dead_children_has(sending->pid, &sending->at_us);
}

/* A signal to ourselves has no event of its own: if it kills, it is reported with our
 * termination. */
static struct sending to_one(pid_t pid, int number)
{
	if (pid <= 0 || !is_reported(number) || !process_is_ours())
		return unreported;
	if (pid == atomic_load(&process_words.owner)) {
		flush_before(number);
		return unreported;
	}
	return begin(pid, REACH_ONE, number);
}

/* Group 0 is our own; getpgid() returns 0 where its leader is outside of our pid namespace. A
 * filter of system calls may forbid getpgid(). */
static struct sending to_group(pid_t group, int number)
{
	struct sending sending;
	pid_t own;

	if (!is_reported(number) || !process_is_ours() || !sandbox_allows_more())
		return unreported;
	own = (pid_t)sys_call(SYS_getpgid, 0, 0, 0, 0, 0, 0);
	sending = begin(group == 0 ? own : group, REACH_GROUP, number);
	sending.to_us_too = sending.pid == own && own > 0;
	if (sending.to_us_too) {
		note_time(&sending);
		emit(&sending);
		flush_before(number);
	}
	return sending;
}

/* The kernel spares the caller. */
static struct sending to_all(int number)
{
	if (!is_reported(number) || !process_is_ours())
		return unreported;
	return begin(atomic_load(&process_words.owner), REACH_ALL, number);
}

/* PID as in kill(2). */
static struct sending to_whom(pid_t pid, int number)
{
	if (pid == INT_MIN)
		return unreported;
	if (pid > 0)
		return to_one(pid, number);
	return pid == -1 ? to_all(number) : to_group(-pid, number);
}

/* The call that sends SENDING has returned RESULT: report it, if that is 0. Returns RESULT. */
static long sent(struct sending *sending, long result)
{
	if (result == 0 && sending->pid > 0 && !sending->to_us_too)
		emit(sending);
	return result;
}

/*
 * Whether there is something to report after kill(PID, NUMBER). What must be reported before the
 * call is reported here. This and the function that reports afterwards are not inlined: so the
 * exported functions end in a jump if there is nothing to report, and a process that the signal
 * kills has neither a frame nor a register of ours in its core.
 */
static __attribute__((noinline)) bool is_emitted_after(pid_t pid, int number)
{
	struct sending sending = to_whom(pid, number);

	return sending.pid > 0 && !sending.to_us_too;
}

static __attribute__((noinline)) int kill_and_emit(pid_t pid, int number)
{
	struct sending sending = to_whom(pid, number);

	note_time(&sending);
	return (int)sent(&sending, real(kill)(pid, number));
}

VIGIL_EXPORT int kill(pid_t pid, int number)
{
	if (number == SIGABRT && process_is_ours() && pid == atomic_load(&process_words.owner))
		lifecycle_before_sigabrt();
	return is_emitted_after(pid, number) ? kill_and_emit(pid, number) : real(kill)(pid, number);
}

VIGIL_EXPORT int raise(int number)
{
	if (atomic_load(&process_words.pending_next) != 0)
		flush_before(number);
	return real(raise)(number);
}

static __attribute__((noinline)) int killpg_and_emit(pid_t group, int number)
{
	struct sending sending = to_whom(-group, number);

	note_time(&sending);
	return (int)sent(&sending, real(killpg)(group, number));
}

VIGIL_EXPORT int killpg(pid_t group, int number)
{
	return group >= 0 && is_emitted_after(-group, number) ? killpg_and_emit(group, number)
							      : real(killpg)(group, number);
}

/* Whether PID is another process: a signal to ourselves is not reported. */
static bool is_other(pid_t pid, int number)
{
	if (pid != atomic_load(&process_words.owner))
		return true;
	if (atomic_load(&process_words.pending_next) != 0)
		flush_before(number);
	return false;
}

static __attribute__((noinline)) int sigqueue_and_emit(
	pid_t pid, int number, const union sigval value)
{
	struct sending sending = to_one(pid, number);

	note_time(&sending);
	return (int)sent(&sending, real(sigqueue)(pid, number, value));
}

VIGIL_EXPORT int sigqueue(pid_t pid, int number, const union sigval value)
{
	return is_other(pid, number) ? sigqueue_and_emit(pid, number, value)
				     : real(sigqueue)(pid, number, value);
}

/* A system call, in place of a function that this libc lacks. */
static long call(long number, long a, long b, long c, long d, long e, long f)
{
	return real(syscall)(number, a, b, c, d, e, f);
}

static __attribute__((noinline)) int tgkill_and_emit(pid_t pid, pid_t thread, int number)
{
	struct sending sending = to_one(pid, number);

	note_time(&sending);
	return (int)sent(&sending, real(tgkill) == NULL
					   ? (int)call(SYS_tgkill, pid, thread, number, 0, 0, 0)
					   : real(tgkill)(pid, thread, number));
}

VIGIL_EXPORT int tgkill(pid_t pid, pid_t thread, int number)
{
	return is_other(pid, number) || real(tgkill) == NULL ? tgkill_and_emit(pid, thread, number)
							     : real(tgkill)(pid, thread, number);
}

/* <linux/pidfd.h>, struct pidfd_info, since Linux 6.13: its first version. */
struct pidfd_facts {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_code;
};

#define PIDFD_FACTS _IOWR(0xff, 11, struct pidfd_facts)

struct descriptor {
	int pidfd;
	pid_t pid; /* 0: unknown */
};

static void read_pid(void *of)
{
	struct descriptor *descriptor = of;
	char path[64], info[512];
	const char *at;

	text_format(path, sizeof path, "/proc/self/fdinfo/%d", descriptor->pidfd);
	if (file_read(path, info, sizeof info) < 0)
		return;
	at = strstr(info, "\nPid:\t");
	if (at != NULL)
		descriptor->pid = (pid_t)number_prefix(at + 6);
}

/* The pid of PIDFD by /proc; 0: unknown. Takes tens of microseconds. */
static pid_t pid_in_proc(int pidfd)
{
	struct descriptor descriptor = {.pidfd = pidfd};

	stack_call(read_pid, &descriptor);
	return descriptor.pid;
}

/* The pid of PIDFD; 0: unknown. */
static pid_t pid_of(int pidfd)
{
	struct pidfd_facts facts = {.mask = 1};

	if (sys_call(SYS_ioctl, pidfd, (long)PIDFD_FACTS, (long)&facts, 0, 0, 0) == 0 &&
		facts.pid != 0)
		return (pid_t)facts.pid;
	return pid_in_proc(pidfd);
}

static struct sending to_pidfd(int pidfd, int number)
{
	if (!is_reported(number) || !process_is_ours())
		return unreported;
	return to_one(pid_of(pidfd), number);
}

VIGIL_EXPORT int pidfd_send_signal(int pidfd, int number, siginfo_t *info, unsigned int flags)
{
	struct sending sending = to_pidfd(pidfd, number);

	note_time(&sending);
	return (int)sent(&sending,
		real(pidfd_send_signal) == NULL
			? (int)call(SYS_pidfd_send_signal, pidfd, number, (long)info, flags, 0, 0)
			: real(pidfd_send_signal)(pidfd, number, info, flags));
}

bool sent_by_call(long number, long a, long b, long c)
{
	switch (number) {
	case SYS_kill:
	case SYS_rt_sigqueueinfo: return is_other((pid_t)a, (int)b);
	case SYS_tgkill:
	case SYS_rt_tgsigqueueinfo: return is_other((pid_t)a, (int)c);
	case SYS_pidfd_send_signal: return true;
	default: return false;
	}
}

static struct sending by_call(long number, int a, int b, int c)
{
	switch (number) {
	case SYS_kill: return to_whom(a, b);
	case SYS_pidfd_send_signal: return to_pidfd(a, b);
	case SYS_rt_sigqueueinfo: return to_one(a, b);
	default: return to_one(a, c);
	}
}

long sent_call(long number, long a, long b, long c, long d, long e, long f)
{
	struct sending sending = by_call(number, (int)a, (int)b, (int)c);

	note_time(&sending);
	return sent(&sending, call(number, a, b, c, d, e, f));
}
