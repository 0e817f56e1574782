/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/own_stack.h"

#include "core/api/work.h"

#include <dlfcn.h>

#ifdef DLFO_STRUCT_HAS_EH_DBASE
/* The library is built for the machine's own C library; see modules_ask(). */
__attribute__((constructor)) static void begin(void)
{
	modules_ask(_dl_find_object);
}
#endif

/* How many of TRACE's innermost frames are ours: those before the one that CALLER returns to. */
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
