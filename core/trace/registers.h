/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registers.h - the registers that an unwinder needs, numbered as DWARF numbers them.
 *
 * The numbers come from the System V ABI's supplement for x86-64 (figure 3.36) and from "DWARF for
 * the Arm 64-bit Architecture" (table 1), where the pc, which has no number there, is one column
 * more. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/frame.h"

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__)
enum { REGISTER_FP = 6, REGISTER_SP = 7, REGISTER_PC = 16, REGISTER_COUNT = 17 };
#elif defined(__aarch64__)
enum {
	REGISTER_FP = 29,
	REGISTER_LR = 30,
	REGISTER_SP = 31,
	REGISTER_PC = 32,
	REGISTER_COUNT = 33
};
#else
#error "vigil knows the registers of x86-64 and aarch64"
#endif

struct trace_registers {
	uint64_t value[REGISTER_COUNT];
	uint64_t known; /* bit N: value[N] is known; a stack pointer without its bit is a guess */
	bool trapped;	/* the interrupted instruction is the breakpoint before the pc */
};

/* Whether register NUMBER is to be trusted; a number outside the range is not. */
static inline bool register_known(const struct trace_registers *registers, uint64_t number)
{
	return number < REGISTER_COUNT && (registers->known >> number & 1) != 0;
}

/* NUMBER < REGISTER_COUNT: its value is known no more. */
static inline void register_forget(struct trace_registers *registers, unsigned number)
{
	registers->known &= ~((uint64_t)1 << number);
}

/* NUMBER < REGISTER_COUNT has VALUE, which is to be trusted. */
static inline void register_set(struct trace_registers *registers, unsigned number, uint64_t value)
{
	registers->value[number] = value;
	registers->known |= (uint64_t)1 << number;
}

/* ADDRESS, a return address, without the signature that some ARM machines put into its upper bits.
 */
static inline uint64_t address_strip(uint64_t address)
{
#if defined(__aarch64__)
	register uint64_t x30 __asm__("x30") = address;

	__asm__("hint #7" : "+r"(x30)); /* xpaclri; nothing on older machines */
	address = x30;
#endif
	return address;
}

struct user_regs_struct;

/* The registers of a thread, from ptrace(PTRACE_GETREGSET) with NT_PRSTATUS. */
void registers_from_thread(
	struct trace_registers *registers, const struct user_regs_struct *thread);

/* Write the names and values of the known registers to LIST, the pc first. Returns how many. */
unsigned registers_list(
	const struct trace_registers *registers, struct frame_register list[REGISTER_COUNT]);

/* Set REGISTERS to those of the interrupted code, from UCONTEXT, a signal handler's third argument.
 */
void registers_from_context(struct trace_registers *registers, const void *ucontext);

/* Set REGISTERS to the present callee-saved registers, sp and pc. The function is inlined in its
 * caller, whose frame must still exist when the stack is walked. */
static inline __attribute__((always_inline)) void registers_here(struct trace_registers *registers)
{
#if defined(__x86_64__)
	uint64_t pc;

	/* clang-format off */
	__asm__ volatile("movq %%rbx, 24(%1)\n\t"
			 "movq %%rbp, 48(%1)\n\t"
			 "movq %%rsp, 56(%1)\n\t"
			 "movq %%r12, 96(%1)\n\t"
			 "movq %%r13, 104(%1)\n\t"
			 "movq %%r14, 112(%1)\n\t"
			 "movq %%r15, 120(%1)\n\t"
			 "leaq 0(%%rip), %0"
			 : "=&r"(pc)
			 : "r"(registers->value)
			 : "memory");
	/* clang-format on */
	registers->value[REGISTER_PC] = pc;
	registers->trapped = false;
	registers->known = 1u << 3 | 1u << 6 | 1u << 7 | 0xfu << 12 | 1u << REGISTER_PC;
#else
	uint64_t scratch;

	/* clang-format off */
	__asm__ volatile("stp x19, x20, [%1, #152]\n\t"
			 "stp x21, x22, [%1, #168]\n\t"
			 "stp x23, x24, [%1, #184]\n\t"
			 "stp x25, x26, [%1, #200]\n\t"
			 "stp x27, x28, [%1, #216]\n\t"
			 "stp x29, x30, [%1, #232]\n\t"
			 "mov %0, sp\n\t"
			 "str %0, [%1, #248]\n\t"
			 "adr %0, .\n\t"
			 "str %0, [%1, #256]"
			 : "=&r"(scratch)
			 : "r"(registers->value)
			 : "memory");
	/* clang-format on */
	registers->trapped = false;
	registers->known = (uint64_t)0x3fff << 19 | (uint64_t)1 << REGISTER_PC;
#endif
}
