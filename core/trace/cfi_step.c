/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applies the rules of a row: computes the caller's registers from a function's.
 */
#include "core/trace/cfi.h"

/* The state of one step. */
struct step {
	struct memory_reader *code, *stack;
	const struct trace_registers *before;
	struct trace_registers after;
	uint64_t cfa;
};

#if defined(__aarch64__)
/*
 * Finds the CFA if the stack pointer is a guess. The frame pointer points to the saved frame
 * pointer of the caller, which the return address follows ("Procedure Call Standard for the Arm
 * 64-bit Architecture", 6.4.6); the rules contain the distance of these from the CFA.
 */
static bool cfa_by_frame_record(struct step *step, const struct cfi_row *row)
{
	const struct cfi_rule *fp = &row->registers[REGISTER_FP];
	const struct cfi_rule *lr = &row->registers[REGISTER_LR];

	if (register_known(step->before, REGISTER_SP) || row->cfa.value != REGISTER_SP ||
		!register_known(step->before, REGISTER_FP) || fp->kind != RULE_OFFSET ||
		lr->kind != RULE_OFFSET || lr->value != fp->value + sizeof(uint64_t))
		return false;
	step->cfa = step->before->value[REGISTER_FP] - fp->value;
	return true;
}
#endif

static enum cfi_result cfa_find(struct step *step, const struct cfi_row *row)
{
	if (row->cfa.kind == RULE_VALUE_EXPRESSION)
		return cfi_expression(
			step->code, step->stack, row->cfa.value, step->before, NULL, &step->cfa);
	if (row->cfa.kind != RULE_REGISTER)
		return CFI_DAMAGED;
#if defined(__aarch64__)
	if (cfa_by_frame_record(step, row))
		return CFI_STEPPED;
#endif
	if (!register_known(step->before, row->cfa.value) && row->cfa.value != REGISTER_SP)
		return CFI_UNKNOWN;
	step->cfa = step->before->value[row->cfa.value] + (uint64_t)row->cfa_offset;
	return CFI_STEPPED;
}

static enum cfi_result saved_read(struct step *step, unsigned column, uint64_t address)
{
	uint64_t value;

	if (!memory_read_exact(step->stack, address, &value, sizeof value))
		return CFI_UNREADABLE;
	register_set(&step->after, column, value);
	return CFI_STEPPED;
}

static enum cfi_result rule_apply(struct step *step, unsigned column, const struct cfi_rule *rule)
{
	enum cfi_result result = CFI_STEPPED;
	uint64_t value = step->cfa + rule->value;

	switch (rule->kind) {
	case RULE_SAME: break;
	case RULE_UNDEFINED: return CFI_OUTERMOST;
	case RULE_OFFSET: return saved_read(step, column, value);
	case RULE_VALUE_OFFSET: register_set(&step->after, column, value); break;
	case RULE_REGISTER:
		if (!register_known(step->before, rule->value))
			return CFI_DAMAGED;
		register_set(&step->after, column, step->before->value[rule->value]);
		break;
	case RULE_EXPRESSION:
	case RULE_VALUE_EXPRESSION:
		result = cfi_expression(
			step->code, step->stack, rule->value, step->before, &step->cfa, &value);
		if (result == CFI_STEPPED && rule->kind == RULE_EXPRESSION)
			result = saved_read(step, column, value);
		else if (result == CFI_STEPPED)
			register_set(&step->after, column, value);
		break;
	}
	return result;
}

enum cfi_result cfi_step(struct memory_reader *code, struct memory_reader *stack,
	const struct cfi_function *function, uint64_t pc, struct trace_registers *registers,
	uint64_t *ret_cfa)
{
	struct step step = {.code = code, .stack = stack, .before = registers};
	struct cfi_row row;

	if (function->return_register >= REGISTER_COUNT || !cfi_rules(code, function, pc, &row))
		return CFI_DAMAGED;
	enum cfi_result result = cfa_find(&step, &row);

	if (result != CFI_STEPPED)
		return result;
	step.after = *registers;
	register_set(&step.after, REGISTER_SP, step.cfa);
	for (unsigned i = 0; i < REGISTER_COUNT; i++) {
		result = rule_apply(&step, i, &row.registers[i]);
		if (result == CFI_STEPPED)
			continue;
		if (i == function->return_register)
			return result;
		register_forget(&step.after, i); /* unwinding continues without it */
	}
	if (!register_known(&step.after, function->return_register))
		return CFI_UNKNOWN;
	uint64_t caller = address_strip(step.after.value[function->return_register]);

	*registers = step.after;
	register_set(registers, REGISTER_PC, caller);
	*ret_cfa = step.cfa;
	return CFI_STEPPED;
}
