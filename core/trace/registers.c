/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/registers.h"

#include "core/base/memory.h"

#include <ucontext.h>

#if defined(__x86_64__)
/* Where glibc's <sys/ucontext.h> keeps what DWARF counts as register N. */
static const uint8_t places[REGISTER_COUNT] = {
	REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
	REG_R9,	 REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP,
};

/* Intel's manual, volume 3, table 6-1. */
#define TRAP_BREAKPOINT 3
#define INT3 0xcc

/* The kernel's number is of the thread's last trap, which may be an older one. */
static bool is_behind_breakpoint(const ucontext_t *context)
{
	struct memory_reader reader = { 0 };
	uint8_t before;

	return context->uc_mcontext.gregs[REG_TRAPNO] == TRAP_BREAKPOINT &&
	       memory_read_exact(&reader, (uintptr_t)context->uc_mcontext.gregs[REG_RIP] - 1,
		       &before, 1) &&
	       before == INT3;
}

void registers_from_context(struct trace_registers *registers, const void *ucontext)
{
	const ucontext_t *context = ucontext;

	for (unsigned i = 0; i < REGISTER_COUNT; i++)
		registers->value[i] = (uint64_t)context->uc_mcontext.gregs[places[i]];
	registers->trapped = is_behind_breakpoint(context);
	registers->known = ((uint64_t)1 << REGISTER_COUNT) - 1;
}
#else
void registers_from_context(struct trace_registers *registers, const void *ucontext)
{
	const ucontext_t *context = ucontext;

	registers->trapped = false; /* the pc is the breakpoint's own */
	for (unsigned i = 0; i < 31; i++)
		registers->value[i] = context->uc_mcontext.regs[i];
	registers->value[REGISTER_SP] = context->uc_mcontext.sp;
	registers->value[REGISTER_PC] = context->uc_mcontext.pc;
	registers->known = ((uint64_t)1 << REGISTER_COUNT) - 1;
}
#endif
