/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stub's way, on a stack of ours: it notes what it is called with, handler_stack_move() copies
 * the frame, the stub goes over to the copy, handler_stack_give_up() takes our stack away, and the
 * stub jumps to the handler. Until it has gone over it can be interrupted: the kernel delivers several signals at once, one frame upon the other, before the
 * first handler has begun. The stub of the last one then moves them all, from the first on: each
 * becomes one that was interrupted at its handler's first instruction, as without us.
 */
#include "shim/handler_stack.h"

#if defined(__x86_64__)

#include "core/base/sys.h"
#include "shim/life.h"
#include "shim/signals.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

typedef void handler_function(int, siginfo_t *, void *);

/* Handlers without SA_SIGINFO have the even stubs, those with it the odd ones. */
#define STUBS 128
#define STUB_SIZE 16

/* What is between the stack pointer and the frame: a function's own without moving the pointer. */
#define RED_ZONE 128

/* The stub and handler_stack_move() need less than this, and any frame of the kernel's more. */
#define STUB_STACK 900

/* arch/x86/include/asm/sigframe.h; the extended state lies above, 64-aligned. */
struct kernel_frame {
	uint64_t restorer;
	char context[offsetof(ucontext_t, uc_sigmask) + sizeof(uint64_t)];
	siginfo_t info;
};
_Static_assert(offsetof(struct kernel_frame, info) == 312, "as the stub has it");
_Static_assert(offsetof(struct handler_stack_head, record) == 0, "as the stub has it");
_Static_assert(sizeof(struct kernel_frame) == 440, "as the kernel has it");

/* arch/x86/include/uapi/asm/sigcontext.h: where the state says how long it is, if it does. */
#define STATE_SIZE 512
#define STATE_MAGIC_AT 464
#define STATE_SIZE_AT 468
#define STATE_MAGIC 0x46505853u

/* What the stub was called with; it writes this. */
struct record {
	char *stack;
	uint64_t index, number;
	ucontext_t *context;
	const struct record *previous; /* of the stub that was there when this one came */
};

/* The host's handlers behind the stubs. */
_Atomic(handler_function *) handler_stack_table[STUBS] __attribute__((visibility("hidden")));

/*
 * The thread pointer of the first thread when our stack was taken from it: the kernel says then
 * that its stack was switched off, and of a thread that never had one, nothing. 0: it is right.
 */
_Atomic uintptr_t handler_stack_first __attribute__((visibility("hidden")));

extern char handler_stack_stubs[] __attribute__((visibility("hidden")));
extern char handler_stack_entry[] __attribute__((visibility("hidden")));
extern char handler_stack_noted[] __attribute__((visibility("hidden")));

/* Called by the stub: the place of the frame's copy; NULL: the handler is not to be called, and the
 * stub returns. */
void *handler_stack_move(struct record *record) __attribute__((visibility("hidden")));

/* Called by the stub on the interrupted stack. */
void handler_stack_give_up(char *stack) __attribute__((visibility("hidden")));

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define SYMBOL(name) ".globl " #name "\n.hidden " #name "\n" #name ":\n"

/*
 * The kernel's frame is at %rsp, and its ucontext_t, at %rdx, right behind the return address: else
 * this is a call of somebody's who has asked the kernel for the handler (a Go runtime).
 */
__asm__(".text\n"
	".balign 16\n"
	SYMBOL(handler_stack_stubs)
	".set index, 0\n"
	".rept " TEXT(STUBS) "\n"
	".balign " TEXT(STUB_SIZE) "\n"
	"	mov $index, %eax\n"
	"	jmp handler_stack_entry\n"
	".set index, index + 1\n"
	".endr\n"
	".balign 16\n"
	SYMBOL(handler_stack_entry)
	"	lea 8(%rsp), %rcx\n"
	"	cmp %rcx, %rdx\n"
	"	jne 2f\n"
	"	mov 32(%rdx), %rcx\n" /* uc_stack.ss_size */
	"	test %rcx, %rcx\n"
	"	je 1f\n"
	"	cmp $" TEXT(HANDLER_STACK_SIZE) ", %rcx\n"
	"	jne 2f\n"
	"	mov 16(%rdx), %rcx\n" /* uc_stack.ss_sp */
	"	mov %ecx, %r8d\n"
	"	and $4095, %r8d\n"
	"	cmp $" TEXT(HANDLER_STACK_HEAD) ", %r8d\n"
	"	jne 2f\n"
	"	mov %rsp, %r8\n"
	"	sub %rcx, %r8\n"
	"	cmp $" TEXT(HANDLER_STACK_SIZE) ", %r8\n"
	"	jae 2f\n"
	"	push -" TEXT(HANDLER_STACK_HEAD) "(%rcx)\n"
	"	push %rdx\n"
	"	push %rdi\n"
	"	push %rax\n"
	"	push %rcx\n"
	"	mov %rsp, -" TEXT(HANDLER_STACK_HEAD) "(%rcx)\n"
	SYMBOL(handler_stack_noted)
	"	mov %rsp, %rdi\n"
	"	call handler_stack_move\n"
	"	mov (%rsp), %rcx\n"
	"	mov 8(%rsp), %r8\n"
	"	mov 16(%rsp), %rdi\n"
	"	test %rax, %rax\n"
	"	je 3f\n"
	"	mov %rax, %rsp\n"
	"	movq $0, -" TEXT(HANDLER_STACK_HEAD) "(%rcx)\n"
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
	"1:	mov %fs:0, %rcx\n"
	"	cmp %rcx, handler_stack_first(%rip)\n"
	"	jne 2f\n"
	"	movl $0, 24(%rdx)\n" /* uc_stack.ss_flags */
	"2:	lea handler_stack_table(%rip), %rcx\n"
	"	mov (%rcx,%rax,8), %rcx\n"
	"	xor %eax, %eax\n"
	"	jmp *%rcx\n"
	"3:	movq $0, -" TEXT(HANDLER_STACK_HEAD) "(%rcx)\n"
	"	add $40, %rsp\n"
	"	ret\n");

static uintptr_t down(uintptr_t address, uintptr_t unit)
{
	return address & ~(unit - 1);
}

static bool is_on(const char *stack, uintptr_t sp)
{
	return sp - (uintptr_t)stack < HANDLER_STACK_SIZE;
}

static uintptr_t thread_pointer(void)
{
	uintptr_t pointer;

	__asm__("mov %%fs:0, %0" : "=r"(pointer));
	return pointer;
}

static struct handler_stack_head *head_of(char *stack)
{
	return (struct handler_stack_head *)(void *)(stack - HANDLER_STACK_HEAD);
}

static greg_t *registers_of(const struct record *record)
{
	return record->context->uc_mcontext.gregs;
}

static const struct kernel_frame *frame_of(const struct record *record)
{
	return (const struct kernel_frame *)(const void *)((const char *)record->context -
							   offsetof(struct kernel_frame, context));
}

/* How long the extended state at STATE is; NULL: there is none. */
static size_t state_size(const char *state)
{
	uint32_t magic, size;

	if (state == NULL)
		return 0;
	memcpy(&magic, state + STATE_MAGIC_AT, sizeof magic);
	memcpy(&size, state + STATE_SIZE_AT, sizeof size);
	return magic == STATE_MAGIC ? size : STATE_SIZE;
}

/*
 * Whether SIZE bytes at BEGIN can be written, and a stack grows there if it must: the kernel writes
 * into each page. Where a filter may forbid that, it is tried, and a fault in the handler of a
 * fault kills as well.
 */
static bool is_writable(uintptr_t begin, size_t size)
{
	const uintptr_t page = 4096;

	if (!life_has_begun())
		return true;
	for (uintptr_t at = begin; at < begin + size; at = down(at, page) + page)
		if (sys_call(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)at, SYS_SIGSET_SIZE, 0, 0) ==
			-EFAULT)
			return false;
	return true;
}

/* Copy RECORD's frame to where the kernel would have made it, had it been on the interrupted stack.
 */
static char *copy_frame(const struct record *record)
{
	const char *state = (const char *)record->context->uc_mcontext.fpregs;
	const size_t size = state_size(state);
	uintptr_t end = (uintptr_t)registers_of(record)[REG_RSP] - RED_ZONE;
	uintptr_t at = down(end - size, 64);
	struct kernel_frame *copy;
	ucontext_t *context;

	if (size > 0)
		end = at + size;
	copy = (struct kernel_frame *)(down(at - sizeof *copy, 16) - 8);
	if (!is_writable((uintptr_t)copy, end - (uintptr_t)copy))
		return NULL;
	memcpy(copy, frame_of(record), sizeof *copy);
	memcpy((void *)at, state, size);
	context = (ucontext_t *)(void *)copy->context;
	context->uc_stack = (stack_t){ .ss_flags = head_of(record->stack)->flags };
	if (size > 0)
		context->uc_mcontext.fpregs = (fpregset_t)at;
	return (char *)copy;
}

static bool is_between(greg_t pc, const char *begin, const char *end)
{
	return (uintptr_t)pc - (uintptr_t)begin < (uintptr_t)(end - begin);
}

/*
 * The stub that RECORD's signal has interrupted: it has noted what it was called with, or still has
 * that in its registers. Returns false when it is no stub, but our own handler of a death.
 */
static bool find_interrupted(const struct record *record, struct record *ret_record)
{
	const greg_t *registers = registers_of(record);
	greg_t pc = registers[REG_RIP];
	const struct record *noted = record->previous;

	if (is_between(pc, handler_stack_stubs, handler_stack_noted)) {
		bool is_first = is_between(pc, handler_stack_stubs, handler_stack_entry);

		*ret_record = (struct record){
			.stack = record->stack,
			.index = is_first ? (uint64_t)(pc - (greg_t)handler_stack_stubs) / STUB_SIZE
					  : (uint64_t)registers[REG_RAX],
			.number = (uint64_t)registers[REG_RDI],
			.context = (ucontext_t *)registers[REG_RDX],
			.previous = noted,
		};
		return true;
	}
	if (noted == NULL || (uintptr_t)noted - (uintptr_t)registers[REG_RSP] > STUB_STACK)
		return false;
	*ret_record = *noted;
	return true;
}

/* Let RECORD's signal have interrupted the handler of OUTER at its beginning, whose frame is at
 * FRAME. */
static void begin_handler(const struct record *record, const struct record *outer, char *frame)
{
	greg_t *registers = registers_of(record);

	registers[REG_RIP] = (greg_t)atomic_load(&handler_stack_table[outer->index]);
	registers[REG_RSP] = (greg_t)frame;
	registers[REG_RDI] = (greg_t)outer->number;
	registers[REG_RSI] = (greg_t)(frame + offsetof(struct kernel_frame, info));
	registers[REG_RDX] = (greg_t)(frame + offsetof(struct kernel_frame, context));
	registers[REG_RAX] = 0;
}

/* Pending again, until the handler that it has interrupted is over. */
static void put_off(const struct record *record)
{
	uint64_t *mask = (uint64_t *)(void *)&record->context->uc_sigmask;

	*mask |= (uint64_t)1 << (record->number - 1);
	sys_call(SYS_rt_tgsigqueueinfo, sys_getpid(), sys_gettid(), (long)record->number,
		(long)&frame_of(record)->info, 0, 0);
}

/* The handler cannot run: what the kernel does when it cannot make a frame. */
static void *cannot_run(const struct record *record)
{
	head_of(record->stack)->record = NULL;
	signals_undeliverable((int)record->number, &frame_of(record)->info, record->context);
	return NULL;
}

/* As deep as there are frames of the kernel's on the stack. */
void *handler_stack_move(struct record *record)
{
	struct record outer;
	char *frame;

	if (is_on(record->stack, (uintptr_t)registers_of(record)[REG_RSP])) {
		if (!find_interrupted(record, &outer)) {
			if (frame_of(record)->info.si_code > 0)
				return cannot_run(record);
			put_off(record);
			return NULL;
		}
		frame = handler_stack_move(&outer);
		if (frame == NULL)
			return NULL;
		begin_handler(record, &outer, frame);
	}
	frame = copy_frame(record);
	return frame != NULL ? frame : cannot_run(record);
}

/* Where a filter may forbid it, each signal is moved anew. */
void handler_stack_give_up(char *stack)
{
	const stack_t none = { .ss_flags = SS_DISABLE };

	if (!life_has_begun())
		return;
	sys_call(SYS_sigaltstack, (long)&none, 0, 0, 0, 0, 0);
	if (head_of(stack)->flags == 0)
		atomic_store(&handler_stack_first, thread_pointer());
}

static int stub_of(const void *handler)
{
	uintptr_t offset = (uintptr_t)handler - (uintptr_t)handler_stack_stubs;

	return offset < STUBS * STUB_SIZE && offset % STUB_SIZE == 0 ? (int)(offset / STUB_SIZE)
								     : -1;
}

void handler_stack_take(struct sigaction *action)
{
	handler_function *handler = action->sa_sigaction;

	if (!(action->sa_flags & SA_ONSTACK) || action->sa_handler == SIG_DFL ||
		action->sa_handler == SIG_IGN || stub_of(handler) >= 0)
		return;
	for (int i = action->sa_flags & SA_SIGINFO ? 1 : 0; i < STUBS; i += 2) {
		handler_function *there = NULL;

		if (!atomic_compare_exchange_strong(&handler_stack_table[i], &there, handler) &&
			there != handler)
			continue;
		action->sa_sigaction =
			(handler_function *)(uintptr_t)(handler_stack_stubs + i * STUB_SIZE);
		action->sa_flags |= SA_SIGINFO;
		return;
	}
}

bool handler_stack_hide(struct sigaction *action)
{
	int stub = stub_of(action->sa_sigaction);

	if (stub < 0)
		return false;
	action->sa_sigaction = atomic_load(&handler_stack_table[stub]);
	if (stub % 2 == 0)
		action->sa_flags &= ~SA_SIGINFO;
	return true;
}

void handler_stack_forget(void)
{
	uintptr_t own = thread_pointer();

	atomic_compare_exchange_strong(&handler_stack_first, &own, 0);
}

#else

void handler_stack_take(struct sigaction *action)
{
	(void)action;
}

bool handler_stack_hide(struct sigaction *action)
{
	(void)action;
	return false;
}

void handler_stack_forget(void)
{
}

#endif
