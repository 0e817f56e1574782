/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/unwind.h"

#include "core/trace/cfi.h"
#include "core/trace/unwind_code.h"
#include "core/trace/unwind_frame_size.h"

#include <signal.h>
#include <string.h>
#include <ucontext.h>

#define FRAME_SIZE_MAX \
	((uint64_t)1 << 20) /* the largest frame that is accepted by its frame pointer alone */

#define SEARCH_MAX \
	((uint64_t)1 << 10) /* the bytes of the stack that are searched for a return address */

static const char end_of_stack[] = UNWIND_END_OF_STACK;
static const char no_information[] = "no unwind information";
static const char unknown[] = UNWIND_UNKNOWN;
static const char unreadable[] = "stack is not readable";
static const char damaged[] = "unwind information is damaged";
static const char not_growing[] = "stack does not grow";
static const char misaligned[] = "stack is misaligned";

void unwind_init(
	struct unwind *unwind, const struct trace_registers *registers, struct modules *modules)
{
	memset(unwind, 0, sizeof *unwind);
	unwind->registers = *registers;
	unwind->exact = !registers->trapped;
	unwind->first = true;
	unwind->kind = FRAME_CFI;
	unwind->modules = modules;
	unwind->code.source = unwind->stack.source = modules->reader.source;
}

static bool stack_word(struct unwind *unwind, uint64_t address, uint64_t *ret_word)
{
	return memory_read_exact(&unwind->stack, address, ret_word, sizeof *ret_word);
}

static bool in_module(struct unwind *unwind, uint64_t pc)
{
	return modules_find(unwind->modules, pc) != NULL;
}

static bool is_code(struct unwind *unwind, uint64_t pc)
{
	const struct module *module = modules_find(unwind->modules, pc);

	return module != NULL && modules_is_code(unwind->modules, module, pc);
}

static bool has_tables(struct unwind *unwind, uint64_t pc, struct cfi_function *ret_function)
{
	const struct module *module = modules_find(unwind->modules, pc);

	return module != NULL && module->cfi_header != 0 &&
	       cfi_find(&unwind->code, module->cfi_header, pc, ret_function);
}

/* The instructions of a return from a signal handler, which are part of the kernel's interface. */
#if defined(__x86_64__)
static const uint8_t sigreturn_code[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
#define SIGNAL_CONTEXT_AT 0 /* offset from the stack pointer once the handler has returned */
#define SIGNAL_HAS_CFI true
#define FRAME_POINTER_ENDS_FRAME \
	true /* the frame pointer points to the last but one word of the frame */
#else
static const uint8_t sigreturn_code[] = {0x68, 0x11, 0x80, 0xd2, 0x01, 0, 0, 0xd4};
#define SIGNAL_CONTEXT_AT sizeof(siginfo_t)
#define SIGNAL_HAS_CFI \
	false /* old kernels have CFI that gives the link register instead of the pc */
#define FRAME_POINTER_ENDS_FRAME false
#endif

/* Whether the current frame is the return from a signal handler, for which C libraries other than
 * glibc have no CFI. */
static bool returns_from_signal(struct unwind *unwind)
{
	uint8_t code[sizeof sigreturn_code];

	return !unwind->exact && !unwind->first &&
	       memory_read_exact(&unwind->code, unwind_pc(unwind), code, sizeof code) &&
	       memcmp(code, sigreturn_code, sizeof code) == 0;
}

static const char *step_by_signal_context(struct unwind *unwind)
{
	ucontext_t context;
	uint64_t at = unwind->registers.value[REGISTER_SP] + SIGNAL_CONTEXT_AT;
	/* the kernel's is shorter than the C library's: what follows the registers need not be
	 * there */
	size_t size = offsetof(ucontext_t, uc_mcontext) + sizeof context.uc_mcontext;

	if (size > sizeof context)
		size = sizeof context;
#if defined(__aarch64__)
	size = offsetof(ucontext_t, uc_mcontext) + offsetof(mcontext_t, pstate);
#endif
	unwind->signal_frame = true;
	if (!memory_read_exact(&unwind->stack, at, &context, size))
		return unreadable;
	registers_from_context(&unwind->registers, &context);
	unwind->kind = FRAME_CFI;
	unwind->exact = !unwind->registers.trapped;
	unwind->floor = 0; /* the handler may have had a stack of its own */
	return NULL;
}

/* Accepts REGISTERS as those of the caller, whose frame begins at FRAME. Returns NULL, or why
 * REGISTERS are refused. */
static const char *accept(struct unwind *unwind, const struct trace_registers *registers,
	uint64_t frame, enum frame_kind kind)
{
	uint64_t pc = registers->value[REGISTER_PC], sp = registers->value[REGISTER_SP];

	if (pc == 0)
		return end_of_stack;
	if (sp % sizeof(uint64_t) != 0)
		return misaligned;
	/* a leaf on aarch64 may have no frame at all */
	if (frame < unwind->floor || (frame == unwind->floor && !unwind->first))
		return not_growing;
	unwind->registers = *registers;
	unwind->floor = frame;
	unwind->kind = kind;
	unwind->exact = false;
	return NULL;
}

static const char *result_text(enum cfi_result result)
{
	switch (result) {
	case CFI_OUTERMOST: return end_of_stack;
	case CFI_UNKNOWN: return unknown;
	case CFI_UNREADABLE: return unreadable;
	default: return damaged;
	}
}

/* Finds the frame pointer of the current frame, where only the stack pointer is known. */
static bool find_frame_pointer(struct unwind *unwind, const struct cfi_function *function)
{
	struct trace_registers *registers = &unwind->registers;
	uint64_t pc = unwind_lookup_pc(unwind), fp;
	struct cfi_row row;

	if (register_known(registers, REGISTER_FP) || !register_known(registers, REGISTER_SP) ||
		!cfi_rules(&unwind->code, function, pc, &row) ||
		!frame_size_find_fp(&unwind->code, &unwind->stack, function, &row, pc,
			registers->value[REGISTER_SP], &fp))
		return false;
	register_set(registers, REGISTER_FP, fp);
	return true;
}

static enum cfi_result apply_cfi(struct unwind *unwind, const struct cfi_function *function,
	struct trace_registers *registers, uint64_t *ret_frame)
{
	*registers = unwind->registers;
	return cfi_step(&unwind->code, &unwind->stack, function, unwind_lookup_pc(unwind),
		registers, ret_frame);
}

static const char *step_by_cfi(struct unwind *unwind, const struct cfi_function *function)
{
	struct trace_registers registers;
	uint64_t frame = 0;
	enum cfi_result result = apply_cfi(unwind, function, &registers, &frame);

	if (result == CFI_UNKNOWN && find_frame_pointer(unwind, function))
		result = apply_cfi(unwind, function, &registers, &frame);
	unwind->signal_frame = function->signal_frame;
	if (result != CFI_STEPPED)
		return result_text(result);
	if (!function->signal_frame)
		return accept(unwind, &registers, frame, FRAME_CFI);
	unwind->registers = registers;
	unwind->kind = FRAME_CFI;
	unwind->exact = true;
	unwind->floor = 0; /* the handler may have had a stack of its own */
	return NULL;
}

/* Steps by the frame pointer, which points to the caller's frame pointer, followed by the return
 * address. */
static const char *step_by_frame_pointer(struct unwind *unwind)
{
	struct trace_registers registers = unwind->registers;
	uint64_t fp = registers.value[REGISTER_FP], sp = registers.value[REGISTER_SP];
	uint64_t next, pc;
	uint8_t byte;

	if (!register_known(&registers, REGISTER_FP) || fp % sizeof fp != 0 || fp < sp ||
		fp - sp > FRAME_SIZE_MAX || !stack_word(unwind, fp, &next) ||
		!stack_word(unwind, fp + sizeof fp, &pc))
		return no_information;
	if (pc == 0)
		return end_of_stack;
	pc = address_strip(pc);
	/* a little above is data of the stack: it was a pointer to argv or such, not to a frame */
	if (pc > fp && pc - fp < FRAME_SIZE_MAX && !is_code(unwind, pc - 1))
		return no_information;
	if (!memory_read_exact(&unwind->code, pc - 1, &byte, 1))
		return no_information;
	registers.known = 0; /* the function may have changed any other register */
	register_set(&registers, REGISTER_FP, next);
	register_set(&registers, REGISTER_PC, pc);
	register_set(&registers, REGISTER_SP, fp + 2 * sizeof fp);
	if (!FRAME_POINTER_ENDS_FRAME)
		register_forget(&registers, REGISTER_SP);
	return accept(unwind, &registers, fp + 2 * sizeof fp, FRAME_FP);
}

/* Whether the current frame is the innermost one, or one that a signal handler interrupted. */
static bool is_interrupted(const struct unwind *unwind)
{
	return unwind->first || unwind->exact;
}

#if defined(__x86_64__)
/* Steps to the return address at SLOT, if a call has pushed it. */
static const char *step_by_slot(struct unwind *unwind, uint64_t slot)
{
	struct trace_registers registers = unwind->registers;
	uint64_t pc;

	if (slot % sizeof slot != 0 || !stack_word(unwind, slot, &pc))
		return unreadable;
	if (!in_module(unwind, pc - 1) || !code_follows_call(&unwind->code, pc))
		return no_information;
	register_set(&registers, REGISTER_PC, pc);
	register_set(&registers, REGISTER_SP, slot + sizeof slot);
	return accept(unwind, &registers, slot + sizeof slot, FRAME_FIXUP);
}

/* Steps to the return address at the stack pointer: a call has pushed it, and nothing was pushed
 * since. */
static const char *step_by_call(struct unwind *unwind)
{
	return step_by_slot(unwind, unwind->registers.value[REGISTER_SP]);
}

/* Steps from the first or the last instructions of a function. */
static const char *step_by_edge(struct unwind *unwind)
{
	uint64_t distance;

	if (!code_is_at_edge(&unwind->code, unwind_pc(unwind), &distance))
		return no_information;
	return step_by_slot(unwind, unwind->registers.value[REGISTER_SP] + distance);
}

/* Steps from code that has pushed the frame pointer without setting up a frame. */
static const char *step_by_push(struct unwind *unwind)
{
	if (!code_follows_push(&unwind->code, unwind_pc(unwind)))
		return no_information;
	return step_by_slot(unwind, unwind->registers.value[REGISTER_SP] + sizeof(uint64_t));
}

/* Finds the slot of the nearest return address of a direct call to the current function; 0: none.
 * The return address of any call, also through a pointer, is accepted at the top of an interrupted
 * frame's stack. */
static uint64_t search(struct unwind *unwind)
{
	uint64_t sp = unwind->registers.value[REGISTER_SP], back;

	if (sp % sizeof sp != 0)
		return 0;
	if (is_interrupted(unwind) && stack_word(unwind, sp, &back) &&
		in_module(unwind, back - 1) && code_follows_call(&unwind->code, back))
		return sp;
	for (uint64_t slot = sp; slot < sp + SEARCH_MAX; slot += sizeof slot) {
		if (!stack_word(unwind, slot, &back))
			return 0;
		if (code_called_from(&unwind->code, unwind_lookup_pc(unwind), back))
			return slot;
	}
	return 0;
}

/* Steps from a function that does not use the frame pointer, which then still points to a frame
 * further up. */
static const char *step_by_search(struct unwind *unwind)
{
	const struct trace_registers *registers = &unwind->registers;
	uint64_t fp = registers->value[REGISTER_FP], sp = registers->value[REGISTER_SP];
	uint64_t slot = search(unwind);

	if (slot == 0 || (register_known(registers, REGISTER_FP) && fp >= sp && fp < slot))
		return no_information;
	return step_by_slot(unwind, slot);
}
#else
/* Whether the link register has the current function's return address: it leads to code with
 * tables, and is not the saved one of the frame record, so that no call of the function itself left
 * it there. */
static bool just_called(struct unwind *unwind)
{
	const struct trace_registers *registers = &unwind->registers;
	uint64_t back = address_strip(registers->value[REGISTER_LR]), saved;
	struct cfi_function function;

	if (!register_known(registers, REGISTER_LR) || !has_tables(unwind, back - 1, &function))
		return false;
	return !stack_word(unwind, registers->value[REGISTER_FP] + sizeof saved, &saved) ||
	       address_strip(saved) != back;
}

/* Steps to the return address in the link register, if no later call has replaced it. Code may have
 * moved the stack pointer before it faulted. */
static const char *step_by_call(struct unwind *unwind)
{
	struct trace_registers registers = unwind->registers;
	uint64_t pc = address_strip(registers.value[REGISTER_LR]);

	if (!register_known(&registers, REGISTER_LR) || !in_module(unwind, pc - 1))
		return no_information;
	register_set(&registers, REGISTER_PC, pc);
	if (is_code(unwind, unwind_pc(unwind)))
		register_forget(&registers, REGISTER_SP);
	return accept(unwind, &registers, registers.value[REGISTER_SP], FRAME_FIXUP);
}

/* Steps from a function that has nothing on the stack yet. */
static const char *step_by_edge(struct unwind *unwind)
{
	return just_called(unwind) ? step_by_call(unwind) : no_information;
}

#endif

static const char *step_without_cfi(struct unwind *unwind)
{
	/* the most reliable way first */
	static const struct {
		const char *(*step)(struct unwind *unwind);
		bool interrupted_only, code_only;
	} ways[] = {
		{step_by_edge, true, true},
#if defined(__x86_64__)
		{step_by_push, true, true},
		{step_by_search, false, true},
#endif
		{step_by_frame_pointer, false, false},
		{step_by_call, true, false},
	};
	const char *stop = no_information;
	bool code = is_code(unwind, unwind_lookup_pc(unwind));

	if (returns_from_signal(unwind))
		return step_by_signal_context(unwind);
	/* what the ways below take for a frame is not enough without a frame pointer */
	if (unwind->stack.source != NULL && !register_known(&unwind->registers, REGISTER_FP))
		return unknown;
	/* a jump to an address without code */
	if (is_interrupted(unwind) && !code)
		stop = step_by_call(unwind);
	for (unsigned i = 0; i < sizeof ways / sizeof *ways && stop == no_information; i++)
		if ((is_interrupted(unwind) || !ways[i].interrupted_only) &&
			(code || !ways[i].code_only))
			stop = ways[i].step(unwind);
	return stop;
}

const char *unwind_step(struct unwind *unwind)
{
	struct cfi_function function;
	const char *stop;

	unwind->signal_frame = false;
	if (!SIGNAL_HAS_CFI && returns_from_signal(unwind))
		stop = step_by_signal_context(unwind);
	else if (has_tables(unwind, unwind_lookup_pc(unwind), &function))
		stop = step_by_cfi(unwind, &function);
	else
		stop = step_without_cfi(unwind);
	if (stop == NULL)
		unwind->first = false;
	return stop;
}
