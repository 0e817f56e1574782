/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stub's way, on a stack of ours: it notes what it is called with, handler_stack_move() copies
 * the frame, the stub goes over to the copy, handler_stack_give_up() takes our stack away, and the
 * stub jumps to the handler.
 */
#include "shim/host/handler_frame.h"

#include "shim/host/handler_stack.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

extern char handler_frame_entry[] __attribute__((visibility("hidden")));
extern char handler_frame_noted[] __attribute__((visibility("hidden")));

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define HEAD TEXT(HANDLER_STACK_HEAD)
#define SIZE TEXT(HANDLER_STACK_SIZE)
#define SYMBOL(name) ".globl " #name "\n.hidden " #name "\n" #name ":\n"
#define STUBS(load, jump)                                                                          \
	".text\n.balign 16\n" SYMBOL(                                                              \
		handler_frame_stubs) ".set index, 0\n"                                             \
				     ".rept " TEXT(                                                \
					     HANDLER_STUBS) "\n"                                   \
							    ".balign " TEXT(                       \
								    HANDLER_STUB_SIZE) "\n" load   \
										       "\n" jump   \
										       " handler_" \
										       "frame_"    \
										       "entry\n"   \
										       ".set "     \
										       "index, "   \
										       "index + "  \
										       "1\n"       \
										       ".endr\n."  \
										       "balign "   \
										       "16\n"

static uintptr_t down(uintptr_t address, uintptr_t unit)
{
	return address & ~(unit - 1);
}

static bool is_between(uintptr_t pc, const char *begin, const char *end)
{
	return pc - (uintptr_t)begin < (uintptr_t)(end - begin);
}

/* The stub's number: its first instruction puts INDEX into a register. */
static uint64_t index_at(uintptr_t pc, uint64_t index)
{
	return is_between(pc, handler_frame_stubs, handler_frame_entry)
		       ? (pc - (uintptr_t)handler_frame_stubs) / HANDLER_STUB_SIZE
		       : index;
}

_Static_assert(offsetof(struct handler_stack_head, record) == 0, "as the stubs have it");

#if defined(__x86_64__)

/* What may lie below the stack pointer. */
#define RED_ZONE 128

/* arch/x86/include/asm/sigframe.h; the extended state lies above, 64-aligned. */
struct kernel_frame {
	uint64_t restorer;
	char context[offsetof(ucontext_t, uc_sigmask) + sizeof(uint64_t)];
	siginfo_t info;
};
_Static_assert(offsetof(struct kernel_frame, info) == 312, "as the stub has it");
_Static_assert(sizeof(struct kernel_frame) == 440, "as the kernel has it");

/* arch/x86/include/uapi/asm/sigcontext.h: where the state says how long it is, if it does. */
#define STATE_SIZE 512
#define STATE_MAGIC_AT 464
#define STATE_SIZE_AT 468
#define STATE_MAGIC 0x46505853u

/*
 * The kernel's frame is at %rsp, and its ucontext_t, at %rdx, right behind the return address: else
 * this is a call of somebody's who has asked the kernel for the handler (a Go runtime).
 */
/* clang-format off */
__asm__(STUBS("	mov $index, %eax", "	jmp")
	SYMBOL(handler_frame_entry)
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
	SYMBOL(handler_frame_noted)
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

uintptr_t handler_frame_thread_pointer(void)
{
	uintptr_t pointer;

	__asm__("mov %%fs:0, %0" : "=r"(pointer));
	return pointer;
}

static greg_t *registers_of(const struct handler_record *record)
{
	return record->context->uc_mcontext.gregs;
}

static const struct kernel_frame *frame_of(const struct handler_record *record)
{
	return (const struct kernel_frame *)(const void *)((const char *)record->context -
							   offsetof(struct kernel_frame, context));
}

uintptr_t handler_frame_interrupted(const struct handler_record *record)
{
	return (uintptr_t)registers_of(record)[REG_RSP];
}

const siginfo_t *handler_frame_info(const struct handler_record *record)
{
	return &frame_of(record)->info;
}

bool handler_frame_of_stub(const struct handler_record *record, struct handler_record *ret_record)
{
	const greg_t *registers = registers_of(record);
	uintptr_t pc = (uintptr_t)registers[REG_RIP];

	if (!is_between(pc, handler_frame_stubs, handler_frame_noted))
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

void handler_frame_begin(
	const struct handler_record *record, const struct handler_record *outer, char *frame)
{
	greg_t *registers = registers_of(record);

	registers[REG_RIP] = (greg_t)atomic_load(&handler_stack_table[outer->index]);
	registers[REG_RSP] = (greg_t)frame;
	registers[REG_RDI] = (greg_t)outer->number;
	registers[REG_RSI] = (greg_t)(frame + offsetof(struct kernel_frame, info));
	registers[REG_RDX] = (greg_t)(frame + offsetof(struct kernel_frame, context));
	registers[REG_RAX] = 0;
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

char *handler_frame_copy(const struct handler_record *record, int flags,
	bool (*is_writable)(uintptr_t begin, uintptr_t size))
{
	const char *state = (const char *)record->context->uc_mcontext.fpregs;
	const size_t size = state_size(state);
	uintptr_t at = down(handler_frame_interrupted(record) - RED_ZONE - size, 64);
	struct kernel_frame *copy = (struct kernel_frame *)(down(at - sizeof *copy, 16) - 8);
	ucontext_t *context = (ucontext_t *)(void *)copy->context;

	if (!is_writable((uintptr_t)copy, at + size - (uintptr_t)copy))
		return NULL;
	memcpy(copy, frame_of(record), sizeof *copy);
	memcpy((void *)at, state, size);
	context->uc_stack = (stack_t){.ss_flags = flags};
	if (size > 0)
		context->uc_mcontext.fpregs = (fpregset_t)at;
	return (char *)copy;
}

#else

#include <asm/sigcontext.h>

/* arch/arm64/kernel/signal.c. Above what is longer than that lies the record that x29 points at. */
struct kernel_frame {
	siginfo_t info;
	ucontext_t context;
};
_Static_assert(offsetof(struct kernel_frame, context) == 128, "as the stub has it");
#define RECORD_SIZE 16

/* As above, with the frame at sp and the ucontext_t at x2; in x12, how long a stack is. */
/* clang-format off */
__asm__(STUBS("	mov w9, #index", "	b")
	SYMBOL(handler_frame_entry)
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
	SYMBOL(handler_frame_noted)
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

uintptr_t handler_frame_thread_pointer(void)
{
	uintptr_t pointer;

	__asm__("mrs %0, tpidr_el0" : "=r"(pointer));
	return pointer;
}

static mcontext_t *registers_of(const struct handler_record *record)
{
	return &record->context->uc_mcontext;
}

static const struct kernel_frame *frame_of(const struct handler_record *record)
{
	return (const struct kernel_frame *)(const void *)((const char *)record->context -
							   offsetof(struct kernel_frame, context));
}

/* How far above the frame its record is. */
static uintptr_t record_at(const struct handler_record *record)
{
	return (uintptr_t)record->frame_record - (uintptr_t)frame_of(record);
}

uintptr_t handler_frame_interrupted(const struct handler_record *record)
{
	return (uintptr_t)registers_of(record)->sp;
}

const siginfo_t *handler_frame_info(const struct handler_record *record)
{
	return &frame_of(record)->info;
}

bool handler_frame_of_stub(const struct handler_record *record, struct handler_record *ret_record)
{
	const mcontext_t *registers = registers_of(record);
	uintptr_t pc = (uintptr_t)registers->pc;

	if (!is_between(pc, handler_frame_stubs, handler_frame_noted))
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

void handler_frame_begin(
	const struct handler_record *record, const struct handler_record *outer, char *frame)
{
	mcontext_t *registers = registers_of(record);

	registers->pc = (uintptr_t)atomic_load(&handler_stack_table[outer->index]);
	registers->sp = (uintptr_t)frame;
	registers->regs[0] = outer->number;
	registers->regs[1] = (uintptr_t)(frame + offsetof(struct kernel_frame, info));
	registers->regs[2] = (uintptr_t)(frame + offsetof(struct kernel_frame, context));
	registers->regs[29] = (uintptr_t)frame + record_at(outer);
	registers->regs[30] = outer->return_address;
}

/* What did not fit into the context lies behind it, and is pointed at. */
static void move_extra(mcontext_t *registers, uintptr_t distance)
{
	char *at = (char *)registers->__reserved;
	char *end = at + sizeof registers->__reserved;
	struct _aarch64_ctx head;

	for (; at + sizeof head <= end; at += head.size) {
		struct extra_context extra;

		memcpy(&head, at, sizeof head);
		if (head.magic == 0 || head.size < sizeof head)
			return;
		if (head.magic != EXTRA_MAGIC)
			continue;
		memcpy(&extra, at, sizeof extra);
		extra.datap += distance;
		memcpy(at, &extra, sizeof extra);
		return;
	}
}

char *handler_frame_copy(const struct handler_record *record, int flags,
	bool (*is_writable)(uintptr_t begin, uintptr_t size))
{
	uintptr_t size = record_at(record) + RECORD_SIZE;
	uintptr_t end = down(handler_frame_interrupted(record) - RECORD_SIZE, 16) + RECORD_SIZE;
	struct kernel_frame *copy = (struct kernel_frame *)(end - size);

	if (!is_writable((uintptr_t)copy, size))
		return NULL;
	memcpy(copy, frame_of(record), size);
	copy->context.uc_stack = (stack_t){.ss_flags = flags};
	move_extra(&copy->context.uc_mcontext, (uintptr_t)copy - (uintptr_t)frame_of(record));
	return (char *)copy;
}

#endif
