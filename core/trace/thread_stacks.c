/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/thread_stacks.h"

void thread_stacks_init(struct thread_stacks *stacks, unsigned most)
{
	stacks->most = most;
	stacks->count = stacks->frame_count = 0;
	modules_init(&stacks->modules);
	text_init(&stacks->names, stacks->storage, sizeof stacks->storage);
}

static bool is_same(const struct thread_stack *one, const struct thread_stack *other)
{
	if (one->count != other->count || one->truncated != other->truncated)
		return false;
	for (unsigned i = 0; i < one->count; i++)
		if (one->frames[i].pc != other->frames[i].pc)
			return false;
	return true;
}

static const struct thread_stack *find_same(
	const struct thread_stacks *stacks, const struct thread_stack *stack)
{
	for (unsigned i = 0; i < stacks->count; i++)
		if (is_same(&stacks->list[i], stack))
			return &stacks->list[i];
	return NULL;
}

const struct thread_stack *thread_stacks_walk(
	struct thread_stacks *stacks, const struct trace_registers *registers)
{
	struct thread_stack *stack = &stacks->list[stacks->count];
	struct frame *frames = &stacks->frames[stacks->frame_count];
	unsigned room = THREAD_FRAMES_MAX - stacks->frame_count;
	const struct thread_stack *same;
	struct unwind unwind;

	if (stacks->count == THREAD_STACKS_MAX || room == 0)
		return NULL;
	*stack = (struct thread_stack){.frames = frames};
	unwind_init(&unwind, registers, &stacks->modules);
	frames_walk(&unwind, frames, room < stacks->most ? room : stacks->most, &stack->count,
		&stack->truncated);
	same = find_same(stacks, stack);
	if (same != NULL)
		return same;
	stacks->frame_count += stack->count;
	stacks->count++;
	return stack;
}
