/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Executes the instructions of call frame information up to a pc (DWARF 5, 6.4.2).
 */
#include "core/trace/cfi.h"

#include <string.h>

#define STATES_MAX 8	  /* compilers use one or two */
#define STEPS_MAX 100000u /* of one program */

enum {
	CFA_NOP = 0x00,
	CFA_SET_LOC = 0x01,
	CFA_ADVANCE_LOC1 = 0x02,
	CFA_ADVANCE_LOC2 = 0x03,
	CFA_ADVANCE_LOC4 = 0x04,
	CFA_OFFSET_EXTENDED = 0x05,
	CFA_RESTORE_EXTENDED = 0x06,
	CFA_UNDEFINED = 0x07,
	CFA_SAME_VALUE = 0x08,
	CFA_REGISTER = 0x09,
	CFA_REMEMBER_STATE = 0x0a,
	CFA_RESTORE_STATE = 0x0b,
	CFA_DEF_CFA = 0x0c,
	CFA_DEF_CFA_REGISTER = 0x0d,
	CFA_DEF_CFA_OFFSET = 0x0e,
	CFA_DEF_CFA_EXPRESSION = 0x0f,
	CFA_EXPRESSION = 0x10,
	CFA_OFFSET_EXTENDED_SF = 0x11,
	CFA_DEF_CFA_SF = 0x12,
	CFA_DEF_CFA_OFFSET_SF = 0x13,
	CFA_VAL_OFFSET = 0x14,
	CFA_VAL_OFFSET_SF = 0x15,
	CFA_VAL_EXPRESSION = 0x16,
	/* aarch64: ignored, as signatures are always stripped from return addresses */
	CFA_NEGATE_RA_STATE_WITH_PC = 0x2c,
	CFA_NEGATE_RA_STATE = 0x2d,
	CFA_GNU_ARGS_SIZE = 0x2e,
	CFA_GNU_NEGATIVE_OFFSET_EXTENDED = 0x2f,
	/* opcodes in the upper two bits, with an operand in the others */
	CFA_ADVANCE_LOC = 0x40,
	CFA_OFFSET = 0x80,
	CFA_RESTORE = 0xc0
};

struct program {
	struct cursor cursor;
	const struct cfi_function *function;
	uint64_t location;
	uint64_t pc;
	struct cfi_row *row;
	const struct cfi_row *
		initial; /* the row that CFA_RESTORE restores from; NULL in the CIE's own program */
	struct cfi_row states[STATES_MAX];
	unsigned state_count;
};

/* Ignores columns that are not kept, such as those of vector registers. */
static void rule_set(
	struct program *program, uint64_t column, enum cfi_rule_kind kind, uint64_t value)
{
	if (column < REGISTER_COUNT)
		program->row->registers[column] = (struct cfi_rule){kind, value};
}

static void rule_restore(struct program *program, uint64_t column)
{
	if (program->initial == NULL)
		program->cursor.failed = true;
	else if (column < REGISTER_COUNT)
		program->row->registers[column] = program->initial->registers[column];
}

static uint64_t factored(const struct program *program, uint64_t offset)
{
	return offset * (uint64_t)program->function->data_factor;
}

static void advance(struct program *program, uint64_t count)
{
	program->location += count * program->function->code_factor;
}

/* Skips an expression and returns its address. */
static uint64_t expression_skip(struct program *program)
{
	uint64_t address = program->cursor.at;

	cursor_skip(&program->cursor, cursor_uleb(&program->cursor));
	return address;
}

static void state_remember(struct program *program)
{
	if (program->state_count == STATES_MAX)
		program->cursor.failed = true;
	else
		program->states[program->state_count++] = *program->row;
}

static void state_restore(struct program *program)
{
	if (program->state_count == 0)
		program->cursor.failed = true;
	else
		*program->row = program->states[--program->state_count];
}

/* Executes an instruction that defines the CFA. False if OPCODE is no such instruction. */
static bool run_cfa(struct program *program, uint8_t opcode)
{
	struct cursor *cursor = &program->cursor;
	struct cfi_row *row = program->row;

	if (opcode == CFA_DEF_CFA || opcode == CFA_DEF_CFA_SF || opcode == CFA_DEF_CFA_REGISTER)
		row->cfa = (struct cfi_rule){RULE_REGISTER, cursor_uleb(cursor)};
	switch (opcode) {
	case CFA_DEF_CFA_REGISTER: return true;
	case CFA_DEF_CFA:
	case CFA_DEF_CFA_OFFSET: row->cfa_offset = (int64_t)cursor_uleb(cursor); return true;
	case CFA_DEF_CFA_SF:
	case CFA_DEF_CFA_OFFSET_SF:
		row->cfa_offset = (int64_t)factored(program, (uint64_t)cursor_sleb(cursor));
		return true;
	case CFA_DEF_CFA_EXPRESSION:
		row->cfa = (struct cfi_rule){RULE_VALUE_EXPRESSION, expression_skip(program)};
		return true;
	}
	return false;
}

/* Executes an instruction that sets the rule of one register. False if OPCODE is no such
 * instruction. */
static bool run_register(struct program *program, uint8_t opcode)
{
	struct cursor *cursor = &program->cursor;

	if (opcode < CFA_OFFSET_EXTENDED || opcode > CFA_GNU_NEGATIVE_OFFSET_EXTENDED)
		return false;
	uint64_t column = cursor_uleb(cursor);

	switch (opcode) {
	case CFA_OFFSET_EXTENDED:
		rule_set(program, column, RULE_OFFSET, factored(program, cursor_uleb(cursor)));
		return true;
	case CFA_OFFSET_EXTENDED_SF:
		rule_set(program, column, RULE_OFFSET,
			factored(program, (uint64_t)cursor_sleb(cursor)));
		return true;
	case CFA_GNU_NEGATIVE_OFFSET_EXTENDED:
		rule_set(program, column, RULE_OFFSET, -factored(program, cursor_uleb(cursor)));
		return true;
	case CFA_VAL_OFFSET:
		rule_set(
			program, column, RULE_VALUE_OFFSET, factored(program, cursor_uleb(cursor)));
		return true;
	case CFA_VAL_OFFSET_SF:
		rule_set(program, column, RULE_VALUE_OFFSET,
			factored(program, (uint64_t)cursor_sleb(cursor)));
		return true;
	case CFA_RESTORE_EXTENDED: rule_restore(program, column); return true;
	case CFA_UNDEFINED: rule_set(program, column, RULE_UNDEFINED, 0); return true;
	case CFA_SAME_VALUE: rule_set(program, column, RULE_SAME, 0); return true;
	case CFA_REGISTER:
		rule_set(program, column, RULE_REGISTER, cursor_uleb(cursor));
		return true;
	case CFA_EXPRESSION:
		rule_set(program, column, RULE_EXPRESSION, expression_skip(program));
		return true;
	case CFA_VAL_EXPRESSION:
		rule_set(program, column, RULE_VALUE_EXPRESSION, expression_skip(program));
		return true;
	}
	return false;
}

/* Executes an instruction that sets no rule. False if OPCODE is no such instruction. */
static bool run_other(struct program *program, uint8_t opcode)
{
	struct cursor *cursor = &program->cursor;

	switch (opcode) {
	case CFA_NOP:
	case CFA_NEGATE_RA_STATE_WITH_PC:
	case CFA_NEGATE_RA_STATE: return true;
	case CFA_SET_LOC:
		program->location = cursor_pointer(cursor, program->function->encoding, 0);
		return true;
	case CFA_ADVANCE_LOC1: advance(program, cursor_unsigned(cursor, 1)); return true;
	case CFA_ADVANCE_LOC2: advance(program, cursor_unsigned(cursor, 2)); return true;
	case CFA_ADVANCE_LOC4: advance(program, cursor_unsigned(cursor, 4)); return true;
	case CFA_REMEMBER_STATE: state_remember(program); return true;
	case CFA_RESTORE_STATE: state_restore(program); return true;
	case CFA_GNU_ARGS_SIZE: /* needed to resume execution, not to unwind */
		cursor_uleb(cursor);
		return true;
	}
	return false;
}

static void run_one(struct program *program)
{
	uint8_t opcode = (uint8_t)cursor_unsigned(&program->cursor, 1);
	unsigned operand = opcode & 0x3f;

	switch (opcode & 0xc0) {
	case CFA_ADVANCE_LOC: advance(program, operand); return;
	case CFA_OFFSET:
		rule_set(program, operand, RULE_OFFSET,
			factored(program, cursor_uleb(&program->cursor)));
		return;
	case CFA_RESTORE: rule_restore(program, operand); return;
	}
	if (!run_other(program, opcode) && !run_cfa(program, opcode) &&
		!run_register(program, opcode))
		program->cursor.failed = true;
}

static bool run(struct program *program, uint64_t from, uint64_t to)
{
	unsigned steps = 0;

	program->cursor.at = from;
	program->cursor.end = to;
	while (program->cursor.at < to && program->location <= program->pc) {
		if (++steps > STEPS_MAX)
			return false;
		run_one(program);
		if (program->cursor.failed)
			return false;
	}
	return true;
}

bool cfi_rules(struct memory_reader *reader, const struct cfi_function *function, uint64_t pc,
	struct cfi_row *ret_row)
{
	struct program program;
	struct cfi_row initial;

	memset(ret_row, 0, sizeof *ret_row);
	program.cursor = (struct cursor){.reader = reader};
	program.function = function;
	program.location = function->start;
	program.pc = pc;
	program.row = ret_row;
	program.initial = NULL;
	program.state_count = 0;
	if (!run(&program, function->common, function->common_end))
		return false;
	initial = *ret_row;
	program.initial = &initial;
	return run(&program, function->own, function->own_end);
}
