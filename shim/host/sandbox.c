/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the order of a call that confines the program: what it would forbid is found out from a copy
 * of its filter; what must have happened before it stands is done, and taken back if it did not
 * come to stand. Programs ask with calls that fail what the kernel knows (libseccomp does), and go
 * on unconfined.
 */
#include "shim/host/sandbox.h"

#include "core/base/memory.h"
#include "core/base/patience.h"
#include "core/base/sys.h"
#include "shim/host/blocking.h"
#include "shim/base/bpf.h"
#include "shim/host/dispositions.h"
#include "shim/base/export.h"
#include "shim/base/process_state.h"
#include "shim/host/pending.h"
#include "shim/base/real.h"
#include "shim/base/sandbox_calls.h"
#include "shim/host/sent.h"
#include "shim/host/fatal_handler.h"

#include <errno.h>
#include <linux/audit.h>
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

/* What sandbox_calls[] may be long: sandbox.c remembers which it has forbidden, a bit each. */
#define WORDS 2

/* How many filters that stand, or are about to, forbid what the two are about. */
static atomic_int more_forbidden, ptrace_forbidden;

/* How often a filter was about to be set. */
static atomic_uint attempts;

bool sandbox_lets_more_pass(void)
{
	return atomic_load(&more_forbidden) == 0;
}

bool sandbox_lets_ptrace_pass(void)
{
	return atomic_load(&ptrace_forbidden) == 0;
}

/* What a call that confines the program has changed here. */
struct change {
	bool is_ours;	/* not a vfork child's, which shares our memory */
	bool leaves;	/* signals_end(), and process_stop() if it is ours */
	bool holds;	/* signals, until it is known whether it stands */
	unsigned needs; /* of enum sandbox_need: what it forbids */
	unsigned attempt;
	uint64_t held_before;
	uint64_t forbidden[WORDS]; /* by place in sandbox_calls[] */
};

static const struct change unchanged;

/* The filter of system calls that HOST, an address of the host's, describes. */
struct copy {
	struct sock_fprog program;
	size_t size; /* of the mapping */
};

/*
 * Returns 0; -EFAULT or -EINVAL where the kernel will refuse it; another error where it cannot be
 * copied.
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

/* PROGRAM is NULL for what lets nothing of ours pass. */
static void ask(const struct sock_fprog *program, struct change *change)
{
	change->holds = program != NULL;
	change->leaves = program == NULL;
	for (size_t i = 0; program != NULL && sandbox_calls[i].number >= 0; i++) {
		const struct sandbox_call *call = &sandbox_calls[i];

		if (passes(program, call))
			continue;
		change->needs |= call->need;
		change->forbidden[i / 64] |= (uint64_t)1 << (i % 64);
		if ((call->need & ~(unsigned)UNPROBED) == NEED_ALWAYS)
			change->leaves = true;
		if (call->number == SYS_rt_sigprocmask)
			change->holds = false;
	}
}

/* Afterwards the filter may forbid what this takes. */
static void leave(struct change *change)
{
	if (change->holds)
		sys_hold_signals(&change->held_before);
	signals_end();
	if (change->is_ours)
		process_stop();
}

static void come_back(const struct change *change)
{
	if (change->is_ours)
		process_go_on();
	signals_settle();
	if (change->holds)
		sys_sigprocmask(SIG_SETMASK, &change->held_before, NULL);
}

static void forbid(struct change *change)
{
	change->attempt = atomic_fetch_add(&attempts, 1) + 1;
	for (size_t i = 0; sandbox_calls[i].number >= 0; i++) {
		uint64_t bit = (uint64_t)1 << (i % 64);

		if ((change->forbidden[i / 64] & bit) && !sys_forbid(sandbox_calls[i].number))
			change->forbidden[i / 64] &= ~bit;
	}
	if (change->needs & NEED_FOR_MORE)
		atomic_fetch_add(&more_forbidden, 1);
	if (change->needs & NEED_FOR_PTRACE)
		atomic_fetch_add(&ptrace_forbidden, 1);
}

/* Where another filter came meanwhile, what is forbidden stays so: nobody knows whose it is. */
static void permit(const struct change *change)
{
	if (atomic_load(&attempts) != change->attempt)
		return;
	for (size_t i = 0; sandbox_calls[i].number >= 0; i++)
		if (change->forbidden[i / 64] >> (i % 64) & 1)
			sys_permit(sandbox_calls[i].number);
	if (change->needs & NEED_FOR_MORE)
		atomic_fetch_sub(&more_forbidden, 1);
	if (change->needs & NEED_FOR_PTRACE)
		atomic_fetch_sub(&ptrace_forbidden, 1);
}

bool sandbox_forbid(const struct sandbox_call *call)
{
	if ((call->need & ~(unsigned)UNPROBED) == NEED_ALWAYS)
		return false;
	sys_forbid(call->number);
	if (call->need & NEED_FOR_MORE) {
		atomic_fetch_add(&more_forbidden, 1);
		patience_without_marks();
	}
	if (call->need & NEED_FOR_PTRACE)
		atomic_fetch_add(&ptrace_forbidden, 1);
	return true;
}

bool sandbox_is_forbidden(const struct sandbox_call *call)
{
	bool more = (call->need & NEED_FOR_MORE) == 0 || !sandbox_lets_more_pass();
	bool ptrace = (call->need & NEED_FOR_PTRACE) == 0 || !sandbox_lets_ptrace_pass();
	bool by_itself = (call->need & NEED_BY_ITSELF) == 0 || sys_is_forbidden(call->number);

	return (call->need & ~(unsigned)UNPROBED) != NEED_ALWAYS && more && ptrace && by_itself;
}

static void prepare(struct change *change)
{
	if (change->is_ours)
		pending_flush_last();
	if (change->leaves)
		leave(change);
	else if (change->is_ours)
		forbid(change);
}

/* The filter that HOST describes is about to stand. */
static struct change before_filter(uintptr_t host)
{
	struct change change = {.is_ours = process_is_ours()};
	struct copy copy;
	int result;

	if (!process_has_begun())
		return unchanged;
	result = copy_filter(host, &copy);
	if (result == -EFAULT || result == -EINVAL)
		return unchanged;
	ask(result == 0 ? &copy.program : NULL, &change);
	if (result == 0)
		sys_call(SYS_munmap, (long)copy.program.filter, (long)copy.size, 0, 0, 0, 0);
	prepare(&change);
	return change;
}

/* Strict mode, which allows read, write and exit; or what lets nothing of ours pass either. */
static struct change before_nothing_passes(void)
{
	struct change change = {.is_ours = process_is_ours()};

	if (!process_has_begun())
		return unchanged;
	ask(NULL, &change);
	prepare(&change);
	return change;
}

/*
 * Whether SIGSYS would come for the system calls of this library, which are made in its own text.
 * In the mode that the kernel has had from the beginning, for those outside of the range.
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
		return before_nothing_passes();
	if (option == PR_SET_SYSCALL_USER_DISPATCH && dispatches_ours(more[0], more[1], more[2]))
		return before_nothing_passes();
	return unchanged;
}

static struct change before_seccomp(unsigned operation, uintptr_t filter)
{
	if (operation == SECCOMP_SET_MODE_FILTER)
		return before_filter(filter);
	return operation == SECCOMP_SET_MODE_STRICT ? before_nothing_passes() : unchanged;
}

/* Where it stands, nothing of ours may be called but what it lets pass. */
static void after(const struct change *change, bool stands)
{
	if (change->leaves && !stands)
		come_back(change);
	else if (change->leaves && change->holds)
		sys_sigprocmask(SIG_SETMASK, &change->held_before, NULL);
	else if (!change->leaves && change->is_ours && !stands)
		permit(change);
	else if (change->needs & NEED_FOR_MORE)
		patience_without_marks();
}

/* prctl() has at most four arguments more; what the caller did not give is read, and not used. */
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

/* A filter that could not be set for another thread gives that one's id; one with a listener, the
 * listener's descriptor. */
static __attribute__((noinline)) long call_seccomp(long a, long b, long c, long d, long e, long f)
{
	bool listens = ((unsigned long)b & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0;
	struct change change = before_seccomp((unsigned)a, (uintptr_t)c);
	long result = ((system_call *)real(syscall))(SYS_seccomp, a, b, c, d, e, f);

	after(&change, result == 0 || (result > 0 && listens));
	return result;
}

/*
 * syscall(), with the arguments that libc's own takes, where its header says "...". So the last
 * line is a jump that leaves them where they are, and no frame of ours lies on the stack: the call
 * may be a clone whose child returns on another one.
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
	if (sent_by_call(number, a, b, c))
		return sent_call(number, a, b, c, d, e, f);
	blocking_before_call(number, b);
	return ((system_call *)real(syscall))(number, a, b, c, d, e, f);
}
