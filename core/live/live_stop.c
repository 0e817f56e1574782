/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/live_stop.h"

#include "core/base/clock.h"
#include "core/base/proc.h"
#include "core/base/signal_table.h"
#include "core/base/text.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* How often one looks whether it is time to give up. */
#define LOOK_US 10000

#define STOPPED_US (LIVE_STOPPED_MS * (int64_t)1000)

/* Below the stack pointer the innermost function may keep data. */
#define RED_ZONE 128

#define PARTS (LIVE_COPY_MAX / LIVE_PAGE)

/* What the child hands on, in memory that both have. */
struct live_stopped {
	int error; /* -errno, -EAGAIN: it has begun to wait; 0: the rest is set */
	struct trace_registers registers;
	struct live_copy copy;
};

/* Copies the stack page by page up to the first that cannot be read: that is behind its end. Where
 * it ends is not looked up, as this takes milliseconds in a process of many mappings. */
static void copy_stack(pid_t tid, struct live_stopped *stopped)
{
	struct live_copy *copy = &stopped->copy;
	struct iovec here = {copy->bytes, LIVE_COPY_MAX}, there[PARTS];
	uint64_t at = stopped->registers.value[REGISTER_SP] - RED_ZONE, end;
	ssize_t count;

	copy->at = at;
	for (size_t i = 0; i < PARTS; i++, at = end) {
		end = (at | (LIVE_PAGE - 1)) + 1;
		there[i] = (struct iovec){(void *)at, end - at};
	}
	count = process_vm_readv(tid, &here, 1, there, PARTS, 0);
	copy->size = count < 0 ? 0 : (size_t)count;
}

/* Waits until TID stops, which PTRACE_INTERRUPT asks for. Returns 0 and *RET_SIGNAL, which the
 * thread was about to get, or -errno. */
static int await_stop(pid_t tid, int *ret_signal)
{
	int64_t until_us = instant_mono_us() + LIVE_AWAIT_MS * (int64_t)1000;
	int status;

	for (;;) {
		pid_t got = waitpid(tid, &status, __WALL);

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == tid && !WIFSTOPPED(status))
			return -ESRCH;
		if (got == tid)
			break;
		if (instant_mono_us() > until_us)
			return -ETIMEDOUT;
	}
	*ret_signal = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
	return 0;
}

/* SIGNAL does nothing in TID: the kernel would have dropped it, had nobody traced the thread. */
static bool is_ignored(pid_t tid, int signal)
{
	const uint64_t by_default = SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH);
	char path[32], lines[4096];

	text_format(path, sizeof path, "/proc/%d/status", (int)tid);
	if (file_read(path, lines, sizeof lines) <= 0)
		return false;
	return ((proc_mask(lines, "\nSigIgn:\t") |
			(by_default & ~proc_mask(lines, "\nSigCgt:\t"))) &
		       SIGNAL_BIT(signal)) != 0;
}

/*
 * TID, stopped with VALUES, may have been about to wait in a call which our interrupt has ended:
 * one that the kernel does not begin anew by itself, such as epoll_wait(), would return EINTR. Lets
 * the kernel begin it anew, unless a signal comes that has a handler. On aarch64 the call's first
 * argument is not known any more.
 */
static void mend_call(pid_t tid, const struct user_regs_struct *values)
{
#if defined(__x86_64__)
	const long long begin_anew = -514; /* ERESTARTNOHAND of the kernel */

	if ((long long)values->orig_rax >= 0 && (long long)values->rax == -EINTR)
		ptrace(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, rax), begin_anew);
#else
	(void)tid, (void)values;
#endif
}

/* What this child, which stops one thread, has stopped. */
static struct {
	volatile pid_t tid; /* 0: it has not stopped yet */
	int signal;	    /* that it was about to get */
	struct live_stopped *stopped;
} held;

static void let_go(void)
{
	ptrace(PTRACE_DETACH, held.tid, 0, (void *)(long)held.signal);
}

/* A thread that has been held for LIVE_STOPPED_MS is let go, whatever was to be read still. */
static void alarmed(int number)
{
	(void)number;
	if (held.tid == 0)
		return;
	held.stopped->error = -ETIME;
	let_go();
	_exit(0);
}

/* Lets alarmed() be called in AFTER_US, and then every REPEATED_US, if that is not 0. */
static void set_alarm(int64_t after_us, int64_t repeated_us)
{
	struct itimerval time = {{0, repeated_us}, {0, after_us}};

	setitimer(ITIMER_REAL, &time, NULL);
}

/* Reads the registers of TID, which is stopped and was about to get SIGNAL, and mends its call.
 * Nothing may let it go before. Returns 0 or -errno. */
static int read_registers(pid_t tid, int signal, struct live_stopped *stopped)
{
	struct user_regs_struct values;
	struct iovec to = {&values, sizeof values};

	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &to) < 0)
		return -errno;
	if (signal == 0)
		mend_call(tid, &values);
	registers_from_thread(&stopped->registers, &values);
	return 0;
}

/* Stops the thread RUNNING, fills STOPPED, and lets it go on. Returns 0 or -errno. */
static int take(const struct live_running *running, struct live_stopped *stopped,
	const struct live_meanwhile *meanwhile)
{
	pid_t tid = running->tid;
	int signal = 0, error;

	if (ptrace(PTRACE_SEIZE, tid, 0, 0) < 0)
		return -errno;
	/* Nothing has happened to it yet, and when this process ends, nothing has. */
	if (!live_task_runs_on(running))
		return -EAGAIN;
	if (ptrace(PTRACE_INTERRUPT, tid, 0, 0) < 0)
		return -errno;
	error = await_stop(tid, &signal);
	if (error < 0)
		return error;
	if (signal != 0 && is_ignored(tid, signal))
		signal = 0;
	error = read_registers(tid, signal, stopped);
	held.signal = signal;
	held.stopped = stopped;
	set_alarm(STOPPED_US, STOPPED_US); /* again, as the first may come too soon */
	held.tid = tid;
	if (error == 0)
		copy_stack(tid, stopped);
	if (error == 0 && meanwhile != NULL)
		meanwhile->call(meanwhile->context);
	set_alarm(0, 0);
	let_go();
	return error;
}

static void begin_alarms(void)
{
	struct sigaction action = {.sa_handler = alarmed};
	sigset_t alarm;

	sigaction(SIGALRM, &action, NULL);
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &alarm, NULL);
	set_alarm(LOOK_US, LOOK_US);
}

static const char *reason_of(int error)
{
	switch (error) {
	case -EPERM:
		return "runs, and may not be stopped: it is traced by another process, or "
		       "ptrace is refused";
	case -ETIMEDOUT: return "got no processor for half a second, and could not be stopped";
	case -ETIME: return "could not be read in 20 ms, and was let go";
	case -EAGAIN: return LIVE_STOP_WAITS;
	case -ESRCH: return "has ended";
	default: return strerror(-error);
	}
}

const char *live_stop_begin(struct live_stop *stop, const struct live_running *running,
	const struct live_meanwhile *meanwhile)
{
	struct live_stopped *stopped = mmap(
		NULL, sizeof *stopped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *reason;

	*stop = (struct live_stop){.child = 0};
	if (stopped == MAP_FAILED)
		return strerror(errno);
	stopped->error = -ESRCH;
	*stop = (struct live_stop){fork(), stopped};
	if (stop->child == 0) {
		begin_alarms();
		stopped->error = take(running, stopped, meanwhile);
		_exit(0);
	}
	if (stop->child > 0)
		return NULL;
	reason = strerror(errno);
	munmap(stopped, sizeof *stopped);
	stop->child = 0;
	return reason;
}

const char *live_stop_end(
	struct live_stop *stop, struct trace_registers *registers, struct live_copy *copy)
{
	struct live_stopped *stopped = stop->stopped;
	const char *reason = NULL;

	while (waitpid(stop->child, NULL, 0) < 0 && errno == EINTR)
		;
	if (stopped->error < 0) {
		reason = reason_of(stopped->error);
	} else if (registers != NULL) {
		*registers = stopped->registers;
		copy->at = stopped->copy.at;
		copy->size = stopped->copy.size;
		memcpy(copy->bytes, stopped->copy.bytes, copy->size);
		live_copy_init(copy);
	}
	munmap(stopped, sizeof *stopped);
	stop->child = 0;
	return reason;
}

const char *live_stop_take(const struct live_running *running, struct trace_registers *registers,
	struct live_copy *copy, const struct live_meanwhile *meanwhile)
{
	struct live_stop stop;
	const char *reason = live_stop_begin(&stop, running, meanwhile);

	return stop.child > 0 ? live_stop_end(&stop, registers, copy) : reason;
}
