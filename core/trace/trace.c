/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/trace.h"

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/path.h"
#include "core/trace/frames.h"

#include <string.h>

_Static_assert(sizeof(struct trace) <= (size_t)96 * 1024, "the preload keeps one in its BSS");

static void trace_init(struct trace *trace)
{
	trace->count = 0;
	trace->truncated = false;
	trace->stop = "not finished";
	modules_init(&trace->modules);
	trace->modules.until_us = trace->until_us;
	text_init(&trace->names, trace->storage, sizeof trace->storage);
}

/* How long the outermost frames of a deep stack are looked for. */
#define DEEP_US 200000

static int64_t deep_until_us(const struct trace *trace)
{
	int64_t until = instant_mono_us() + DEEP_US;

	return trace->until_us != 0 && trace->until_us < until ? trace->until_us : until;
}

static void walk(struct trace *trace, struct unwind *unwind)
{
	const char *end;

	trace->stop = frames_walk(
		unwind, trace->frames, TRACE_FRAMES_MAX, &trace->count, &trace->truncated);
	if (trace->count < TRACE_FRAMES_MAX || !trace->truncated ||
		!frames_walk_to_end(unwind, trace->frames, TRACE_FRAMES_MAX,
			TRACE_FRAMES_MAX / FRAMES_LAST_PART, &trace->count, deep_until_us(trace),
			&end))
		return;
	trace->stop = end;
	trace->truncated = false;
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

/* Steps to the first frame outside of MODULE. Returns NULL, or why the stack ended before that. */
static const char *leave(struct unwind *unwind, const struct module *module)
{
	const char *stop = NULL;

	while (stop == NULL && modules_find(unwind->modules, unwind_lookup_pc(unwind)) == module)
		stop = unwind_step(unwind);
	return stop;
}

void trace_from_here(
	struct trace *trace, const struct trace_registers *registers, const void *inside)
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

/* How far below its stack pointer code may use its stack: compilers that check it touch it ahead.
 */
#define BELOW_STACK_POINTER ((uint64_t)64 * 1024)

/* Less than any signal frame of the kernel's takes, its red zone included. */
#define SIGNAL_FRAME_LEAST 640

/* Where the stack pointer is damaged, there is no caller's frame. */
bool trace_is_overflow(struct trace *trace, const void *ucontext, uint64_t address)
{
	struct trace_registers registers;
	struct unwind unwind;
	uint64_t sp, word;

	registers_from_context(&registers, ucontext);
	sp = registers.value[REGISTER_SP];
	unwind_init(&unwind, &registers, &trace->modules);
	if (unwind_step(&unwind) != NULL)
		return false;
	if (address == 0)
		return !memory_read_exact(
			&unwind.stack, sp - SIGNAL_FRAME_LEAST, &word, sizeof word);
	return address >= sp - BELOW_STACK_POINTER && address < unwind.floor;
}

bool trace_is_whole(const struct trace *trace)
{
	return trace->count > 0 && strcmp(trace->stop, UNWIND_END_OF_STACK) == 0;
}

void trace_modules(struct trace *trace)
{
	trace->modules.until_us = trace->until_us;
	frames_locate(trace->frames, trace->count, &trace->modules, &trace->names);
}

void trace_symbolize(struct trace *trace)
{
	trace->modules.until_us = trace->until_us;
	frames_symbolize(trace->frames, trace->count, &trace->modules, &trace->names);
}

#define FRAMES_HASHED 8 /* by trace_fingerprint() */

/* Includes the NUL, so that "ab", "c" differs from "a", "bc". */
static uint64_t hash_string(uint64_t hash, const char *string)
{
	return hash_bytes(hash, string, strlen(string) + 1);
}

static uint64_t hash_frame(uint64_t hash, const struct frame *frame)
{
	const struct frame_module *module = frame->module;

	if (module != NULL) {
		hash = hash_string(hash, path_base(module->path));
		hash = hash_bytes(hash, module->build_id, module->build_id_size);
	}
	if (frame->function != NULL)
		return hash_string(hash, frame->function);
	/* a pc outside of any object differs from process to process */
	return hash_bytes(hash, &frame->offset, sizeof frame->offset);
}

uint64_t trace_fingerprint(const struct frame *frames, size_t count)
{
	uint64_t hash = HASH_BEGIN;

	if (count == 0)
		return 0;
	for (size_t i = 0; i < count && i < FRAMES_HASHED; i++)
		hash = hash_frame(hash, &frames[i]);
	return hash != 0 ? hash : 1;
}
