/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/stack.h"

#include "core/base/sys.h"
#include "core/base/valgrind.h"
#include "shim/base/late_memory.h"
#include "shim/base/process_state.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

/* An event that makes a timed file roll over needs half of it. */
#define STACK_SIZE ((size_t)64 * 1024)
#define GUARD_SIZE ((size_t)PROCESS_PAGE_SIZE)

static char first_stack[STACK_SIZE] LARGE_STATIC_AT(stack) __attribute__((aligned(16)));

static struct {
	_Atomic(char *) others[STACK_COUNT - 1]; /* NULL: not mapped yet */
	bool hosts_only;
} stacks;

#define FUNCTION(name) \
	".globl " #name "\n.hidden " #name "\n.type " #name ", %function\n" #name ":\n"

#if defined(__x86_64__)
/* clang-format off */
__asm__(".section .text.stack_switch,\"ax\",%progbits\n"
	FUNCTION(stack_switch)
	"	.cfi_startproc\n"
	"	push %rbp\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset %rbp, -16\n"
	"	mov %rsp, %rbp\n"
	"	.cfi_def_cfa_register %rbp\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rdi\n"
	"	mov %rdx, %rsp\n"
	"	call *%rax\n"
	"	mov %rbp, %rsp\n"
	"	pop %rbp\n"
	"	.cfi_def_cfa %rsp, 8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	"	.size stack_switch, . - stack_switch\n"
	"	.text\n");
/* clang-format on */
#else
/* clang-format off */
__asm__(".section .text.stack_switch,\"ax\",%progbits\n"
	FUNCTION(stack_switch)
	"	.cfi_startproc\n"
	"	stp x29, x30, [sp, #-16]!\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset 29, -16\n"
	"	.cfi_offset 30, -8\n"
	"	mov x29, sp\n"
	"	.cfi_def_cfa_register 29\n"
	"	mov x9, x0\n"
	"	mov x0, x1\n"
	"	mov sp, x2\n"
	"	blr x9\n"
	"	mov sp, x29\n"
	"	.cfi_def_cfa_register 31\n"
	"	ldp x29, x30, [sp], #16\n"
	"	.cfi_restore 29\n"
	"	.cfi_restore 30\n"
	"	.cfi_def_cfa_offset 0\n"
	"	ret\n"
	"	.cfi_endproc\n"
	"	.size stack_switch, . - stack_switch\n"
	"	.text\n");
/* clang-format on */
#endif

long stack_clone(void (*main)(void), long flags, char *top, _Atomic int *child)
{
#if defined(__x86_64__)
	register long ctid __asm__("r10") = (long)child;
	register void (*called)(void) __asm__("r8") = main; /* not in rbp, which is cleared */
	long result;

	/* clang-format off */
	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "cmp %%rsp, %%rsi\n\t" /* 0, and nothing was cloned */
			 "jne 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "call *%[called]\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(result)
			 : "0"((long)SYS_clone), "D"(flags), "S"(top), "d"(child),
			 "r"(ctid), [called] "r"(called)
			 : "rcx", "r11", "memory");
	/* clang-format on */
	return result;
#else
	register long x8 __asm__("x8") = SYS_clone;
	register long x0 __asm__("x0") = flags;
	register long x1 __asm__("x1") = (long)top;
	register long x2 __asm__("x2") = (long)child;
	register long x3 __asm__("x3") = 0;
	register long x4 __asm__("x4") = (long)child;
	/* clang-format off */
	register void (*called)(void) __asm__("x5") = main; /* not in x29, which is cleared */

	__asm__ volatile("svc 0\n\t"
			 "cbnz x0, 1f\n\t"
			 "cmp sp, x1\n\t" /* 0, and nothing was cloned */
			 "bne 1f\n\t"
			 "mov x29, xzr\n\t"
			 "blr %[called]\n\t"
			 "brk 0\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), [called] "r"(called)
			 : "memory", "x30");
	/* clang-format on */
	return x0;
#endif
}

char *stack_map(size_t size)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK;
	long base = sys_call(
		SYS_mmap, 0, (long)(GUARD_SIZE + size), PROT_READ | PROT_WRITE, flags, -1, 0);

	if (base == 0 || (base < 0 && base > -4096))
		return NULL;
	if (sys_call(SYS_mprotect, base, GUARD_SIZE, PROT_NONE, 0, 0, 0) == 0)
		return (char *)base + GUARD_SIZE;
	sys_call(SYS_munmap, base, (long)(GUARD_SIZE + size), 0, 0, 0, 0);
	return NULL;
}

/* Stack I, which the caller has claimed; NULL: the kernel refuses the memory. */
static char *stack_of(int i)
{
	_Atomic(char *) *slot;
	char *stack;

	if (i == 0)
		return first_stack;
	slot = &stacks.others[i - 1];
	stack = atomic_load(slot);
	if (stack == NULL) {
		stack = stack_map(STACK_SIZE);
		atomic_store(slot, stack);
	}
	return stack;
}

/* Returns the index of a free stack; -1: all are taken. */
static int claim(void)
{
	for (int i = 0; i < STACK_COUNT; i++)
		if (atomic_exchange(&process_words.stacks[i], 1) == 0)
			return i;
	return -1;
}

static void give_back(int i)
{
	if (i >= 0)
		atomic_store(&process_words.stacks[i], 0);
}

/* Whether to stay on the host's stack: Valgrind reports a change of stacks as a bug of the
 * program. */
static bool stays_on_hosts(void)
{
	return stacks.hosts_only || on_valgrind();
}

/* Unless MAPPED, use the static stack or the caller's, which take no system call. */
static void call(void (*function)(void *), void *argument, bool mapped)
{
	int taken = stays_on_hosts() ? -1 : claim();
	char *stack = taken < 0 || (taken > 0 && !mapped) ? NULL : stack_of(taken);

	if (stack != NULL)
		stack_switch(function, argument, stack + STACK_SIZE);
	else
		function(argument);
	give_back(taken);
}

void stack_call(void (*function)(void *), void *argument)
{
	uint64_t before;

	if (sys_hold_signals(&before) != 0) {
		function(argument);
		return;
	}
	call(function, argument, true);
	sys_sigprocmask(SIG_SETMASK, &before, NULL);
}

void stack_call_at_start(void (*function)(void *), void *argument)
{
	call(function, argument, false);
}

void stack_call_large(void (*function)(void *), void *argument, size_t size)
{
	char *stack = on_valgrind() ? NULL : stack_map(size);

	if (stack == NULL) {
		function(argument);
		return;
	}
	stack_switch(function, argument, stack + size);
	sys_call(SYS_munmap, (long)(stack - GUARD_SIZE), (long)(GUARD_SIZE + size), 0, 0, 0, 0);
}

void stack_use_hosts(void)
{
	stacks.hosts_only = true;
}
