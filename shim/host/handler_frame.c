/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/host/handler_frame.h"

#include <stddef.h>
#include <string.h>

static uintptr_t down(uintptr_t address, uintptr_t unit)
{
	return address & ~(unit - 1);
}

#if defined(__x86_64__)

/* What may lie below the stack pointer. */
#define RED_ZONE 128

/* arch/x86/include/asm/sigframe.h; the extended state lies above, 64-aligned. */
struct kernel_frame {
	uint64_t restorer;
	char context[offsetof(ucontext_t, uc_sigmask) + sizeof(uint64_t)];
	siginfo_t info;
};
_Static_assert(offsetof(struct kernel_frame, info) == 312, "as handler_stack.c's stub has it");
_Static_assert(sizeof(struct kernel_frame) == 440, "as the kernel has it");

/* arch/x86/include/uapi/asm/sigcontext.h: where the state says how long it is, if it does. */
#define STATE_SIZE 512
#define STATE_MAGIC_AT 464
#define STATE_SIZE_AT 468
#define STATE_MAGIC 0x46505853u

#else

#include <asm/sigcontext.h>

/* arch/arm64/kernel/signal.c. The frame may be longer than this structure. Above it lies the record
 * that x29 points at. */
struct kernel_frame {
	siginfo_t info;
	ucontext_t context;
};
_Static_assert(offsetof(struct kernel_frame, context) == 128, "as handler_stack.c's stub has it");
#define RECORD_SIZE 16

#endif

static const struct kernel_frame *frame_of(const struct handler_record *record)
{
	return (const struct kernel_frame *)(const void *)((const char *)record->context -
							   offsetof(struct kernel_frame, context));
}

const siginfo_t *handler_frame_info(const struct handler_record *record)
{
	return &frame_of(record)->info;
}

#if defined(__x86_64__)

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

uintptr_t handler_frame_interrupted(const struct handler_record *record)
{
	return (uintptr_t)registers_of(record)[REG_RSP];
}

void handler_frame_begin(const struct handler_record *record, const struct handler_record *outer,
	kernel_handler *handler, char *frame)
{
	greg_t *registers = registers_of(record);

	registers[REG_RIP] = (greg_t)handler;
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

/* How far above the beginning of the frame its x29 record lies. */
static uintptr_t record_at(const struct handler_record *record)
{
	return (uintptr_t)record->frame_record - (uintptr_t)frame_of(record);
}

uintptr_t handler_frame_interrupted(const struct handler_record *record)
{
	return (uintptr_t)registers_of(record)->sp;
}

void handler_frame_begin(const struct handler_record *record, const struct handler_record *outer,
	kernel_handler *handler, char *frame)
{
	mcontext_t *registers = registers_of(record);

	registers->pc = (uintptr_t)handler;
	registers->sp = (uintptr_t)frame;
	registers->regs[0] = outer->number;
	registers->regs[1] = (uintptr_t)(frame + offsetof(struct kernel_frame, info));
	registers->regs[2] = (uintptr_t)(frame + offsetof(struct kernel_frame, context));
	registers->regs[29] = (uintptr_t)frame + record_at(outer);
	registers->regs[30] = outer->return_address;
}

/* Move the pointer to the extra context by DISTANCE. The kernel puts there, behind the context,
 * what did not fit into it. */
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
