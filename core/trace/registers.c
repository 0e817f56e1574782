/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/registers.h"

#include <ucontext.h>

#if defined(__x86_64__)
/* Where glibc's <sys/ucontext.h> keeps what DWARF counts as register N. */
static const uint8_t places[REGISTER_COUNT] = {
	REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
	REG_R9,	 REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP,
};

void registers_from_context(struct trace_registers *registers, const void *ucontext)
{
	const ucontext_t *context = ucontext;

	for (unsigned i = 0; i < REGISTER_COUNT; i++)
		registers->value[i] = (uint64_t)context->uc_mcontext.gregs[places[i]];
	registers->known = ((uint64_t)1 << REGISTER_COUNT) - 1;
}
#else
void registers_from_context(struct trace_registers *registers, const void *ucontext)
{
	const ucontext_t *context = ucontext;

	for (unsigned i = 0; i < 31; i++)
		registers->value[i] = context->uc_mcontext.regs[i];
	registers->value[REGISTER_SP] = context->uc_mcontext.sp;
	registers->value[REGISTER_PC] = context->uc_mcontext.pc;
	registers->known = ((uint64_t)1 << REGISTER_COUNT) - 1;
}
#endif
