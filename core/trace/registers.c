/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/registers.h"

#include "core/base/memory.h"

#include <sys/user.h>
#include <ucontext.h>

#if defined(__x86_64__)
/* The index in glibc's gregs (<sys/ucontext.h>) of DWARF's register N. */
static const uint8_t places[REGISTER_COUNT] = {
	REG_RAX,
	REG_RDX,
	REG_RCX,
	REG_RBX,
	REG_RSI,
	REG_RDI,
	REG_RBP,
	REG_RSP,
	REG_R8,
	REG_R9,
	REG_R10,
	REG_R11,
	REG_R12,
	REG_R13,
	REG_R14,
	REG_R15,
	REG_RIP,
};

/* Intel's manual, volume 3, table 6-1. */
#define TRAP_BREAKPOINT 3
#define INT3 0xcc

/* The context's trap number is that of the thread's last trap, which may be older: so the
 * instruction is checked, too. */
static bool is_behind_breakpoint(const ucontext_t *context)
{
	struct memory_reader reader = {0};
	uint8_t before;

	return context->uc_mcontext.gregs[REG_TRAPNO] == TRAP_BREAKPOINT &&
	       memory_read_exact(
		       &reader, (uintptr_t)context->uc_mcontext.gregs[REG_RIP] - 1, &before, 1) &&
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

void registers_from_thread(struct trace_registers *registers, const struct user_regs_struct *thread)
{
	*registers = (struct trace_registers){
		.value = {thread->rax, thread->rdx, thread->rcx, thread->rbx, thread->rsi,
			thread->rdi, thread->rbp, thread->rsp, thread->r8, thread->r9, thread->r10,
			thread->r11, thread->r12, thread->r13, thread->r14, thread->r15,
			thread->rip},
		.known = ((uint64_t)1 << REGISTER_COUNT) - 1,
	};
}

static const char names[REGISTER_COUNT][4] = {"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp",
	"rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip"};

/* In the order of interest: pc, stack, arguments of calls. */
static const uint8_t order[REGISTER_COUNT] = {
	REGISTER_PC, REGISTER_SP, REGISTER_FP, 0, 3, 2, 1, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15};
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

void registers_from_thread(struct trace_registers *registers, const struct user_regs_struct *thread)
{
	for (unsigned i = 0; i < 31; i++)
		registers->value[i] = thread->regs[i];
	registers->value[REGISTER_SP] = thread->sp;
	registers->value[REGISTER_PC] = thread->pc;
	registers->known = ((uint64_t)1 << REGISTER_COUNT) - 1;
}

static const char names[REGISTER_COUNT][4] = {"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8",
	"x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",
	"x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp", "pc"};

static const uint8_t order[REGISTER_COUNT] = {REGISTER_PC, REGISTER_SP, 0, 1, 2, 3, 4, 5, 6, 7, 8,
	9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, REGISTER_FP,
	REGISTER_LR};
#endif

unsigned registers_list(
	const struct trace_registers *registers, struct frame_register list[REGISTER_COUNT])
{
	unsigned count = 0;

	for (unsigned i = 0; i < REGISTER_COUNT; i++)
		if (register_known(registers, order[i]))
			list[count++] = (struct frame_register){
				names[order[i]], registers->value[order[i]]};
	return count;
}
