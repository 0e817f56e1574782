/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/live_stop.h"

#include "core/base/clock.h"

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

/* Below the stack pointer the innermost function may keep data. */
#define RED_ZONE 128

#define PARTS (LIVE_COPY_MAX / LIVE_PAGE)

/* What the child hands on, in memory that both have. */
struct stopped {
	int error; /* -errno, -EAGAIN: it has begun to wait; 0: the rest is set */
	struct trace_registers registers;
	struct live_copy copy;
};

/* Copies the stack page by page up to the first that cannot be read: that is behind its end. Where
 * it ends is not looked up, as this takes milliseconds in a process of many mappings. */
static void copy_stack(pid_t tid, struct stopped *stopped)
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

/* Stops TID, fills STOPPED, and lets it go on. Returns 0 or -errno. */
static int take(const struct live_running *running, struct stopped *stopped,
	const struct live_meanwhile *meanwhile)
{
	pid_t tid = running->tid;
	struct user_regs_struct values;
	struct iovec to = {&values, sizeof values};
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
	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &to) < 0) {
		error = -errno;
	} else {
		registers_from_thread(&stopped->registers, &values);
		copy_stack(tid, stopped);
		if (meanwhile != NULL)
			meanwhile->call(meanwhile->context);
		if (signal == 0)
			mend_call(tid, &values);
	}
	ptrace(PTRACE_DETACH, tid, 0, (void *)(long)signal);
	return error;
}

static void nothing(int number)
{
	(void)number;
}

/* Lets waitpid() return every LOOK_US. */
static void begin_alarms(void)
{
	struct sigaction action = {.sa_handler = nothing};
	struct itimerval time = {{0, LOOK_US}, {0, LOOK_US}};
	sigset_t alarm;

	sigaction(SIGALRM, &action, NULL);
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &alarm, NULL);
	setitimer(ITIMER_REAL, &time, NULL);
}

static const char *reason_of(int error)
{
	switch (error) {
	case -EPERM:
		return "runs, and may not be stopped: it is traced by another process, or "
		       "ptrace is refused";
	case -ETIMEDOUT: return "got no processor for half a second, and could not be stopped";
	case -EAGAIN: return LIVE_STOP_WAITS;
	case -ESRCH: return "has ended";
	default: return strerror(-error);
	}
}

const char *live_stop_take(const struct live_running *running, struct trace_registers *registers,
	struct live_copy *copy, const struct live_meanwhile *meanwhile)
{
	struct stopped *stopped = mmap(
		NULL, sizeof *stopped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *reason = NULL;
	pid_t child;

	if (stopped == MAP_FAILED)
		return strerror(errno);
	stopped->error = -ESRCH;
	child = fork();
	if (child == 0) {
		begin_alarms();
		stopped->error = take(running, stopped, meanwhile);
		_exit(0);
	}
	if (child < 0)
		reason = strerror(errno);
	else
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	if (reason == NULL && stopped->error < 0)
		reason = reason_of(stopped->error);
	if (reason == NULL) {
		*registers = stopped->registers;
		copy->at = stopped->copy.at;
		copy->size = stopped->copy.size;
		memcpy(copy->bytes, stopped->copy.bytes, copy->size);
		live_copy_init(copy);
	}
	munmap(stopped, sizeof *stopped);
	return reason;
}
