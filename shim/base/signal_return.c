/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/signal_return.h"

#include "core/base/sys.h"
#include "shim/base/kernel_action.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define HIDDEN __attribute__((visibility("hidden")))
#define FUNCTION(name) \
	".globl " #name "\n.hidden " #name "\n.type " #name ", %function\n" #name ":\n"

/* A handler returns to one of these in order to die. They do not touch the stack, which may be
 * gone. */
HIDDEN void signal_fault_segv(void);
HIDDEN void signal_fault_bus(void);
HIDDEN void signal_fault_ill(void);
HIDDEN void signal_fault_fpe(void);
HIDDEN void signal_exit(void);

#if defined(__x86_64__)
/*
 * signal_restorer begins with the bytes of libc's own restorer, by which debuggers and unwinders
 * know a signal's frame. If the system call returns, the code behind it restores the mask, the
 * floating point registers, the general registers, and by `iretq`, which needs no stack of the
 * program's, flags, stack and instruction pointer. If the mask cannot be set either, the process
 * exits with the status in uc_link, a field that rt_sigreturn does not read. Offsets: struct
 * ucontext of <asm/ucontext.h>, to which rsp points.
 */
/* clang-format off */
__asm__(".text\n"
	".balign 16\n"
	"	nop\n" /* unwinders look for a call before a return address */
	FUNCTION(signal_restorer)
	"	mov $15, %rax\n" /* rt_sigreturn */
	"	syscall\n"
	"	movq $0, 16(%rsp)\n" /* the stack's address, which is not needed: the mask before */
	"	mov $14, %eax\n"     /* rt_sigprocmask */
	"	mov $2, %edi\n"	      /* SIG_SETMASK */
	"	lea 296(%rsp), %rsi\n"
	"	lea 16(%rsp), %rdx\n"
	"	mov $8, %r10d\n"
	"	syscall\n"
	"	cmpq $0, 16(%rsp)\n" /* it holds the signal at least */
	"	jne 2f\n"
	"	mov 8(%rsp), %rdi\n" /* uc_link */
	"	test %rdi, %rdi\n"
	"	jnz signal_exit\n"
	"2:	mov %rsp, %rdi\n"
	"	mov 224(%rdi), %rax\n"
	"	test %rax, %rax\n"
	"	jz 1f\n"
	"	fxrstor64 (%rax)\n"
	"1:	mov %ss, %eax\n"
	"	push %rax\n"
	"	push 160(%rdi)\n" /* rsp */
	"	push 176(%rdi)\n" /* flags */
	"	mov %cs, %eax\n"
	"	push %rax\n"
	"	push 168(%rdi)\n" /* rip */
	"	mov 40(%rdi), %r8\n"
	"	mov 48(%rdi), %r9\n"
	"	mov 56(%rdi), %r10\n"
	"	mov 64(%rdi), %r11\n"
	"	mov 72(%rdi), %r12\n"
	"	mov 80(%rdi), %r13\n"
	"	mov 88(%rdi), %r14\n"
	"	mov 96(%rdi), %r15\n"
	"	mov 112(%rdi), %rsi\n"
	"	mov 120(%rdi), %rbp\n"
	"	mov 128(%rdi), %rbx\n"
	"	mov 136(%rdi), %rdx\n"
	"	mov 144(%rdi), %rax\n"
	"	mov 152(%rdi), %rcx\n"
	"	mov 104(%rdi), %rdi\n"
	"	iretq\n"
	".size signal_restorer, . - signal_restorer\n"
	FUNCTION(signal_exit) /* rdi: the status */
	"	mov $231, %eax\n" /* exit_group */
	"	syscall\n"
	"	mov $60, %eax\n" /* exit */
	"	syscall\n"
	FUNCTION(signal_fault_segv)
	"	hlt\n"
	FUNCTION(signal_fault_bus)
	"	mov $1, %ebp\n"
	"	shl $63, %rbp\n"
	"	mov (%rbp), %rax\n" /* a stack segment fault: the address is not canonical */
	"	hlt\n"
	FUNCTION(signal_fault_ill)
	"	ud2\n"
	FUNCTION(signal_fault_fpe)
	"	xor %ecx, %ecx\n"
	"	xor %edx, %edx\n"
	"	mov $1, %eax\n"
	"	div %ecx\n"
	"	hlt\n");
/* clang-format on */

static const uint8_t restorer_code[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};

/* Whether the processor keeps a second copy of return addresses (CET). Without that copy the
 * instruction does nothing. */
static bool has_shadow_stack(void)
{
	uint64_t pointer = 0;

	__asm__ volatile("rdsspq %0" : "+r"(pointer));
	return pointer != 0;
}

/* Asks the kernel as core/base/memory.c does. If a filter refuses the call, the answer is false:
 * code that is about to run is readable. */
static bool is_unreadable(uintptr_t address)
{
	return sys_sigprocmask(~0, (const void *)address, NULL) == -EFAULT;
}

void signal_return_expect(ucontext_t *context, int status)
{
	/* The kernel puts the handler's return address right before the context. */
	uintptr_t *caller = (uintptr_t *)(void *)context - 1;

	if (has_shadow_stack() || is_unreadable(*caller) ||
		is_unreadable(*caller + sizeof restorer_code) ||
		memcmp((const void *)*caller, restorer_code, sizeof restorer_code) != 0)
		return;
	*caller = (uintptr_t)signal_restorer;
	context->uc_link = (ucontext_t *)(intptr_t)status;
}

static void go_to(ucontext_t *context, void (*code)(void), long argument)
{
	static const greg_t trap_and_direction = 0x500;
	greg_t *registers = context->uc_mcontext.gregs;

	registers[REG_RIP] = (greg_t)(uintptr_t)code;
	registers[REG_RDI] = argument;
	registers[REG_EFL] &= ~trap_and_direction;
}
#else
/* clang-format off */
__asm__(".text\n"
	FUNCTION(signal_exit) /* x0: the status */
	"	mov x1, x0\n"
	"	mov x8, #94\n" /* exit_group */
	"	svc 0\n"
	"	mov x0, x1\n"
	"	mov x8, #93\n" /* exit */
	"	svc 0\n"
	FUNCTION(signal_fault_fpe) /* no division traps */
	FUNCTION(signal_fault_segv)
	"	mov x0, #0\n"
	"	ldr x0, [x0]\n"
	"	brk 0\n"
	FUNCTION(signal_fault_bus)
	"	mov x0, #2\n"
	"	br x0\n" /* no instruction begins there */
	FUNCTION(signal_fault_ill)
	"	udf 0\n");
/* clang-format on */

void signal_return_expect(ucontext_t *context, int status)
{
	(void)context;
	(void)status;
}

static void go_to(ucontext_t *context, void (*code)(void), long argument)
{
	context->uc_mcontext.pc = (uintptr_t)code;
	context->uc_mcontext.regs[0] = (uint64_t)argument;
}
#endif

void signal_return_to_fault(ucontext_t *context, int number)
{
	go_to(context,
		number == SIGBUS   ? signal_fault_bus
		: number == SIGILL ? signal_fault_ill
		: number == SIGFPE ? signal_fault_fpe
				   : signal_fault_segv,
		0);
}

void signal_return_to_exit(ucontext_t *context, int status)
{
	go_to(context, signal_exit, status);
}
