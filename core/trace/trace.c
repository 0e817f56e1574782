/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/trace.h"

#include "core/base/clock.h"
#include "core/trace/symbols.h"
#include "core/trace/unwind.h"

#include <string.h>

_Static_assert(sizeof(struct trace) <= (size_t)96 * 1024, "the preload keeps one in its BSS");

/* gdb's words */
static const char signal_handler_called[] = "<signal handler called>";

static void trace_init(struct trace *trace)
{
	trace->count = 0;
	trace->truncated = false;
	trace->stop = "not finished";
	modules_init(&trace->modules);
	text_init(&trace->names, trace->storage, sizeof trace->storage);
}

static struct frame *frame_add(struct trace *trace, const struct unwind *unwind)
{
	struct frame *frame = &trace->frames[trace->count];

	memset(frame, 0, sizeof *frame);
	frame->kind = unwind->kind;
	frame->pc = unwind_pc(unwind);
	frame->exact = unwind->exact;
	__atomic_store_n(&trace->count, trace->count + 1, __ATOMIC_RELEASE);
	return frame;
}

static bool is_over(const struct trace *trace)
{
	return trace->until_us != 0 && instant_now().mono_us > trace->until_us;
}

static void walk(struct trace *trace, struct unwind *unwind)
{
	const char *stop;

	do {
		if (trace->count == TRACE_FRAMES_MAX) {
			trace->truncated = true;
			stop = "too many frames";
			break;
		}
		if (trace->count > 0 && is_over(trace)) {
			trace->truncated = true;
			stop = "out of time";
			break;
		}
		struct frame *frame = frame_add(trace, unwind);

		stop = unwind_step(unwind);
		if (unwind->signal_frame)
			frame->function = signal_handler_called;
	} while (stop == NULL);
	trace->stop = stop;
}

void trace_from_context(struct trace *trace, const void *ucontext)
{
	struct trace_registers registers;
	struct unwind unwind;

	trace_init(trace);
	registers_from_context(&registers, ucontext);
	unwind_init(&unwind, &registers, &trace->modules);
	walk(trace, &unwind);
}

/* Go up to the first frame that is not in MODULE. */
static const char *leave(struct unwind *unwind, const struct module *module)
{
	const char *stop = NULL;

	while (stop == NULL &&
		modules_find(unwind->modules, unwind_lookup_pc(unwind)) == module)
		stop = unwind_step(unwind);
	return stop;
}

void trace_from_here(struct trace *trace, const struct trace_registers *registers,
	const void *inside)
{
	struct unwind unwind;
	const char *stop = NULL;

	trace_init(trace);
	unwind_init(&unwind, registers, &trace->modules);
	if (inside != NULL) {
		const struct module *own = modules_find(&trace->modules, (uint64_t)inside);

		if (own != NULL)
			stop = leave(&unwind, own);
	}
	if (stop != NULL)
		trace->stop = stop;
	else
		walk(trace, &unwind);
}

static uint64_t lookup_pc(const struct frame *frame)
{
	return frame->pc - !frame->exact;
}

void trace_modules(struct trace *trace)
{
	for (unsigned i = 0; i < trace->count && !is_over(trace); i++) {
		struct frame *frame = &trace->frames[i];
		struct module *module = modules_find(&trace->modules, lookup_pc(frame));

		if (module == NULL)
			continue;
		modules_describe(&trace->modules, module, &trace->names);
		frame->offset = frame->pc - module->public.bias;
		__atomic_store_n(&frame->module, &module->public, __ATOMIC_RELEASE);
	}
}

static void symbolize_module(struct trace *trace, const struct module *module)
{
	struct symbol_query queries[TRACE_FRAMES_MAX];
	struct frame *asking[TRACE_FRAMES_MAX];
	unsigned count = 0;

	for (unsigned i = 0; i < trace->count; i++) {
		struct frame *frame = &trace->frames[i];

		if (frame->module != &module->public || frame->function != NULL ||
			!modules_is_code(&trace->modules, module, lookup_pc(frame)))
			continue;
		asking[count] = frame;
		queries[count++] = (struct symbol_query){
			.address = lookup_pc(frame) - module->public.bias
		};
	}
	if (count == 0)
		return;
	symbols_find(&trace->modules, module, queries, count, &trace->names);
	for (unsigned i = 0; i < count; i++) {
		if (queries[i].name == NULL)
			continue;
		asking[i]->function_offset = asking[i]->offset - queries[i].best.st_value;
		__atomic_store_n(&asking[i]->function, queries[i].name, __ATOMIC_RELEASE);
	}
}

void trace_symbolize(struct trace *trace)
{
	for (unsigned i = 0; i < trace->modules.count && !is_over(trace); i++)
		if (trace->modules.list[i].described)
			symbolize_module(trace, &trace->modules.list[i]);
}
