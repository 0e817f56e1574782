/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that sets a seccomp filter may forbid system calls that only we make, and would then
 * die of them. So prctl() and syscall() first copy the filter (a classic BPF program), by reads
 * that cannot fault, and run it on our own system calls. If the filter allows all calls that every
 * event needs, we leave out the others that it forbids; otherwise this library switches itself off,
 * and the parent that waits reports the termination. Either is done before the real call, because
 * the filter may forbid the calls that it takes, and with signals blocked, unless the filter
 * forbids to unblock them. It is undone if the real call fails: programs find out what the kernel
 * can do by calls that must fail (libseccomp does so in its first function).
 *
 * PR_SET_SYSCALL_USER_DISPATCH, which turns system calls into signals for the program, switches us
 * off if it would get our calls. A filter that is set by the system call instruction itself is not
 * seen.
 */
#include "core/base/memory.h"
#include "core/base/wait_budget.h"
#include "core/base/sys.h"
#include "shim/base/bpf.h"
#include "shim/base/call_entry.h"
#include "shim/base/export.h"
#include "shim/base/process_state.h"
#include "shim/base/real.h"
#include "shim/base/sandbox.h"
#include "shim/emit/pending.h"
#include "shim/host/dispositions.h"
#include "shim/host/sent.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* <linux/prctl.h>, since Linux 5.11; the second mode is newer. */
#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif
#define DISPATCH_ALL_BUT 1
#define DISPATCH_ONLY 2

#ifndef SECCOMP_FILTER_FLAG_NEW_LISTENER
#define SECCOMP_FILTER_FLAG_NEW_LISTENER (1UL << 3)
#endif

/* How many calls have been about to set a filter. */
static atomic_uint attempts;

/* What a call that confines the program has changed here. */
struct change {
	bool is_ours;	   /* not a vfork child's, which shares our memory */
	bool switches_off; /* signals_end(), and process_switch() if it is ours */
	bool holds;	   /* signals are blocked until the real call has returned */
	unsigned attempt;
	uint64_t held_before;
	struct sandbox_set forbidden;
};

static const struct change unchanged;

/* A copy of the host's filter. */
struct copy {
	struct sock_fprog program;
	size_t size; /* of the mapping */
};

/*
 * Copy the filter whose struct sock_fprog is at HOST, an address of the host's. Returns 0; -EFAULT
 * or -EINVAL if the kernel will refuse the filter; another error if it cannot be copied.
 */
static int copy_filter(uintptr_t host, struct copy *ret_copy)
{
	struct memory_reader reader = {.next = 0};
	struct sock_fprog program;
	long slot;
	size_t size;

	if (!memory_read_exact(&reader, host, &program, sizeof program))
		return -EFAULT;
	if (program.len == 0 || program.len > BPF_MAXINSNS)
		return -EINVAL;
	size = program.len * sizeof *program.filter;
	slot = sys_call(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (slot < 0)
		return (int)slot;
	*ret_copy = (struct copy){{program.len, (struct sock_filter *)slot}, size};
	if (memory_read(&reader, (uintptr_t)program.filter, (void *)slot, size) == size)
		return 0;
	sys_call(SYS_munmap, slot, (long)size, 0, 0, 0, 0);
	return -EFAULT;
}

static bool passes(const struct sock_fprog *program, const struct sandbox_call *call)
{
	struct seccomp_data data = {
		.nr = call->number,
		.arch = ARCHITECTURE,
		.args = {(uint64_t)call->arguments[0], (uint64_t)call->arguments[1],
			(uint64_t)call->arguments[2]},
	};
	uint32_t action = bpf_run(program, &data) & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* Find out which of our calls PROGRAM forbids; NULL stands for one that forbids all. */
static void find_forbidden(const struct sock_fprog *program, struct change *change)
{
	change->holds = program != NULL;
	change->switches_off = program == NULL;
	for (unsigned i = 0; program != NULL && sandbox_calls[i].number >= 0; i++) {
		const struct sandbox_call *call = &sandbox_calls[i];

		if (passes(program, call))
			continue;
		sandbox_set_add(&change->forbidden, i);
		if (sandbox_call_is_essential(call))
			change->switches_off = true;
		if (call->number == SYS_rt_sigprocmask)
			change->holds = false;
	}
}

/* Called before the filter is set, which may forbid the calls that this takes. */
static void switch_off(struct change *change)
{
	if (change->holds)
		sys_hold_signals(&change->held_before);
	signals_end();
	if (change->is_ours)
		process_switch(false);
}

static void switch_on(const struct change *change)
{
	if (change->is_ours)
		process_switch(true);
	signals_settle();
	if (change->holds)
		sys_sigprocmask(SIG_SETMASK, &change->held_before, NULL);
}

/* Undo sandbox_forbid(), unless another thread was about to set a filter meanwhile, which may
 * forbid the same calls. */
static void permit(const struct change *change)
{
	if (atomic_load(&attempts) == change->attempt)
		sandbox_permit(&change->forbidden);
}

/* The host is about to set PROGRAM, a filter; NULL: what forbids all of our calls. */
static struct change before(const struct sock_fprog *program)
{
	struct change change = {.is_ours = process_is_ours()};

	if (!process_has_begun())
		return unchanged;
	find_forbidden(program, &change);
	if (change.is_ours)
		pending_flush_last();
	if (change.switches_off) {
		switch_off(&change);
	} else if (change.is_ours) {
		change.attempt = atomic_fetch_add(&attempts, 1) + 1;
		sandbox_forbid(&change.forbidden);
	}
	return change;
}

/* The host is about to set the filter whose struct sock_fprog is at HOST. */
static struct change before_filter(uintptr_t host)
{
	struct change change;
	struct copy copy;
	int result;

	if (!process_has_begun())
		return unchanged;
	result = copy_filter(host, &copy);
	if (result == -EFAULT || result == -EINVAL)
		return unchanged;
	change = before(result == 0 ? &copy.program : NULL);
	if (result == 0)
		sys_call(SYS_munmap, (long)copy.program.filter, (long)copy.size, 0, 0, 0, 0);
	return change;
}

/*
 * Whether SIGSYS would come for the system calls of this library, all made in its own text. In mode
 * DISPATCH_ALL_BUT it comes for calls outside of the range, in DISPATCH_ONLY for those inside.
 */
static bool dispatches_ours(unsigned long mode, uintptr_t start, uintptr_t size)
{
	extern const char __ehdr_start[] __attribute__((visibility("hidden")));
	extern const char etext[] __attribute__((visibility("hidden")));
	uintptr_t first = (uintptr_t)__ehdr_start, last = (uintptr_t)etext;

	if (mode == DISPATCH_ALL_BUT)
		return first - start >= size || last - start >= size;
	return mode == DISPATCH_ONLY && start < last && first < start + size;
}

static struct change before_prctl(int option, const unsigned long *more)
{
	if (option == PR_SET_SECCOMP && more[0] == SECCOMP_MODE_FILTER)
		return before_filter(more[1]);
	if (option == PR_SET_SECCOMP && more[0] == SECCOMP_MODE_STRICT)
		return before(NULL);
	if (option == PR_SET_SYSCALL_USER_DISPATCH && dispatches_ours(more[0], more[1], more[2]))
		return before(NULL);
	if (option == PR_SET_TSC && more[0] != PR_TSC_ENABLE)
		call_entry_without_time();
	return unchanged;
}

static struct change before_seccomp(unsigned operation, uintptr_t filter)
{
	if (operation == SECCOMP_SET_MODE_FILTER)
		return before_filter(filter);
	return operation == SECCOMP_SET_MODE_STRICT ? before(NULL) : unchanged;
}

/* The real call has returned. If IS_SET, the filter is in force: only calls that it allows may be
 * made here. */
static void after(const struct change *change, bool is_set)
{
	if (change->switches_off && !is_set)
		switch_on(change);
	else if (change->switches_off && change->holds)
		sys_sigprocmask(SIG_SETMASK, &change->held_before, NULL);
	else if (change->is_ours && !is_set)
		permit(change);
	else if (change->forbidden.needs & NEED_FOR_MORE)
		wait_budget_without_marks();
}

/* prctl() has at most four more arguments. Those that the caller did not pass are read and passed
 * on, and the kernel ignores them. */
#define MORE_MAX 4

VIGIL_EXPORT int prctl(int option, ...)
{
	unsigned long more[MORE_MAX];
	struct change change;
	va_list list;
	int result;

	va_start(list, option);
	for (int i = 0; i < MORE_MAX; i++)
		more[i] = va_arg(list, unsigned long);
	va_end(list);
	change = before_prctl(option, more);
	result = real(prctl)(option, more[0], more[1], more[2], more[3]);
	after(&change, result == 0);
	return result;
}

typedef long system_call(long, long, long, long, long, long, long);

static __attribute__((noinline)) long call_prctl(long a, long b, long c, long d, long e, long f)
{
	const unsigned long more[] = {(unsigned long)b, (unsigned long)c, (unsigned long)d};
	struct change change = before_prctl((int)a, more);
	long result = ((system_call *)real(syscall))(SYS_prctl, a, b, c, d, e, f);

	after(&change, result == 0);
	return result;
}

/* A positive result of seccomp(2) is the descriptor of a listener, or else the id of a thread for
 * which the filter could not be set. */
static __attribute__((noinline)) long call_seccomp(long a, long b, long c, long d, long e, long f)
{
	bool listens = ((unsigned long)b & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0;
	struct change change = before_seccomp((unsigned)a, (uintptr_t)c);
	long result = ((system_call *)real(syscall))(SYS_seccomp, a, b, c, d, e, f);

	after(&change, result == 0 || (result > 0 && listens));
	return result;
}

#define FUTEX_OPERATION 0x7f

/* System call NUMBER, whose second argument is B, is about to be made: write the pending events if
 * it may wait, terminate the process or exec. */
static void flush_before_call(long number, long b)
{
	switch (number) {
	case SYS_execve:
	case SYS_execveat:
	case SYS_exit_group: pending_flush_last(); break;
	case SYS_futex:
		if ((b & FUTEX_OPERATION) == FUTEX_WAIT ||
			(b & FUTEX_OPERATION) == FUTEX_WAIT_BITSET)
			pending_flush();
		break;
	case SYS_wait4:
	case SYS_waitid:
	case SYS_ppoll:
	case SYS_pselect6:
	case SYS_epoll_pwait:
	case SYS_epoll_pwait2:
	case SYS_nanosleep:
	case SYS_clock_nanosleep:
	case SYS_rt_sigsuspend:
	case SYS_rt_sigtimedwait: pending_flush(); break;
	}
}

/*
 * syscall(), declared with seven arguments where libc's header says "...". So the last line
 * compiles to a jump that leaves the arguments where they are, and no frame of ours lies on the
 * stack: the call may be a clone whose child returns on another stack.
 */
VIGIL_EXPORT long call_system(long number, long a, long b, long c, long d, long e, long f) __asm__(
	"syscall");

long call_system(long number, long a, long b, long c, long d, long e, long f)
{
	if (number == SYS_prctl)
		return call_prctl(a, b, c, d, e, f);
	if (number == SYS_seccomp)
		return call_seccomp(a, b, c, d, e, f);
	if (number == SYS_rt_sigaction)
		return disposition_call(a, b, c, d);
	if (number == SYS_sigaltstack && a != 0)
		disposition_avoid_hosts_stacks();
	if (sent_by_call(number, a, b, c))
		return sent_call(number, a, b, c, d, e, f);
	flush_before_call(number, b);
	return ((system_call *)real(syscall))(number, a, b, c, d, e, f);
}
