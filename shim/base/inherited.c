/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Before and between the probes we make only system calls that every loader and libc's own start
 * make: openat, read, close, mmap, munmap, prlimit64. A filter that kills for one of them kills the
 * program without us, too.
 */
#include "shim/base/inherited.h"

#include "core/base/number.h"
#include "core/base/wait_budget.h"
#include "core/base/proc.h"
#include "core/base/sys.h"
#include "core/base/text.h"
#include "core/base/valgrind.h"
#include "shim/base/kernel_action.h"
#include "shim/base/sandbox.h"
#include "shim/base/stack.h"

#include <linux/capability.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

/* From /proc/PID/status: proc(5). Before Linux 5.9 it does not count filters. */
struct status {
	int64_t parent, mode, filters;
	uint64_t bounding;	  /* capabilities */
	uint64_t ignored, caught; /* signals */
};

/* Shared with the probe, before its stack. */
struct shared {
	_Atomic int at; /* the index in sandbox_calls[] of its call */
};

#define SHARED_SIZE ((size_t)4096)
#define STACK_SIZE ((size_t)64 * 1024)

static struct shared *shared;

/* At the first instruction of the program. */
static struct {
	bool is_known;
	uint64_t ignored, caught;
} dispositions;

/* By its first two letters, most of some sixty lines do not. */
static bool may_matter(const char *line)
{
	return (line[0] == 'P' && line[1] == 'P') || (line[0] == 'C' && line[1] == 'a') ||
	       (line[0] == 'S' && (line[1] == 'e' || line[3] == 'I' || line[3] == 'C'));
}

/* The value in LINE, if that begins with KEY. Most keys differ in their first four bytes, which are
 * one comparison. */
static inline const char *value_of(const char *line, const char *key)
{
	return memcmp(line, key, 4) == 0 ? text_after(line, key) : NULL;
}

static void read_line(const char *line, struct status *status)
{
	const char *value;

	if ((value = value_of(line, "PPid:\t")) != NULL)
		status->parent = number_prefix(value);
	else if ((value = value_of(line, "CapBnd:\t")) != NULL)
		status->bounding = number_take_hex(&value);
	else if ((value = value_of(line, "SigIgn:\t")) != NULL)
		status->ignored = number_take_hex(&value);
	else if ((value = value_of(line, "SigCgt:\t")) != NULL)
		status->caught = number_take_hex(&value);
	else if ((value = value_of(line, "Seccomp:\t")) != NULL)
		status->mode = number_prefix(value);
	else if ((value = value_of(line, "Seccomp_filters:\t")) != NULL)
		status->filters = number_prefix(value);
}

/* Append what fits of COUNT bytes to LINE, which has LENGTH; returns the new length. */
static size_t keep_line(char *line, size_t size, size_t length, const char *bytes, size_t count)
{
	size_t room = size - 1 - length;

	if (count > room)
		count = room;
	memcpy(line + length, bytes, count);
	line[length + count] = '\0';
	return length + count;
}

/* Line by line, as the list of groups has no limit: of a long one the beginning is enough. Most
 * often all that matters comes at once. What stands behind the filters is half of the file. */
static bool read_status(const char *path, struct status *ret_status)
{
	int fd = sys_open(path, O_RDONLY, 0);
	char bytes[2048 + sizeof(uint64_t)], line[48] = "";
	size_t length = 0;
	ssize_t count;

	if (fd < 0)
		return false;
	*ret_status = (struct status){.parent = -1, .filters = -1};
	while (ret_status->filters < 0 &&
		(count = sys_read(fd, bytes, sizeof bytes - sizeof(uint64_t))) > 0) {
		const char *end = bytes + count, *stop;

		memset(bytes + count, '\n', sizeof(uint64_t)); /* the last line may go on */
		for (const char *at = bytes; at < end && ret_status->filters < 0; at = stop + 1) {
			stop = rawmemchr(at, '\n');
			if (length > 0 || stop == end || may_matter(at))
				length = keep_line(
					line, sizeof line, length, at, (size_t)(stop - at));
			if (length > 0 && stop < end) {
				read_line(line, ret_status);
				length = 0;
			}
		}
	}
	sys_close(fd);
	return ret_status->parent >= 0;
}

/*
 * Whether the filters of this process are known to allow a fork: its parent has the same ones, and
 * forked (see the header).
 */
static bool fork_is_allowed(const struct status *own)
{
	char path[40];
	struct status parent;

	if (own->parent == 0)
		return (own->bounding >> CAP_SYS_ADMIN & 1) == 0;
	text_format(path, sizeof path, "/proc/%d/status", (int)own->parent);
	return read_status(path, &parent) && parent.mode == own->mode &&
	       parent.filters == own->filters;
}

/* A probe that SIGSYS kills would dump a core. With a limit of 1 byte the kernel neither writes a
 * core file nor pipes a core to a program (core(5)). */
static void dump_no_core(void)
{
	struct rlimit64 limit;

	if (sys_call(SYS_prlimit64, 0, RLIMIT_CORE, 0, (long)&limit, 0, 0) != 0)
		return;
	limit.rlim_cur = 1;
	sys_call(SYS_prlimit64, 0, RLIMIT_CORE, (long)&limit, 0, 0, 0);
}

static void do_nothing(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
}

/* rt_sigreturn(2) is made by returning from a handler. */
static void return_from_signal(void)
{
	struct kernel_action action = kernel_action(do_nothing, 0);

	kernel_action_set(SIGURG, &action, NULL);
	sys_call(SYS_tgkill, sys_getpid(), sys_gettid(), SIGURG, 0, 0, 0);
}

/*
 * Make system call CALL. The first three calls of the table set a timer, which kills a probe that
 * hangs: a filter may wait for the answer of another process (SECCOMP_RET_USER_NOTIF), which may
 * never come.
 */
static void make(const struct sandbox_call *call)
{
	static const struct itimerval second = {.it_value = {.tv_sec = 1}};
	static const uint64_t none;
	const struct kernel_action usual = {.flags = 0};
	long b = call->arguments[1], d = 0;

	if (call->need & UNPROBED)
		return;
	switch (call->number) {
	case SYS_rt_sigprocmask:
		b = (long)&none;
		d = SYS_SIGSET_SIZE;
		break;
	case SYS_rt_sigaction:
		b = (long)&usual;
		d = SYS_SIGSET_SIZE;
		break;
	case SYS_setitimer: b = (long)&second; break;
	case SYS_rt_sigreturn: return_from_signal(); return;
	}
	sys_call(call->number, call->arguments[0], b, call->arguments[2], d, 0, 0);
}

/* In the probe: make the calls behind the one that the last probe died of, except those that are
 * left out by now. */
static void probe(void)
{
	int i = atomic_load(&shared->at);

	dump_no_core();
	for (; sandbox_calls[i].number >= 0; i++) {
		atomic_store(&shared->at, i);
		if (!sandbox_is_forbidden(&sandbox_calls[i]))
			make(&sandbox_calls[i]);
	}
	for (;;)
		sys_call(SYS_exit_group, 0, 0, 0, 0, 0, 0);
}

/* Before Linux 5.16 a filter that kills one process kills all that share its memory: there the
 * probe has a copy, which takes three times as long. */
static long child_flags(void)
{
	char release[64];
	const char *minor;
	int64_t major;

	if (file_read("/proc/sys/kernel/osrelease", release, sizeof release) < 0)
		return CLONE_VFORK | CLONE_UNTRACED;
	major = number_prefix(release);
	minor = strchr(release, '.');
	if (major > 5 || (major == 5 && minor != NULL && number_prefix(minor + 1) >= 16))
		return CLONE_VFORK | CLONE_UNTRACED | CLONE_VM;
	return CLONE_VFORK | CLONE_UNTRACED;
}

/* A filter kills for CALL: leave out what needs it. Returns false if every event needs it. */
static bool leave_out(const struct sandbox_call *call)
{
	struct sandbox_set set = {.needs = 0};

	if (sandbox_call_is_essential(call))
		return false;
	sandbox_set_add(&set, (unsigned)(call - sandbox_calls));
	sandbox_forbid(&set);
	if (call->need & NEED_FOR_MORE)
		wait_budget_without_marks();
	return true;
}

/* Run one probe after the other, each from behind the call that the last one died of. Returns
 * whether we can do without the calls that probes died of. */
static bool probe_all(void)
{
	long flags = child_flags();

	for (;;) {
		long id =
			stack_clone(probe, flags, (char *)shared + SHARED_SIZE + STACK_SIZE, NULL);
		const struct sandbox_call *last;
		int status = 0;

		if (id < 0)
			return false;
		last = &sandbox_calls[atomic_load(&shared->at)];
		if (last->number != SYS_wait4)
			sys_call(SYS_wait4, id, (long)&status, __WALL, 0, 0, 0);
		if (last->number == SYS_exit && WIFEXITED(status))
			return true;
		if (!leave_out(last))
			return false;
		atomic_fetch_add(&shared->at, 1);
	}
}

static bool probe_passes(void)
{
	long slot = sys_call(SYS_mmap, 0, SHARED_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool passes;

	if (slot < 0)
		return false;
	shared = (struct shared *)slot;
	passes = probe_all();
	sys_call(SYS_munmap, slot, SHARED_SIZE + STACK_SIZE, 0, 0, 0, 0);
	return passes;
}

bool inherited_dispositions(uint64_t *ret_ignored, uint64_t *ret_caught)
{
	*ret_ignored = dispositions.ignored;
	*ret_caught = dispositions.caught;
	return dispositions.is_known;
}

bool inherited_filter_allows_us(void)
{
	struct status own;

	if (!read_status("/proc/self/status", &own))
		return sys_call(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0, 0) <= 0;
	dispositions.ignored = own.ignored;
	dispositions.caught = own.caught;
	dispositions.is_known = true;
	if (own.mode == 0 || on_valgrind())
		return true;
	return fork_is_allowed(&own) && probe_passes();
}
