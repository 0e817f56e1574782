/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/live_stop.h"

#include "core/base/clock.h"
#include "core/trace/modules_maps.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOP_US (LIVE_STOP_MS * 1000)
#define POLL_US 50

/* Below the stack pointer the innermost function may keep data. */
#define RED_ZONE 128

/* What the child hands on, in memory that both have. */
struct stopped {
	int error; /* -errno; 0: the rest is set */
	struct trace_registers registers;
	struct live_copy copy;
};

static void copy_stack(pid_t tid, const char *maps, struct stopped *stopped)
{
	struct live_copy *copy = &stopped->copy;
	uint64_t sp = stopped->registers.value[REGISTER_SP];
	struct maps_object stack;
	ssize_t count;

	copy->at = sp - RED_ZONE;
	copy->size = 0;
	if (!maps_find(maps, sp, &stack))
		return;
	if (copy->at < stack.start)
		copy->at = stack.start;
	copy->size = stack.end - copy->at < LIVE_COPY_MAX ? stack.end - copy->at : LIVE_COPY_MAX;
	count = live_memory_take(tid, copy->at, copy->bytes, copy->size);
	copy->size = count < 0 ? 0 : (size_t)count;
}

/* Waits until TID stops, which PTRACE_INTERRUPT asks for. Returns 0 and *RET_SIGNAL, which the
 * thread was about to get, or -errno. */
static int await_stop(pid_t tid, int *ret_signal)
{
	int64_t until_us = instant_mono_us() + STOP_US;
	int status;

	for (;;) {
		pid_t got = waitpid(tid, &status, __WALL | WNOHANG);

		if (got < 0)
			return -errno;
		if (got == tid && !WIFSTOPPED(status))
			return -ESRCH;
		if (got == tid)
			break;
		if (instant_mono_us() > until_us)
			return -ETIMEDOUT;
		usleep(POLL_US);
	}
	*ret_signal = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
	return 0;
}

/* Stops TID, fills STOPPED, and lets it go on. Returns 0 or -errno. */
static int take(pid_t tid, const char *maps, struct stopped *stopped)
{
	struct user_regs_struct values;
	struct iovec to = {&values, sizeof values};
	int signal = 0, error;

	if (ptrace(PTRACE_SEIZE, tid, 0, 0) < 0 || ptrace(PTRACE_INTERRUPT, tid, 0, 0) < 0)
		return -errno;
	error = await_stop(tid, &signal);
	if (error < 0)
		return error;
	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &to) < 0) {
		error = -errno;
	} else {
		registers_from_thread(&stopped->registers, &values);
		copy_stack(tid, maps, stopped);
	}
	ptrace(PTRACE_DETACH, tid, 0, (void *)(long)signal);
	return error;
}

static const char *reason_of(int error)
{
	switch (error) {
	case -EPERM:
		return "runs, and may not be stopped: it is traced by another process, or "
		       "ptrace is refused";
	case -ETIMEDOUT: return "did not stop within 20 ms";
	case -ESRCH: return "has ended";
	default: return strerror(-error);
	}
}

const char *live_stop_take(
	pid_t tid, const char *maps, struct trace_registers *registers, struct live_copy *copy)
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
		stopped->error = take(tid, maps, stopped);
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
