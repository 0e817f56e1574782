/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stub does on a stack of ours: it makes a record of its arguments, calls
 * handler_stack_move(), which copies the frame, switches to the copy, calls
 * handler_stack_give_up(), which takes our stack from the thread, and jumps to the handler.
 *
 * A stub can be interrupted while it is on a stack of ours: if several signals are pending, the
 * kernel makes their frames one upon the other before the first handler has begun. The stub of the
 * last signal then moves all frames, the first one first, so that each handler is interrupted at
 * its first instruction, as without us.
 */
#include "shim/host/handler_stack.h"

#include "core/base/sys.h"
#include "shim/base/process_state.h"
#include "shim/host/fatal_handler.h"
#include "shim/host/handler_frame.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

/* A handler without SA_SIGINFO has a stub of even index, one with SA_SIGINFO of odd index; one
 * without SA_ONSTACK has a stub behind those with it. */
#define HANDLER_STUBS 144
#define ONSTACK_STUBS 128
#define HANDLER_STUB_SIZE 16

/*
 * The stubs one after the other, what all of them jump to, and the instruction behind their last
 * store into the record that they make.
 */
extern char handler_stubs[] __attribute__((visibility("hidden")));
extern char handler_stub_entry[] __attribute__((visibility("hidden")));
extern char handler_stub_noted[] __attribute__((visibility("hidden")));

/* The stubs read these: the host's handlers behind the stubs; */
_Atomic(kernel_handler *) handler_stack_table[HANDLER_STUBS] __attribute__((visibility("hidden")));

/* the thread pointer of the first thread after our stack was taken from it: in its frames ss_flags
 * is wrong then (SS_DISABLE, where a thread that never had a stack has 0); 0: ss_flags is right; */
_Atomic uintptr_t handler_stack_first __attribute__((visibility("hidden")));

/* and whether the host takes our stacks for its own, so that handlers stay there. */
_Atomic int handler_stack_adopted __attribute__((visibility("hidden")));

/*
 * Called by a stub on a stack of ours: copies RECORD's frame and returns the copy, to which the
 * stub switches. NULL: the handler is not called, and the stub returns to the kernel.
 */
void *handler_stack_move(struct handler_record *record) __attribute__((visibility("hidden")));

/* Called by the stub when it has left STACK. */
void handler_stack_give_up(char *stack) __attribute__((visibility("hidden")));

/* Whether threads have stacks of ours. */
static bool is_used;

/* Whether the host has set a stack of its own, on which the kernel would call a stub. */
static atomic_bool host_has_stacks;

/* More than a stub and handler_stack_move() need, less than any frame of the kernel's takes. */
#define STUB_STACK 900

_Static_assert(offsetof(struct handler_stack_head, record) == 0, "as the stubs have it");

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define HEAD TEXT(HANDLER_STACK_HEAD)
#define SIZE TEXT(HANDLER_STACK_SIZE)
#define SYMBOL(name) ".globl " #name "\n.hidden " #name "\n" #name ":\n"
/* clang-format off */
#define STUBS(load, jump) \
	".text\n.balign 16\n" SYMBOL(handler_stubs) \
	".set index, 0\n" \
	".rept " TEXT(HANDLER_STUBS) "\n" \
	".balign " TEXT(HANDLER_STUB_SIZE) "\n" \
	load "\n" \
	jump " handler_stub_entry\n" \
	".set index, index + 1\n" \
	".endr\n" \
	".balign 16\n"
/* clang-format on */

static bool is_between(uintptr_t pc, const char *begin, const char *end)
{
	return pc - (uintptr_t)begin < (uintptr_t)(end - begin);
}

/* The stub's number: its first instruction puts INDEX into a register. */
static uint64_t index_at(uintptr_t pc, uint64_t index)
{
	return is_between(pc, handler_stubs, handler_stub_entry)
		       ? (pc - (uintptr_t)handler_stubs) / HANDLER_STUB_SIZE
		       : index;
}

#if defined(__x86_64__)
/*
 * The kernel's frame is at %rsp. Its ucontext_t, to which %rdx points, lies right behind the return
 * address; if it does not, the caller is no kernel but a runtime that has read the handler's
 * address from the kernel (Go).
 */
/* clang-format off */
__asm__(STUBS("	mov $index, %eax", "	jmp")
	SYMBOL(handler_stub_entry)
	"	lea 8(%rsp), %rcx\n"
	"	cmp %rcx, %rdx\n"
	"	jne 2f\n"
	"	cmpl $0, handler_stack_adopted(%rip)\n"
	"	jne 2f\n"
	"	mov 32(%rdx), %rcx\n" /* uc_stack.ss_size */
	"	test %rcx, %rcx\n"
	"	je 1f\n"
	"	cmp $" SIZE ", %rcx\n"
	"	jne 2f\n"
	"	mov 16(%rdx), %rcx\n" /* uc_stack.ss_sp */
	"	mov %ecx, %r8d\n"
	"	and $4095, %r8d\n"
	"	cmp $" HEAD ", %r8d\n"
	"	jne 2f\n"
	"	mov %rsp, %r8\n"
	"	sub %rcx, %r8\n"
	"	cmp $" SIZE ", %r8\n"
	"	jae 2f\n"
	"	push -" HEAD "(%rcx)\n"
	"	push %rdx\n"
	"	push %rdi\n"
	"	push %rax\n"
	"	push %rcx\n"
	"	mov %rsp, -" HEAD "(%rcx)\n"
	SYMBOL(handler_stub_noted)
	"	mov %rsp, %rdi\n"
	"	call handler_stack_move\n"
	"	mov (%rsp), %rcx\n"
	"	mov 8(%rsp), %r8\n"
	"	mov 16(%rsp), %rdi\n"
	"	test %rax, %rax\n"
	"	je 3f\n"
	"	mov %rax, %rsp\n"
	"	movq $0, -" HEAD "(%rcx)\n"
	"	push %r8\n"
	"	push %rdi\n"
	"	push %rcx\n"
	"	mov %rcx, %rdi\n"
	"	call handler_stack_give_up\n"
	"	pop %rcx\n"
	"	pop %rdi\n"
	"	pop %rax\n"
	"	lea 8(%rsp), %rdx\n"
	"	lea 312(%rsp), %rsi\n"
	"	jmp 2f\n"
	"1:	mov handler_stack_first(%rip), %rcx\n"
	"	test %rcx, %rcx\n"
	"	je 2f\n"
	"	cmp %fs:0, %rcx\n"
	"	jne 2f\n"
	"	movl $0, 24(%rdx)\n" /* uc_stack.ss_flags */
	"2:	lea handler_stack_table(%rip), %rcx\n"
	"	mov (%rcx,%rax,8), %rcx\n"
	"	xor %eax, %eax\n"
	"	jmp *%rcx\n"
	"3:	movq $0, -" HEAD "(%rcx)\n"
	"	add $40, %rsp\n"
	"	ret\n");
/* clang-format on */

/* Whether RECORD's signal has interrupted a stub before that wrote its record; if so, *RET_RECORD
 * is the record that the stub would have written. */
static bool is_of_stub(const struct handler_record *record, struct handler_record *ret_record)
{
	const greg_t *registers = record->context->uc_mcontext.gregs;
	uintptr_t pc = (uintptr_t)registers[REG_RIP];

	if (!is_between(pc, handler_stubs, handler_stub_noted))
		return false;
	*ret_record = (struct handler_record){
		.stack = record->stack,
		.index = index_at(pc, (uint64_t)registers[REG_RAX]),
		.number = (uint64_t)registers[REG_RDI],
		.context = (ucontext_t *)registers[REG_RDX],
		.previous = record->previous,
	};
	return true;
}
#else
/* As above, with the frame at sp and the ucontext_t at x2; in x12, how long a stack is. */
/* clang-format off */
__asm__(STUBS("	mov w9, #index", "	b")
	SYMBOL(handler_stub_entry)
	"	add x10, sp, #128\n"
	"	cmp x2, x10\n"
	"	b.ne 2f\n"
	"	adrp x11, handler_stack_adopted\n"
	"	ldr w11, [x11, #:lo12:handler_stack_adopted]\n"
	"	cbnz w11, 2f\n"
	"	ldr x11, [x2, #32]\n" /* uc_stack.ss_size */
	"	cbz x11, 1f\n"
	"	mov x12, #(" SIZE " & 0xffff)\n"
	"	movk x12, #(" SIZE " >> 16), lsl #16\n"
	"	cmp x11, x12\n"
	"	b.ne 2f\n"
	"	ldr x10, [x2, #16]\n" /* uc_stack.ss_sp */
	"	and x11, x10, #4095\n"
	"	cmp x11, #" HEAD "\n"
	"	b.ne 2f\n"
	"	mov x11, sp\n"
	"	sub x11, x11, x10\n"
	"	cmp x11, x12\n"
	"	b.hs 2f\n"
	"	ldur x11, [x10, #-" HEAD "]\n"
	"	sub sp, sp, #64\n"
	"	stp x10, x9, [sp]\n"
	"	stp x0, x2, [sp, #16]\n"
	"	stp x11, x30, [sp, #32]\n"
	"	str x29, [sp, #48]\n"
	"	mov x11, sp\n"
	"	stur x11, [x10, #-" HEAD "]\n"
	SYMBOL(handler_stub_noted)
	"	mov x0, sp\n"
	"	bl handler_stack_move\n"
	"	ldp x10, x9, [sp]\n"
	"	ldr x8, [sp, #16]\n"
	"	ldr x30, [sp, #40]\n"
	"	add x11, sp, #64\n"
	"	cbz x0, 3f\n"
	"	sub x12, x0, x11\n"
	"	add x29, x29, x12\n"
	"	mov sp, x0\n"
	"	stur xzr, [x10, #-" HEAD "]\n"
	"	stp x8, x9, [sp, #-32]!\n"
	"	str x30, [sp, #16]\n"
	"	mov x0, x10\n"
	"	bl handler_stack_give_up\n"
	"	ldr x30, [sp, #16]\n"
	"	ldp x0, x9, [sp], #32\n"
	"	mov x1, sp\n"
	"	add x2, sp, #128\n"
	"	b 2f\n"
	"1:	adrp x10, handler_stack_first\n"
	"	ldr x10, [x10, #:lo12:handler_stack_first]\n"
	"	cbz x10, 2f\n"
	"	mrs x11, tpidr_el0\n"
	"	cmp x10, x11\n"
	"	b.ne 2f\n"
	"	str wzr, [x2, #24]\n" /* uc_stack.ss_flags */
	"2:	adrp x10, handler_stack_table\n"
	"	add x10, x10, #:lo12:handler_stack_table\n"
	"	ldr x10, [x10, x9, lsl #3]\n"
	"	br x10\n"
	"3:	stur xzr, [x10, #-" HEAD "]\n"
	"	mov sp, x11\n"
	"	ret\n");
/* clang-format on */

static bool is_of_stub(const struct handler_record *record, struct handler_record *ret_record)
{
	const mcontext_t *registers = &record->context->uc_mcontext;
	uintptr_t pc = (uintptr_t)registers->pc;

	if (!is_between(pc, handler_stubs, handler_stub_noted))
		return false;
	*ret_record = (struct handler_record){
		.stack = record->stack,
		.index = index_at(pc, registers->regs[9]),
		.number = registers->regs[0],
		.context = (ucontext_t *)(uintptr_t)registers->regs[2],
		.previous = record->previous,
		.return_address = registers->regs[30],
		.frame_record = registers->regs[29],
	};
	return true;
}
#endif

static bool is_on(const char *stack, uintptr_t sp)
{
	return sp - (uintptr_t)stack < HANDLER_STACK_SIZE;
}

static struct handler_stack_head *head_of(char *stack)
{
	return (struct handler_stack_head *)(void *)(stack - HANDLER_STACK_HEAD);
}

/*
 * Whether SIZE bytes at BEGIN can be written. The kernel writes into each page, for which a stack
 * grows. If a filter may forbid the call, the answer is true: a fault while the frame is copied
 * kills, too.
 */
static bool is_writable(uintptr_t begin, uintptr_t size)
{
	const uintptr_t page = 4096;

	if (!process_has_begun())
		return true;
	for (uintptr_t at = begin; at < begin + size; at = (at | (page - 1)) + 1)
		if (sys_call(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)at, SYS_SIGSET_SIZE, 0, 0) ==
			-EFAULT)
			return false;
	return true;
}

/*
 * The record of the stub that RECORD's signal has interrupted; the stub has written it, or still
 * has it in registers. Returns false if the signal has interrupted our own handler of a fatal
 * signal instead of a stub.
 */
static bool find_interrupted(const struct handler_record *record, struct handler_record *ret_record)
{
	const struct handler_record *noted = record->previous;

	if (is_of_stub(record, ret_record))
		return true;
	if (noted == NULL || (uintptr_t)noted - handler_frame_interrupted(record) > STUB_STACK)
		return false;
	*ret_record = *noted;
	return true;
}

/* RECORD's signal has interrupted our handler: block the signal until that returns, and make it
 * pending again. */
static void put_off(const struct handler_record *record)
{
	context_block(record->context, (int)record->number);
	sys_call(SYS_rt_tgsigqueueinfo, sys_getpid(), sys_gettid(), (long)record->number,
		(long)handler_frame_info(record), 0, 0);
}

/* The host's handler cannot run: do what the kernel does if it cannot make a frame. */
static void *cannot_run(const struct handler_record *record)
{
	head_of(record->stack)->record = NULL;
	signals_undeliverable((int)record->number, handler_frame_info(record), record->context);
	return NULL;
}

/* Recursive, once for each frame of the kernel's on the stack. */
void *handler_stack_move(struct handler_record *record)
{
	struct handler_record outer;
	char *frame;

	if (is_on(record->stack, handler_frame_interrupted(record))) {
		if (!find_interrupted(record, &outer)) {
			if (handler_frame_info(record)->si_code > 0)
				return cannot_run(record);
			put_off(record);
			return NULL;
		}
		frame = handler_stack_move(&outer);
		if (frame == NULL)
			return NULL;
		handler_frame_begin(
			record, &outer, atomic_load(&handler_stack_table[outer.index]), frame);
	}
	frame = handler_frame_copy(record, head_of(record->stack)->flags, is_writable);
	return frame != NULL ? frame : cannot_run(record);
}

/* If a filter may forbid sigaltstack(), the thread keeps our stack, and the frame of every signal
 * is moved. */
void handler_stack_give_up(char *stack)
{
	const stack_t none = {.ss_flags = SS_DISABLE};

	if (!process_has_begun())
		return;
	sys_call(SYS_sigaltstack, (long)&none, 0, 0, 0, 0, 0);
	if (head_of(stack)->flags == 0)
		atomic_store(&handler_stack_first, handler_frame_thread_pointer());
}

void handler_stack_forget(void)
{
	uintptr_t own = handler_frame_thread_pointer();

	atomic_compare_exchange_strong(&handler_stack_first, &own, 0);
}

static int stub_of(const void *handler)
{
	uintptr_t offset = (uintptr_t)handler - (uintptr_t)handler_stubs;

	return offset < HANDLER_STUBS * HANDLER_STUB_SIZE && offset % HANDLER_STUB_SIZE == 0
		       ? (int)(offset / HANDLER_STUB_SIZE)
		       : -1;
}

/*
 * Whether ACTION is one that a Go runtime with cgo sets by libc. Such a runtime asks the kernel for
 * a thread's alternate stack, and takes ours for its own: from then on no handler is moved.
 */
static bool is_of_go(const struct sigaction *action)
{
	const int flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
	const uint64_t all = ~((uint64_t)3 << 31); /* except those that libc reserves */
	uint64_t mask;

	memcpy(&mask, &action->sa_mask, sizeof mask);
	return (action->sa_flags & flags) == flags && (mask & all) == all;
}

void handler_stack_use(void)
{
	is_used = true;
}

bool handler_stack_is_used(void)
{
	return is_used;
}

static bool is_stack_of_ours(const stack_t *stack)
{
	return stack->ss_size == HANDLER_STACK_SIZE &&
	       (uintptr_t)stack->ss_sp % 4096 == HANDLER_STACK_HEAD;
}

/*
 * Whether a handler of NUMBER without SA_ONSTACK gets a stub: only there does the kernel look for
 * an alternate stack where ours would be found, and the calling thread, for which a sanitizer may
 * have set one past libc, has none of the host's.
 */
static bool is_taken_off_stack(int number)
{
	stack_t now;

	return number == SIGSEGV && !atomic_load(&host_has_stacks) && process_has_begun() &&
	       sys_call(SYS_sigaltstack, 0, (long)&now, 0, 0, 0, 0) == 0 &&
	       ((now.ss_flags & SS_DISABLE) || is_stack_of_ours(&now));
}

/* Let one of the stubs from BEGIN to END - 1 call ACTION's handler. Returns false if none is left.
 */
static bool take_stub(struct sigaction *action, int begin, int end)
{
	kernel_handler *handler = action->sa_sigaction;

	for (int i = begin + (action->sa_flags & SA_SIGINFO ? 1 : 0); i < end; i += 2) {
		kernel_handler *there = NULL;

		if (!atomic_compare_exchange_strong(&handler_stack_table[i], &there, handler) &&
			there != handler)
			continue;
		action->sa_sigaction =
			(kernel_handler *)(uintptr_t)(handler_stubs + i * HANDLER_STUB_SIZE);
		action->sa_flags |= SA_SIGINFO | SA_ONSTACK;
		return true;
	}
	return false;
}

void handler_stack_take(int number, struct sigaction *action)
{
	if (!is_used)
		return;
	if (is_of_go(action))
		atomic_store(&handler_stack_adopted, 1);
	if (atomic_load(&handler_stack_adopted) || action->sa_handler == SIG_DFL ||
		action->sa_handler == SIG_IGN ||
		stub_of((const void *)(uintptr_t)action->sa_sigaction) >= 0)
		return;
	if (action->sa_flags & SA_ONSTACK)
		take_stub(action, 0, ONSTACK_STUBS);
	else if (is_taken_off_stack(number))
		take_stub(action, ONSTACK_STUBS, HANDLER_STUBS);
}

void handler_stack_avoid(void)
{
	atomic_store(&host_has_stacks, true);
}

bool handler_stack_hide(struct sigaction *action)
{
	int stub = stub_of((const void *)(uintptr_t)action->sa_sigaction);

	if (stub < 0)
		return false;
	action->sa_sigaction = atomic_load(&handler_stack_table[stub]);
	if (stub % 2 == 0)
		action->sa_flags &= ~SA_SIGINFO;
	if (stub >= ONSTACK_STUBS)
		action->sa_flags &= ~SA_ONSTACK;
	return true;
}
