/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/in_process.h"

#include "core/base/deadline.h"
#include "core/base/sys.h"
#include "shim/base/kernel_action.h"
#include "shim/base/stack.h"
#include "shim/base/tracer.h"

#include <linux/futex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

/* How long another thread that faults waits for the work, which takes milliseconds. */
#define OTHERS_MS 4000

static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};

#define FAULT_COUNT (sizeof faults / sizeof *faults)

static struct {
	void (*work)(void *);
	void *argument;
	stack_t alternate;
	_Atomic pid_t task; /* the thread that does the work, and whose faults end it; 0: none. A
			       futex. */
	pid_t process;
	bool survived;
	struct kernel_action before[FAULT_COUNT];
} guard;

/* Where in_process_call() goes on after a fault. */
uintptr_t in_process_stack __attribute__((visibility("hidden")));
void in_process_landing(void) __attribute__((visibility("hidden")));

/* Call WORK(ARGUMENT). Returns 1 if WORK returned, 0 if a fault led to in_process_landing(). */
int in_process_call(void (*work)(void *), void *argument) __attribute__((visibility("hidden")));

#define FUNCTION(name) \
	".globl " #name "\n.hidden " #name "\n.type " #name ", %function\n" #name ":\n"

#if defined(__x86_64__)
/* clang-format off */
__asm__(".text\n"
	FUNCTION(in_process_call)
	"	push %rbp\n"
	"	push %rbx\n"
	"	push %r12\n"
	"	push %r13\n"
	"	push %r14\n"
	"	push %r15\n"
	"	sub $8, %rsp\n"
	"	mov %rsp, in_process_stack(%rip)\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rdi\n"
	"	call *%rax\n"
	"	mov $1, %eax\n"
	"	jmp 1f\n"
	FUNCTION(in_process_landing)
	"	mov in_process_stack(%rip), %rsp\n"
	"	xor %eax, %eax\n"
	"1:	add $8, %rsp\n"
	"	pop %r15\n"
	"	pop %r14\n"
	"	pop %r13\n"
	"	pop %r12\n"
	"	pop %rbx\n"
	"	pop %rbp\n"
	"	ret\n");
/* clang-format on */
#else
/* clang-format off */
__asm__(".text\n"
	FUNCTION(in_process_call)
	"	stp x29, x30, [sp, #-160]!\n"
	"	stp x19, x20, [sp, #16]\n"
	"	stp x21, x22, [sp, #32]\n"
	"	stp x23, x24, [sp, #48]\n"
	"	stp x25, x26, [sp, #64]\n"
	"	stp x27, x28, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]\n"
	"	stp d10, d11, [sp, #112]\n"
	"	stp d12, d13, [sp, #128]\n"
	"	stp d14, d15, [sp, #144]\n"
	"	adrp x9, in_process_stack\n"
	"	mov x10, sp\n"
	"	str x10, [x9, #:lo12:in_process_stack]\n"
	"	mov x9, x0\n"
	"	mov x0, x1\n"
	"	blr x9\n"
	"	mov w0, #1\n"
	"	b 1f\n"
	FUNCTION(in_process_landing)
	"	adrp x9, in_process_stack\n"
	"	ldr x10, [x9, #:lo12:in_process_stack]\n"
	"	mov sp, x10\n"
	"	mov w0, #0\n"
	"1:	ldp x19, x20, [sp, #16]\n"
	"	ldp x21, x22, [sp, #32]\n"
	"	ldp x23, x24, [sp, #48]\n"
	"	ldp x25, x26, [sp, #64]\n"
	"	ldp x27, x28, [sp, #80]\n"
	"	ldp d8, d9, [sp, #96]\n"
	"	ldp d10, d11, [sp, #112]\n"
	"	ldp d12, d13, [sp, #128]\n"
	"	ldp d14, d15, [sp, #144]\n"
	"	ldp x29, x30, [sp], #160\n"
	"	ret\n");
/* clang-format on */
#endif

/* Let the handler that was called with CONTEXT return to in_process_landing(). */
static void land(ucontext_t *context)
{
#if defined(__x86_64__)
	static const greg_t direction_flag = 0x400;

	context->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)in_process_landing;
	context->uc_mcontext.gregs[REG_EFL] &= ~direction_flag;
#else
	context->uc_mcontext.pc = (uintptr_t)in_process_landing;
#endif
}

/* Make NUMBER pending for this thread again, with the same INFO. */
static void send_again(int number, const siginfo_t *info)
{
	sys_call(SYS_rt_tgsigqueueinfo, sys_getpid(), sys_gettid(), number, (long)info, 0, 0);
}

static void caught(int number, siginfo_t *info, void *context);

/* Restore the dispositions, except those that the host has set since. */
static void put_back(void)
{
	for (size_t i = 0; i < FAULT_COUNT; i++) {
		struct kernel_action now;

		if (kernel_action_set(faults[i], NULL, &now) == 0 && now.handler == caught)
			kernel_action_set(faults[i], &guard.before[i], NULL);
	}
}

/* Returns whether the work was over in time. */
static bool await_work(void)
{
	struct deadline deadline = deadline_in(OTHERS_MS);
	pid_t task;

	while ((task = atomic_load(&guard.task)) != 0)
		if (!deadline_wait(&deadline, &guard.task, task))
			return false;
	return true;
}

static void caught(int number, siginfo_t *info, void *context)
{
	if (sys_getpid() != guard.process) {
		put_back(); /* we are a forked child, which inherited our handlers */
		send_again(number, info);
	} else if (sys_gettid() != atomic_load(&guard.task)) {
		if (!await_work())
			put_back();
		send_again(number, info);
	} else {
		/* Somebody sent the signal: it is delivered when the work is over. */
		if (info->si_code <= 0) {
			context_block(context, number);
			send_again(number, info);
		}
		land(context);
	}
}

/* On the tracer's stack. */
static void guarded(void *nothing)
{
	const uint64_t open = SIGNALS_SYNCHRONOUS, closed = ~(uint64_t)0;
	struct kernel_action action = kernel_action(caught, closed);
	stack_t before;

	(void)nothing;
	sys_call(SYS_sigaltstack, (long)&guard.alternate, (long)&before, 0, 0, 0, 0);
	for (size_t i = 0; i < FAULT_COUNT; i++)
		kernel_action_set(faults[i], NULL, &guard.before[i]);
	for (size_t i = 0; i < FAULT_COUNT; i++)
		kernel_action_set(faults[i], &action, NULL);
	sys_sigprocmask(SIG_UNBLOCK, &open, NULL);
	guard.survived = in_process_call(guard.work, guard.argument) != 0;
	sys_sigprocmask(SIG_SETMASK, &closed, NULL);
	put_back();
	sys_call(SYS_sigaltstack, (long)&before, 0, 0, 0, 0, 0);
}

enum trace_outcome in_process_run(void (*work)(void *), void *argument)
{
	uint64_t all = ~(uint64_t)0, before;
	struct tracer_stacks stacks;

	if (!tracer_stacks(&stacks))
		return TRACE_NONE;
	sys_sigprocmask(SIG_SETMASK, &all, &before);
	guard.work = work;
	guard.argument = argument;
	guard.alternate = stacks.alternate;
	guard.process = sys_getpid();
	atomic_store(&guard.task, sys_gettid());
	stack_switch(guarded, NULL, stacks.top);
	atomic_store(&guard.task, 0);
	sys_call(SYS_futex, (long)&guard.task, FUTEX_WAKE, 1 << 30, 0, 0, 0);
	sys_sigprocmask(SIG_SETMASK, &before, NULL);
	return guard.survived ? TRACE_IN_PROCESS : TRACE_DIED;
}
