/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DWARF expressions, as far as call frame information may use them (DWARF 5, 2.5 and 6.4.2).
 * Linkers write expressions for the procedure linkage table, glibc for the frame of a signal
 * handler.
 */
#include "core/trace/cfi.h"

#define STACK_MAX 64
#define STEPS_MAX 1000u /* a branch may go backwards */

enum {
	OP_ADDR = 0x03,
	OP_DEREF = 0x06,
	OP_CONST1U = 0x08,
	OP_CONST8S = 0x0f,
	OP_CONSTU = 0x10,
	OP_CONSTS = 0x11,
	OP_DUP = 0x12,
	OP_DROP = 0x13,
	OP_OVER = 0x14,
	OP_PICK = 0x15,
	OP_SWAP = 0x16,
	OP_ROT = 0x17,
	OP_ABS = 0x19,
	OP_AND = 0x1a,
	OP_DIV = 0x1b,
	OP_MINUS = 0x1c,
	OP_MOD = 0x1d,
	OP_MUL = 0x1e,
	OP_NEG = 0x1f,
	OP_NOT = 0x20,
	OP_OR = 0x21,
	OP_PLUS = 0x22,
	OP_PLUS_UCONST = 0x23,
	OP_SHL = 0x24,
	OP_SHR = 0x25,
	OP_SHRA = 0x26,
	OP_XOR = 0x27,
	OP_BRA = 0x28,
	OP_EQ = 0x29,
	OP_GE = 0x2a,
	OP_GT = 0x2b,
	OP_LE = 0x2c,
	OP_LT = 0x2d,
	OP_NE = 0x2e,
	OP_SKIP = 0x2f,
	OP_LIT0 = 0x30,
	OP_LIT31 = 0x4f,
	OP_BREG0 = 0x70,
	OP_BREG31 = 0x8f,
	OP_BREGX = 0x92,
	OP_DEREF_SIZE = 0x94,
	OP_NOP = 0x96
};

struct machine {
	struct cursor cursor;
	uint64_t begin; /* of the expression: no branch may go before it */
	struct memory_reader *memory;
	const struct trace_registers *registers;
	uint64_t stack[STACK_MAX];
	unsigned depth;
	bool unreadable; /* the reason for cursor.failed is unreadable memory */
};

static void push(struct machine *machine, uint64_t value)
{
	if (machine->depth == STACK_MAX)
		machine->cursor.failed = true;
	else
		machine->stack[machine->depth++] = value;
}

static uint64_t pop(struct machine *machine)
{
	if (machine->depth == 0) {
		machine->cursor.failed = true;
		return 0;
	}
	return machine->stack[--machine->depth];
}

/* The value INDEX entries below the top. */
static uint64_t peek(struct machine *machine, uint64_t index)
{
	if (index >= machine->depth) {
		machine->cursor.failed = true;
		return 0;
	}
	return machine->stack[machine->depth - 1 - index];
}

static void dereference(struct machine *machine, uint64_t size)
{
	uint64_t address = pop(machine);
	uint64_t value = 0;

	if (size > sizeof value || machine->cursor.failed) {
		machine->cursor.failed = true;
	} else if (!memory_read_exact(machine->memory, address, &value, size)) {
		machine->unreadable = true;
		machine->cursor.failed = true;
	}
	push(machine, value);
}

static void push_register(struct machine *machine, uint64_t number)
{
	int64_t offset = cursor_sleb(&machine->cursor);

	if (!register_known(machine->registers, number))
		machine->cursor.failed = true;
	else
		push(machine, machine->registers->value[number] + (uint64_t)offset);
}

static void branch(struct machine *machine, bool taken)
{
	uint64_t to = (uint64_t)cursor_signed(&machine->cursor, 2);

	if (!taken)
		return;
	to += machine->cursor.at;
	if (to < machine->begin || to > machine->cursor.end)
		machine->cursor.failed = true;
	else
		machine->cursor.at = to;
}

/* Rotate the three topmost entries: the first becomes the third. */
static void rotate(struct machine *machine)
{
	uint64_t first = pop(machine), second = pop(machine), third = pop(machine);

	push(machine, first);
	push(machine, third);
	push(machine, second);
}

static uint64_t divide(struct machine *machine, uint64_t left, uint64_t right)
{
	if (right == 0 || (right == UINT64_MAX && left == (uint64_t)1 << 63)) {
		machine->cursor.failed = true;
		return 0;
	}
	return (uint64_t)((int64_t)left / (int64_t)right);
}

static uint64_t modulo(struct machine *machine, uint64_t left, uint64_t right)
{
	if (right == 0) {
		machine->cursor.failed = true;
		return 0;
	}
	return left % right;
}

static uint64_t shift(uint8_t opcode, uint64_t value, uint64_t by)
{
	if (opcode == OP_SHRA)
		return (uint64_t)((int64_t)value >> (by < 64 ? by : 63));
	if (by >= 64)
		return 0;
	return opcode == OP_SHL ? value << by : value >> by;
}

/* Replaces two values by one. False if OPCODE is no such operation. */
static bool run_binary(struct machine *machine, uint8_t opcode)
{
	if (opcode < OP_AND || opcode > OP_NE || opcode == OP_NEG || opcode == OP_NOT ||
		opcode == OP_PLUS_UCONST || opcode == OP_BRA)
		return false;
	uint64_t right = pop(machine), left = pop(machine), value = 0;
	int64_t a = (int64_t)left, b = (int64_t)right;

	switch (opcode) {
	case OP_AND: value = left & right; break;
	case OP_DIV: value = divide(machine, left, right); break;
	case OP_MINUS: value = left - right; break;
	case OP_MOD: value = modulo(machine, left, right); break;
	case OP_MUL: value = left * right; break;
	case OP_OR: value = left | right; break;
	case OP_PLUS: value = left + right; break;
	case OP_SHL:
	case OP_SHR:
	case OP_SHRA: value = shift(opcode, left, right); break;
	case OP_XOR: value = left ^ right; break;
	case OP_EQ: value = a == b; break;
	case OP_GE: value = a >= b; break;
	case OP_GT: value = a > b; break;
	case OP_LE: value = a <= b; break;
	case OP_LT: value = a < b; break;
	case OP_NE: value = a != b; break;
	}
	push(machine, value);
	return true;
}

/* Replaces one value by another. False if OPCODE is no such operation. */
static bool run_unary(struct machine *machine, uint8_t opcode)
{
	uint64_t value;

	switch (opcode) {
	case OP_DEREF: dereference(machine, 8); return true;
	case OP_DEREF_SIZE: dereference(machine, cursor_unsigned(&machine->cursor, 1)); return true;
	case OP_ABS:
		value = pop(machine);
		push(machine, (int64_t)value < 0 ? -value : value);
		return true;
	case OP_NEG: push(machine, -pop(machine)); return true;
	case OP_NOT: push(machine, ~pop(machine)); return true;
	case OP_PLUS_UCONST:
		push(machine, pop(machine) + cursor_uleb(&machine->cursor));
		return true;
	}
	return false;
}

/* Pushes a constant or a register. False if OPCODE is no such operation. */
static bool run_push(struct machine *machine, uint8_t opcode)
{
	struct cursor *cursor = &machine->cursor;

	if (opcode >= OP_LIT0 && opcode <= OP_LIT31) {
		push(machine, opcode - OP_LIT0);
	} else if (opcode >= OP_BREG0 && opcode <= OP_BREG31) {
		push_register(machine, opcode - OP_BREG0);
	} else if (opcode == OP_BREGX) {
		push_register(machine, cursor_uleb(cursor));
	} else if (opcode == OP_ADDR) {
		push(machine, cursor_unsigned(cursor, 8));
	} else if (opcode >= OP_CONST1U && opcode <= OP_CONST8S) {
		/* 1, 2, 4, 8 bytes; of each size the unsigned one first */
		unsigned size = 1u << (opcode - OP_CONST1U) / 2;

		push(machine, (opcode & 1) != 0 ? (uint64_t)cursor_signed(cursor, size)
						: cursor_unsigned(cursor, size));
	} else if (opcode == OP_CONSTU) {
		push(machine, cursor_uleb(cursor));
	} else if (opcode == OP_CONSTS) {
		push(machine, (uint64_t)cursor_sleb(cursor));
	} else {
		return false;
	}
	return true;
}

/* Copies, drops or moves entries, or branches. False if OPCODE is no such operation. */
static bool run_order(struct machine *machine, uint8_t opcode)
{
	switch (opcode) {
	case OP_NOP: return true;
	case OP_DUP: push(machine, peek(machine, 0)); return true;
	case OP_DROP: pop(machine); return true;
	case OP_OVER: push(machine, peek(machine, 1)); return true;
	case OP_PICK:
		push(machine, peek(machine, cursor_unsigned(&machine->cursor, 1)));
		return true;
	case OP_SWAP: {
		uint64_t top = pop(machine), below = pop(machine);

		push(machine, top);
		push(machine, below);
		return true;
	}
	case OP_ROT: rotate(machine); return true;
	case OP_SKIP: branch(machine, true); return true;
	case OP_BRA: branch(machine, pop(machine) != 0); return true;
	}
	return false;
}

static void run(struct machine *machine)
{
	for (unsigned steps = 0; machine->cursor.at < machine->cursor.end; steps++) {
		uint8_t opcode = (uint8_t)cursor_unsigned(&machine->cursor, 1);

		if (!run_push(machine, opcode) && !run_unary(machine, opcode) &&
			!run_order(machine, opcode) && !run_binary(machine, opcode))
			machine->cursor.failed = true;
		if (machine->cursor.failed || steps == STEPS_MAX) {
			machine->cursor.failed = true;
			return;
		}
	}
}

enum cfi_result cfi_expression(struct memory_reader *code, struct memory_reader *stack,
	uint64_t address, const struct trace_registers *registers, const uint64_t *initial,
	uint64_t *ret_value)
{
	struct machine machine;

	machine.cursor = (struct cursor){.reader = code, .at = address, .end = UINT64_MAX};
	machine.memory = stack;
	machine.registers = registers;
	machine.depth = 0;
	machine.unreadable = false;
	uint64_t length = cursor_uleb(&machine.cursor);

	if (machine.cursor.failed || length > UINT64_MAX - machine.cursor.at)
		return CFI_DAMAGED;
	machine.begin = machine.cursor.at;
	machine.cursor.end = machine.begin + length;
	if (initial != NULL)
		push(&machine, *initial);
	run(&machine);
	uint64_t value = pop(&machine);

	if (machine.cursor.failed)
		return machine.unreadable ? CFI_UNREADABLE : CFI_DAMAGED;
	*ret_value = value;
	return CFI_STEPPED;
}
