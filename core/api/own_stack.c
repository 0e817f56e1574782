/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/own_stack.h"

#include "core/api/work.h"

#include <dlfcn.h>

/* By name: libc may be older than the function (modules_ask()). */
__attribute__((constructor)) static void begin(void)
{
	void *find = dlsym(RTLD_DEFAULT, "_dl_find_object");

	modules_ask((int (*)(void *, struct dl_find_object *))find);
}

/* The number of TRACE's innermost frames that are the API's own: those before the frame with pc
 * CALLER. */
static unsigned own_frames(const struct trace *trace, const void *caller)
{
	for (unsigned i = 0; i < trace->count; i++)
		if (trace->frames[i].pc == (uintptr_t)caller)
			return i;
	return 0;
}

struct trace *own_stack_take(const void *caller, unsigned *ret_first)
{
	struct trace *trace = work_map(sizeof *trace);
	struct trace_registers registers;

	if (trace == NULL)
		return NULL;
	registers_here(&registers);
	trace_from_here(trace, &registers, NULL);
	trace_modules(trace);
	trace_symbolize(trace);
	*ret_first = own_frames(trace, caller);
	return trace;
}

void own_stack_give(struct trace *trace)
{
	if (trace != NULL)
		work_unmap(trace, sizeof *trace);
}

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
	if (frame->left_out > 0)
		text_printf(text, "\n  [%u more frames]", frame->left_out);
}

/* The innermost frame: CALL knows its file and line, which the symbols do not. */
static void add_innermost(
	struct text *text, const struct frame *frame, const struct vigil_call *call)
{
	if (call->file == NULL || call->function == NULL)
		add_frame(text, frame);
	else
		text_printf(text, "\n  File \"%s\", line %d, in %s", call->file, call->line,
			call->function);
}

void own_stack_describe(struct text *text, const void *caller, const struct vigil_call *call)
{
	unsigned first = 0;
	struct trace *trace = own_stack_take(caller, &first);

	text_add(text, "Stack (most recent call last):");
	if (trace == NULL)
		return;
	for (unsigned i = trace->count; i-- > first + 1;)
		add_frame(text, &trace->frames[i]);
	if (trace->count > first)
		add_innermost(text, &trace->frames[first], call);
	own_stack_give(trace);
}
