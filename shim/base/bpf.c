/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/bpf.h"

#include <stddef.h>
#include <string.h>

struct machine {
	uint32_t a, x, memory[BPF_MEMWORDS];
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
	case BPF_ADD: machine->a += value; break;
	case BPF_SUB: machine->a -= value; break;
	case BPF_MUL: machine->a *= value; break;
	case BPF_DIV: machine->a = value == 0 ? 0 : machine->a / value; break;
	case BPF_AND: machine->a &= value; break;
	case BPF_OR: machine->a |= value; break;
	case BPF_XOR: machine->a ^= value; break;
	case BPF_LSH: machine->a = value < 32 ? machine->a << value : 0; break;
	case BPF_RSH: machine->a = value < 32 ? machine->a >> value : 0; break;
	case BPF_NEG: machine->a = 0 - machine->a; break;
	}
}

static bool jump_taken(const struct machine *machine, const struct sock_filter *at)
{
	uint32_t value = operand(machine, at);

	switch (BPF_OP(at->code)) {
	case BPF_JEQ: return machine->a == value;
	case BPF_JGT: return machine->a > value;
	case BPF_JGE: return machine->a >= value;
	case BPF_JSET: return (machine->a & value) != 0;
	default: return false;
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
	case BPF_IMM: *ret_value = at->k; return true;
	case BPF_LEN: *ret_value = sizeof *machine->data; return true;
	case BPF_MEM: *ret_value = machine->memory[at->k % BPF_MEMWORDS]; return true;
	default: return false;
	}
}

/* Run the instruction AT, which is neither a jump nor a return. Returns false for an instruction
 * that no filter may have. */
static bool step(struct machine *machine, const struct sock_filter *at)
{
	switch (BPF_CLASS(at->code)) {
	case BPF_LD: return load(machine, at, &machine->a);
	case BPF_LDX: return load(machine, at, &machine->x);
	case BPF_ST: machine->memory[at->k % BPF_MEMWORDS] = machine->a; return true;
	case BPF_STX: machine->memory[at->k % BPF_MEMWORDS] = machine->x; return true;
	case BPF_ALU: compute(machine, at); return true;
	case BPF_MISC:
		if (BPF_MISCOP(at->code) == BPF_TAX)
			machine->x = machine->a;
		else
			machine->a = machine->x;
		return true;
	default: return false;
	}
}

/* A filter cannot loop: classic BPF only jumps forward. The kernel takes at most BPF_MAXINSNS
 * instructions. */
uint32_t bpf_run(const struct sock_fprog *program, const struct seccomp_data *data)
{
	struct machine machine = {.data = data};

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
