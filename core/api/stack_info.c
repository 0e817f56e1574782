/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/log.h"

#include "core/api/own_stack.h"

static void add_frame(struct text *text, const struct frame *frame)
{
	text_printf(text, "\n  File \"%s\", in ",
		frame->module == NULL ? "(unknown file)" : frame->module->path);
	if (frame->function != NULL)
		text_printf(text, "%s+0x%llx", frame->function,
			(unsigned long long)frame->function_offset);
	else
		text_printf(text, "0x%llx",
			(unsigned long long)(frame->module == NULL ? frame->pc : frame->offset));
}

/* Of the innermost frame the call itself knows more than the symbols do. */
static void add_location(
	struct text *text, const struct frame *frame, const struct vigil_call *location)
{
	if (location->file == NULL || location->function == NULL)
		add_frame(text, frame);
	else
		text_printf(text, "\n  File \"%s\", line %d, in %s", location->file, location->line,
			location->function);
}

void stack_info_add(struct text *text, const void *caller, const struct vigil_call *location)
{
	unsigned first = 0;
	struct trace *trace = own_stack_take(caller, &first);

	text_add(text, "Stack (most recent call last):");
	if (trace == NULL)
		return;
	for (unsigned i = trace->count; i-- > first + 1;)
		add_frame(text, &trace->frames[i]);
	if (trace->count > first)
		add_location(text, &trace->frames[first], location);
	own_stack_give(trace);
}
