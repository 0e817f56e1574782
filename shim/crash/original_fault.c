/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/crash/original_fault.h"

#include "core/base/deadline.h"
#include "core/base/memory.h"
#include "core/base/sys.h"
#include "core/trace/unwind.h"
#include "shim/base/kernel_action.h"
#include "shim/base/process_state.h"
#include "shim/crash/tasks.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

/* How many frames of a stack are unwound. */
#define DEPTH_MAX 256

/* How long the search waits for threads that run, in milliseconds; and for one that blocks a
 * fault's signal, so is probably in the handler, and may be waiting for a processor. */
#define RUNNING_MS 20
#define HANDLING_MS 200

/* The kernel's frame above a handler: arch/x86/include/asm/sigframe.h, arch/arm64/kernel/signal.c.
 */
struct signal_frame {
#if defined(__x86_64__)
	char context[offsetof(ucontext_t, uc_sigmask) + sizeof(uint64_t)];
	siginfo_t info;
#else
	siginfo_t info;
	char context[offsetof(ucontext_t, uc_mcontext) + offsetof(mcontext_t, __reserved)];
#endif
};

static struct {
	_Atomic pid_t process;
	atomic_bool expected;
} host;

/* The search in other threads. */
static struct {
	struct original_fault_search search; /* in the thread that is looked at */
	pid_t self;
	bool found, runs, handles, refused;
	struct original_fault original_fault;
} others;

static bool is_fault(int number)
{
	return number > 0 && number < 32 && (SIGNALS_EXCEPTION & SIGNAL_BIT(number)) != 0;
}

#if defined(__x86_64__)
/* Intel's manual, volume 3, table 6-1 (0, division, is also the value before any fault);
 * PAGE_WAS_THERE is bit 0 of a page fault's error code. */
enum {
	TRAP_DIVISION = 0,
	TRAP_OPCODE = 6,
	TRAP_PROTECTION = 13,
	TRAP_PAGE = 14,
	TRAP_X87 = 16,
	TRAP_ALIGNMENT = 17,
	TRAP_SIMD = 19
};
#define PAGE_WAS_THERE 1

static const struct {
	int trap, signal, code;
	bool has_address;
} traps[] = {
	{TRAP_OPCODE, SIGILL, ILL_ILLOPN, false},
	{TRAP_PROTECTION, SIGSEGV, SI_KERNEL, false},
	{TRAP_PAGE, SIGSEGV, SEGV_MAPERR, true},
	{TRAP_PAGE, SIGBUS, BUS_ADRERR, true},
	{TRAP_ALIGNMENT, SIGBUS, BUS_ADRALN, false},
};

/* Whether the instruction before PC is `syscall`: the program sent the signal. */
static bool is_after_system_call(uintptr_t pc)
{
	struct memory_reader reader = {0};
	uint8_t before[2];

	return memory_read_exact(&reader, pc - 2, before, sizeof before) && before[0] == 0x0f &&
	       before[1] == 0x05;
}

/* Whether the instruction at PC is `div` or `idiv`: opcodes F6 and F7, /6 and /7. */
static bool is_division(uintptr_t pc)
{
	struct memory_reader reader = {0};
	uint8_t code[4] = {0};
	size_t at = 0, count = memory_read(&reader, pc, code, sizeof code);

	while (at + 1 < count && (code[at] == 0x66 || (code[at] & 0xf0) == 0x40))
		at++; /* the size of an operand, REX */
	return at + 1 < count && (code[at] & 0xfe) == 0xf6 && (code[at + 1] & 0x30) == 0x30;
}

/* The si_code of SIGFPE for the floating-point exceptions in FLAGS, as the kernel chooses it
 * (arch/x86/kernel/fpu/core.c); 0: there is none. */
static int code_of_exceptions(unsigned flags)
{
	static const struct {
		unsigned flag;
		int code;
	} codes[] = {{0x01, FPE_FLTINV}, {0x04, FPE_FLTDIV}, {0x08, FPE_FLTOVF}, {0x12, FPE_FLTUND},
		{0x20, FPE_FLTRES}};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (flags & codes[i].flag)
			return codes[i].code;
	return 0;
}

/* The si_code of SIGFPE for the exceptions that are pending and not masked in the state that
 * CONTEXT points to; 0: there is none. */
static int code_of_float(const ucontext_t *context, bool simd)
{
	struct memory_reader reader = {0};
	struct _libc_fpstate state;

	if (!memory_read_exact(&reader, (uintptr_t)context->uc_mcontext.fpregs, &state,
		    offsetof(struct _libc_fpstate, mxcsr) + sizeof state.mxcsr))
		return 0;
	return code_of_exceptions(
		simd ? state.mxcsr & ~(state.mxcsr >> 7) : state.swd & ~(unsigned)state.cwd);
}

/* As fault_of_context(), of SIGFPE: its siginfo has the instruction's address. */
static bool arithmetic_of_context(const ucontext_t *context, struct fault *ret_fault)
{
	const greg_t *registers = context->uc_mcontext.gregs;
	int code = 0;

	if (registers[REG_TRAPNO] == TRAP_DIVISION && is_division((uintptr_t)registers[REG_RIP]))
		code = FPE_INTDIV;
	else if (registers[REG_TRAPNO] == TRAP_SIMD || registers[REG_TRAPNO] == TRAP_X87)
		code = code_of_float(context, registers[REG_TRAPNO] == TRAP_SIMD);
	if (code != 0)
		*ret_fault = (struct fault){code, true, (uint64_t)registers[REG_RIP]};
	return code != 0;
}

/*
 * Read from CONTEXT, a ucontext_t, the fault that leads to signal NUMBER. If a handler raises the
 * signal again, the second signal is delivered when the handler returns, so it interrupts the
 * faulting instruction itself, and its context has the processor's registers about the last fault
 * (x86-64: trapno, err, cr2). Returns false if there is no such fault: the program called raise()
 * or kill(), and the interrupted instruction is that system call. On other machines always false.
 */
static bool fault_of_context(int number, const void *context, struct fault *ret_fault)
{
	const greg_t *registers = ((const ucontext_t *)context)->uc_mcontext.gregs;

	if (is_after_system_call((uintptr_t)registers[REG_RIP]))
		return false;
	if (number == SIGFPE)
		return arithmetic_of_context(context, ret_fault);
	for (size_t i = 0; i < sizeof traps / sizeof *traps; i++) {
		if (traps[i].trap != registers[REG_TRAPNO] || traps[i].signal != number)
			continue;
		*ret_fault = (struct fault){
			.code = traps[i].code,
			.has_address = traps[i].has_address,
			.address = (uint64_t)registers[REG_CR2],
		};
		if (number == SIGSEGV && traps[i].has_address &&
			(registers[REG_ERR] & PAGE_WAS_THERE))
			ret_fault->code = SEGV_ACCERR;
		return true;
	}
	return false;
}

/* Whether CONTEXT was interrupted in the system call by which raise() sent NUMBER to the thread:
 * tgkill(pid, tid, NUMBER), whose arguments are still in the registers. */
static bool raised_itself(int number, const void *context)
{
	const greg_t *registers = ((const ucontext_t *)context)->uc_mcontext.gregs;

	return is_after_system_call((uintptr_t)registers[REG_RIP]) &&
	       registers[REG_RDI] == atomic_load(&process_words.owner) &&
	       registers[REG_RDX] == number && registers[REG_RAX] == 0;
}

#else

static bool fault_of_context(int number, const void *context, struct fault *ret_fault)
{
	(void)number;
	(void)context;
	(void)ret_fault;
	return false;
}

static bool raised_itself(int number, const void *context)
{
	(void)number;
	(void)context;
	return false;
}

#endif

void original_fault_begin(void)
{
	atomic_store(&host.process, atomic_load(&process_words.owner));
}

void original_fault_expect(int number)
{
	if (is_fault(number) || number == SIGABRT)
		atomic_store(&host.expected, true);
}

/* Whether this is a forked child. It may run in its parent's handler, for example to write a
 * report, but its own death is not due to the parent's fault unless it dies of the fault's
 * signal. */
static bool is_forked(void)
{
	return atomic_load(&process_words.owner) != atomic_load(&host.process);
}

bool original_fault_is_possible(int number)
{
	return atomic_load(&host.expected) && (!is_forked() || is_fault(number));
}

static const ucontext_t *context_of(const struct signal_frame *frame)
{
	return (const ucontext_t *)(const void *)frame->context;
}

/* The word at OFFSET of the ucontext_t. FRAME has only the beginning of that structure. */
static uint64_t word_at(const struct signal_frame *frame, size_t offset)
{
	uint64_t word;

	memcpy(&word, frame->context + offset, sizeof word);
	return word;
}

static uint64_t mask_of(const struct signal_frame *frame)
{
	return word_at(frame, offsetof(ucontext_t, uc_sigmask));
}

#if defined(__x86_64__)
#define MACHINE_WORD(frame, name) \
	word_at(frame, offsetof(ucontext_t, uc_mcontext.gregs) + (name) * sizeof(greg_t))
#else
#define MACHINE_WORD(frame, name) word_at(frame, offsetof(ucontext_t, uc_mcontext.name))
#endif

/* Whether the registers about the last fault agree with the siginfo of FRAME. Those of another
 * signal's frame do not. */
static bool agrees(const struct signal_frame *frame)
{
	uint64_t address = (uint64_t)(uintptr_t)frame->info.si_addr;

	if (frame->info.si_code == SI_KERNEL)
		return true;
#if defined(__x86_64__)
	return address == MACHINE_WORD(frame, REG_RIP) ||
	       (address == MACHINE_WORD(frame, REG_CR2) &&
		       MACHINE_WORD(frame, REG_TRAPNO) == 14 /* a page fault */);
#else
	return address == MACHINE_WORD(frame, pc) || address == MACHINE_WORD(frame, fault_address);
#endif
}

/*
 * Whether TAKEN may be the set of signals that the kernel blocked for a handler of NUMBER. With
 * SA_NODEFER the set lacks NUMBER; a set of one signal is that handler's own signal.
 */
static bool may_be_taken(uint64_t taken, int number)
{
	return (taken & (taken - 1)) != 0 || taken == 0 || taken == SIGNAL_BIT(number);
}

/* Recognise the frame of a handler with SA_SIGINFO by its siginfo. For other handlers the kernel
 * writes none, and FRAME has older bytes of the stack there, which the checks reject. */
static bool found_by_info(
	const struct signal_frame *frame, uint64_t taken, struct original_fault *original_fault)
{
	const siginfo_t *info = &frame->info;
	int number = info->si_signo;

	if (number <= 0 || number >= 32 || !may_be_taken(taken, number))
		return false;
	original_fault->number = number;
	original_fault->is_fault = is_fault(number);
	if (!original_fault->is_fault) {
		original_fault->fault = (struct fault){.code = SI_TKILL};
		return number == SIGABRT && info->si_code == SI_TKILL &&
		       info->si_pid == atomic_load(&process_words.owner);
	}
	original_fault->fault = (struct fault){
		.code = info->si_code,
		.has_address = info->si_code != SI_KERNEL,
		.address = info->si_code == SI_KERNEL ? 0 : (uint64_t)(uintptr_t)info->si_addr,
	};
	return info->si_code > 0 && agrees(frame);
}

/* Recognise the frame of a handler without SA_SIGINFO, if the kernel blocked no other signal than
 * the handler's for it. */
static bool found_by_mask(
	const struct signal_frame *frame, uint64_t taken, struct original_fault *original_fault)
{
	int number = taken == 0 ? 0 : __builtin_ctzll(taken) + 1;

	if (number == 0 || taken != SIGNAL_BIT(number))
		return false;
	original_fault->number = number;
	original_fault->is_fault = is_fault(number);
	if (number == SIGABRT && raised_itself(number, context_of(frame)))
		original_fault->fault = (struct fault){.code = SI_TKILL};
	return number == SIGABRT ||
	       (original_fault->is_fault &&
		       fault_of_context(number, context_of(frame), &original_fault->fault));
}

void original_fault_search_from(struct original_fault_search *search, const void *context)
{
	registers_from_context(&search->registers, context);
	memcpy(&search->blocked, &((const ucontext_t *)context)->uc_sigmask,
		sizeof search->blocked);
}

bool original_fault_is_context(const struct original_fault_search *search, const void *context,
	struct original_fault *ret_fault)
{
	struct original_fault original_fault = {
		.tid = search->tid,
		.number = search->number,
		.is_fault = true,
		.context = context,
	};

	if (!fault_of_context(search->number, context, &original_fault.fault))
		return false;
	*ret_fault = original_fault;
	return true;
}

/* Recognise the frame of a handler with SA_NODEFER and without SA_SIGINFO, for which the kernel
 * blocked nothing: if its thread's last fault leads to NUMBER, the signal that kills the process,
 * it is taken for that fault's handler (Python's faulthandler). */
static bool found_by_death(int number, const struct signal_frame *frame, uint64_t taken,
	struct original_fault *original_fault)
{
	original_fault->number = number;
	original_fault->is_fault = is_fault(number);
	return taken == 0 && original_fault->is_fault &&
	       fault_of_context(number, context_of(frame), &original_fault->fault);
}

/*
 * Whether the kernel's frame at AT belongs to a handler of a fault or of an abort(), in a process
 * that NUMBER kills. *BLOCKED is the mask in the handler, and becomes the mask before the signal.
 */
static bool look_at(struct unwind *unwind, uint64_t at, int number, uint64_t *blocked,
	struct original_fault *ret_fault)
{
	_Alignas(ucontext_t) struct signal_frame frame;
	struct original_fault original_fault = {.tid = ret_fault->tid};
	uint64_t taken;

	if (!memory_read_exact(&unwind->stack, at, &frame, sizeof frame))
		return false;
	taken = *blocked & ~mask_of(&frame);
	*blocked = mask_of(&frame);
	if (!found_by_info(&frame, taken, &original_fault) &&
		!found_by_mask(&frame, taken, &original_fault) &&
		!found_by_death(number, &frame, taken, &original_fault))
		return false;
	original_fault.context =
		(const void *)(uintptr_t)(at + offsetof(struct signal_frame, context));
	*ret_fault = original_fault;
	return true;
}

/* Whether ORIGINAL_FAULT, which lies further out than INNER, replaces it. An abort() does not
 * replace a fault. */
static bool is_outer(
	const struct original_fault *original_fault, const struct original_fault *inner)
{
	return inner->context == NULL || original_fault->is_fault || !inner->is_fault;
}

bool original_fault_find(
	const struct original_fault_search *search, struct original_fault *ret_fault)
{
	struct original_fault original_fault = {.tid = search->tid}, found = original_fault;
	uint64_t blocked = search->blocked;
	const char *stop = NULL;
	struct unwind unwind;

	unwind_init(&unwind, &search->registers, search->modules);
	for (unsigned depth = 0; depth < DEPTH_MAX && stop == NULL; depth++) {
		uint64_t at = unwind.registers.value[REGISTER_SP];

		stop = unwind_step(&unwind);
		if (stop == NULL && unwind.signal_frame &&
			look_at(&unwind, at, search->number, &blocked, &original_fault) &&
			is_outer(&original_fault, &found))
			found = original_fault;
	}
	if (found.context == NULL || (is_forked() && found.number != search->number))
		return false;
	*ret_fault = found;
	return true;
}

/* A fault whose signal kills the process is preferred. */
static bool is_better(const struct original_fault *original_fault)
{
	return !others.found || (others.original_fault.number != others.search.number &&
					original_fault->number == others.search.number);
}

static void look_at_thread(pid_t tid)
{
	struct trace_registers *registers = &others.search.registers;
	enum task_state state;
	struct original_fault original_fault;
	uint64_t sp, pc;

	if (tid == others.self)
		return;
	others.search.blocked = task_blocked(tid);
	state = task_where(tid, &sp, &pc);
	others.runs |= state == TASK_RUNS;
	others.refused |= state == TASK_REFUSED;
	others.handles |= state == TASK_RUNS && (others.search.blocked & SIGNALS_EXCEPTION) != 0;
	if (state != TASK_WAITS)
		return;
	others.search.tid = tid;
	*registers = (struct trace_registers){0};
	register_set(registers, REGISTER_PC, pc);
	register_set(registers, REGISTER_SP, sp);
	if (original_fault_find(&others.search, &original_fault) && is_better(&original_fault)) {
		others.original_fault = original_fault;
		others.found = true;
	}
}

bool original_fault_find_in_others(
	const struct original_fault_search *search, struct original_fault *ret_fault)
{
	struct deadline running = deadline_in(RUNNING_MS), handling = deadline_in(HANDLING_MS);
	bool again = false;

	others.search = *search;
	others.self = search->tid;
	others.found = others.refused = false;
	do {
		others.runs = others.handles = false;
		if (again)
			sys_pause(100);
		if (!tasks_each(look_at_thread))
			return false;
		again = true;
	} while (!others.found && others.runs && search->is_own &&
		 !deadline_is_over(others.handles ? &handling : &running));
	if (others.found)
		*ret_fault = others.original_fault;
	return others.found;
}

bool original_fault_was_refused(void)
{
	return others.refused;
}
