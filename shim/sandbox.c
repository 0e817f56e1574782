/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/sandbox.h"

#include "core/base/patience.h"
#include "shim/blocking.h"
#include "shim/dispositions.h"
#include "shim/export.h"
#include "shim/life.h"
#include "shim/pending.h"
#include "shim/real.h"
#include "shim/sent.h"
#include "shim/signals.h"

#include <linux/audit.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* A filter cannot loop: classic BPF only jumps forward. The kernel takes at most BPF_MAXINSNS
 * instructions. */
#define MEMORY_WORDS BPF_MEMWORDS

struct machine {
	uint32_t a, x, memory[MEMORY_WORDS];
	const struct seccomp_data *data;
};

static uint32_t operand(const struct machine *machine, const struct sock_filter *at)
{
	return BPF_SRC(at->code) == BPF_X ? machine->x : at->k;
}

static void compute(struct machine *machine, const struct sock_filter *at)
{
	uint32_t value = operand(machine, at);

	switch (BPF_OP(at->code)) {
	case BPF_ADD:
		machine->a += value;
		break;
	case BPF_SUB:
		machine->a -= value;
		break;
	case BPF_MUL:
		machine->a *= value;
		break;
	case BPF_DIV:
		machine->a = value == 0 ? 0 : machine->a / value;
		break;
	case BPF_AND:
		machine->a &= value;
		break;
	case BPF_OR:
		machine->a |= value;
		break;
	case BPF_XOR:
		machine->a ^= value;
		break;
	case BPF_LSH:
		machine->a = value < 32 ? machine->a << value : 0;
		break;
	case BPF_RSH:
		machine->a = value < 32 ? machine->a >> value : 0;
		break;
	case BPF_NEG:
		machine->a = 0 - machine->a;
		break;
	}
}

static bool jump_taken(const struct machine *machine, const struct sock_filter *at)
{
	uint32_t value = operand(machine, at);

	switch (BPF_OP(at->code)) {
	case BPF_JEQ:
		return machine->a == value;
	case BPF_JGT:
		return machine->a > value;
	case BPF_JGE:
		return machine->a >= value;
	case BPF_JSET:
		return (machine->a & value) != 0;
	default:
		return false;
	}
}

/* The value of a load; false when it is out of range. */
static bool load(const struct machine *machine, const struct sock_filter *at, uint32_t *ret_value)
{
	switch (BPF_MODE(at->code)) {
	case BPF_ABS:
		if (at->k > sizeof *machine->data - 4)
			return false;
		memcpy(ret_value, (const char *)machine->data + at->k, 4);
		return true;
	case BPF_IMM:
		*ret_value = at->k;
		return true;
	case BPF_LEN:
		*ret_value = sizeof *machine->data;
		return true;
	case BPF_MEM:
		*ret_value = machine->memory[at->k % MEMORY_WORDS];
		return true;
	default:
		return false;
	}
}

/* Runs what AT says, but for jumps and returns. Returns false for what no filter may hold. */
static bool step(struct machine *machine, const struct sock_filter *at)
{
	switch (BPF_CLASS(at->code)) {
	case BPF_LD:
		return load(machine, at, &machine->a);
	case BPF_LDX:
		return load(machine, at, &machine->x);
	case BPF_ST:
		machine->memory[at->k % MEMORY_WORDS] = machine->a;
		return true;
	case BPF_STX:
		machine->memory[at->k % MEMORY_WORDS] = machine->x;
		return true;
	case BPF_ALU:
		compute(machine, at);
		return true;
	case BPF_MISC:
		if (BPF_MISCOP(at->code) == BPF_TAX)
			machine->x = machine->a;
		else
			machine->a = machine->x;
		return true;
	default:
		return false;
	}
}

uint32_t sandbox_ask(const struct sock_fprog *program, const struct seccomp_data *data)
{
	struct machine machine = { .data = data };

	for (uint32_t i = 0; i < program->len; i++) {
		const struct sock_filter *at = &program->filter[i];

		if (BPF_CLASS(at->code) == BPF_RET)
			return BPF_RVAL(at->code) == BPF_A ? machine.a : at->k;
		if (BPF_CLASS(at->code) != BPF_JMP) {
			if (!step(&machine, at))
				break;
		} else if (BPF_OP(at->code) == BPF_JA) {
			if (at->k >= program->len - i)
				break;
			i += at->k;
		} else {
			i += jump_taken(&machine, at) ? at->jt : at->jf;
		}
	}
	return SECCOMP_RET_KILL_PROCESS;
}

/* A system call, with a likely first argument. */
struct call {
	int number;
	uint64_t first;
};

/* What core and shim may call between a filter and the end, for every event. */
static const struct call calls[] = {
	{ SYS_getpid, 0 },
	{ SYS_gettid, 0 },
	{ SYS_getuid, 0 },
	{ SYS_openat, (uint64_t)-100 /* AT_FDCWD */ },
	{ SYS_close, 3 },
	{ SYS_read, 3 },
	{ SYS_pread64, 3 },
	{ SYS_write, 700 },
	{ SYS_pwritev2, 700 },
	{ SYS_sendto, 2 },
	{ SYS_fstat, 700 },
	{ SYS_newfstatat, (uint64_t)-100 },
	{ SYS_geteuid, 0 },
	{ SYS_ioctl, 2 },
	{ SYS_fcntl, 3 },
	{ SYS_dup3, 3 },
	{ SYS_readlinkat, (uint64_t)-100 },
	{ SYS_mmap, 0 },
	{ SYS_munmap, 0 },
	{ SYS_mprotect, 0 },
	{ SYS_rt_sigaction, 11 },
	{ SYS_rt_sigprocmask, 0 },
	{ SYS_rt_sigpending, 0 },
	{ SYS_rt_sigtimedwait, 0 },
	{ SYS_rt_sigreturn, 0 },
	{ SYS_sigaltstack, 0 },
	{ SYS_rt_tgsigqueueinfo, 0 },
	{ SYS_tgkill, 0 },
	{ SYS_kill, 0 },
	{ SYS_clone, 0x01800100 },
	{ SYS_futex, 0 },
	{ SYS_wait4, 0 },
	{ SYS_nanosleep, 0 },
	{ SYS_clock_gettime, 0 },
	{ SYS_getrusage, 0 },
	{ SYS_prctl, PR_SET_NAME },
	{ SYS_ppoll, 0 },
	{ SYS_exit, 0 },
	{ SYS_exit_group, 0 },
};

/* And what more they may call: see sandbox_lets_more_pass(). */
static const struct call more_calls[] = {
	{ SYS_memfd_create, 0 },
	{ SYS_getcwd, 0 },
	{ SYS_ftruncate, 3 },
	{ SYS_linkat, (uint64_t)-100 },
	{ SYS_unlinkat, (uint64_t)-100 },
	{ SYS_renameat2, (uint64_t)-100 },
	{ SYS_prctl, PR_SET_NO_NEW_PRIVS },
	{ SYS_prctl, PR_SET_SECCOMP },
	{ SYS_brk, 0 },
	{ SYS_mremap, 0 },
	{ SYS_madvise, 0 },
	{ SYS_sched_yield, 0 },
	{ SYS_getpgid, 0 },
	{ SYS_mknodat, 700 },
	{ SYS_utimensat, 700 },
	{ SYS_flock, 700 },
};

/* And to look at other threads. */
static const struct call ptrace_calls[] = {
	{ SYS_ptrace, PTRACE_SEIZE },
	{ SYS_ptrace, PTRACE_INTERRUPT },
	{ SYS_ptrace, PTRACE_GETREGSET },
	{ SYS_ptrace, PTRACE_DETACH },
	{ SYS_getdents64, 3 },
	{ SYS_prctl, PR_SET_PDEATHSIG },
	{ SYS_prctl, PR_SET_PTRACER },
	{ SYS_sched_yield, 0 },
};

/* A filter that came to stand lets not all of them pass; none is ever taken away. */
static atomic_bool more_is_forbidden, ptrace_is_forbidden;

bool sandbox_lets_more_pass(void)
{
	return !atomic_load(&more_is_forbidden);
}

bool sandbox_lets_ptrace_pass(void)
{
	return !atomic_load(&ptrace_is_forbidden);
}

static bool passes(uint32_t answer)
{
	uint32_t action = answer & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

static bool lets_pass(const struct sock_fprog *program, const struct call *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct seccomp_data data = {
			.nr = list[i].number,
			.arch = ARCHITECTURE,
			.args = { list[i].first },
		};

		if (!passes(sandbox_ask(program, &data)))
			return false;
	}
	return true;
}

bool sandbox_lets_us_pass(const struct sock_fprog *program)
{
	return lets_pass(program, calls, sizeof calls / sizeof *calls);
}

static void forbid_more(void)
{
	atomic_store(&more_is_forbidden, true);
	patience_without_marks();
}

/* PROGRAM is about to stand; NULL: strict mode, which allows read, write and exit. */
static void before_filter(const struct sock_fprog *program)
{
	if (!life_is_ours())
		return;
	pending_flush_last();
	if (program == NULL || !sandbox_lets_us_pass(program)) {
		signals_end();
		life_stop();
		return;
	}
	if (!lets_pass(program, more_calls, sizeof more_calls / sizeof *more_calls))
		forbid_more();
	if (!lets_pass(program, ptrace_calls, sizeof ptrace_calls / sizeof *ptrace_calls))
		atomic_store(&ptrace_is_forbidden, true);
}

/* prctl() has at most four arguments more; what the caller did not give is read, and not used. */
#define MORE_MAX 4

VIGIL_EXPORT int prctl(int option, ...)
{
	unsigned long more[MORE_MAX];
	va_list list;

	va_start(list, option);
	for (int i = 0; i < MORE_MAX; i++)
		more[i] = va_arg(list, unsigned long);
	va_end(list);
	if (option == PR_SET_SECCOMP)
		before_filter(more[0] == SECCOMP_MODE_FILTER ? (const void *)more[1] : NULL);
	return real()->prctl(option, more[0], more[1], more[2], more[3]);
}

/*
 * syscall(), with the arguments that libc's own takes, where its header says "...". So the last
 * line is a jump that leaves them where they are, and no frame of ours lies on the stack: the call
 * may be a clone whose child returns on another one.
 */
VIGIL_EXPORT long call_system(long number, long a, long b, long c, long d, long e, long f)
	__asm__("syscall");

long call_system(long number, long a, long b, long c, long d, long e, long f)
{
	typedef long system_call(long, long, long, long, long, long, long);

	if (number == SYS_seccomp && a == SECCOMP_SET_MODE_FILTER)
		before_filter((const void *)c);
	else if (number == SYS_seccomp && a == SECCOMP_SET_MODE_STRICT)
		before_filter(NULL);
	else if (number == SYS_rt_sigaction)
		return disposition_call(a, b, c, d);
	else if (sent_by_call(number, a, b, c))
		return sent_call(number, a, b, c, d, e, f);
	else
		blocking_before_call(number, b);
	return ((system_call *)real()->syscall)(number, a, b, c, d, e, f);
}
