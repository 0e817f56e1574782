/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/emit/named.h"

#include "shim/emit/preload_settings.h"

#include <signal.h>

void named_find(struct trace *trace, int number)
{
	const struct trace_settings *wanted = &settings()->trace;

	if (wanted->names == TRACE_NAMES_OFF && !(wanted->cxx && number == SIGABRT))
		return;
	trace->modules.memory_only = wanted->names != TRACE_NAMES_SYMTAB;
	trace_symbolize(trace);
}

/* A mark such as "<signal handler called>" is no name that was found. */
static bool was_found(const struct trace *trace, const char *name)
{
	return name >= trace->storage && name < trace->storage + sizeof trace->storage;
}

void named_settle(struct trace *trace)
{
	if (settings()->trace.names != TRACE_NAMES_OFF)
		return;
	for (unsigned i = 0; i < trace->count; i++)
		if (was_found(trace, trace->frames[i].function))
			trace->frames[i].function = NULL;
}
