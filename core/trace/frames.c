/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/frames.h"

#include "core/base/clock.h"
#include "core/trace/symbols.h"

#include <string.h>

/* How many frames frames_walk_to_end() walks at most, and between two looks at the clock. */
#define FRAMES_WALKED_MOST 2000000
#define FRAMES_A_LOOK 64

/* The code whose frames are left out. */
static uintptr_t hidden_begin, hidden_end;

void frames_hide(const void *begin, const void *end)
{
	hidden_begin = (uintptr_t)begin;
	hidden_end = (uintptr_t)end;
}

static bool is_hidden(const struct unwind *unwind)
{
	return unwind_lookup_pc(unwind) - hidden_begin < hidden_end - hidden_begin;
}

static void frame_set(struct frame *frame, const struct unwind *unwind)
{
	memset(frame, 0, sizeof *frame);
	frame->kind = unwind->kind;
	frame->pc = unwind_pc(unwind);
	frame->exact = unwind->exact;
}

static struct frame *frame_add(struct frame *frames, unsigned *count, const struct unwind *unwind)
{
	struct frame *frame = &frames[*count];

	frame_set(frame, unwind);
	__atomic_store_n(count, *count + 1, __ATOMIC_RELEASE);
	return frame;
}

static bool is_late(const struct modules *modules)
{
	return modules->until_us != 0 && instant_mono_us() > modules->until_us;
}

const char *frames_walk(struct unwind *unwind, struct frame *frames, unsigned most, unsigned *count,
	bool *ret_truncated)
{
	const char *stop;

	do {
		if (is_hidden(unwind)) {
			stop = unwind_step(unwind);
			continue;
		}
		if (*count == most) {
			*ret_truncated = true;
			return FRAMES_TOO_MANY;
		}
		if (*count > 0 && is_late(unwind->modules)) {
			*ret_truncated = true;
			return "out of time";
		}
		struct frame *frame = frame_add(frames, count, unwind);

		stop = unwind_step(unwind);
		if (unwind->signal_frame)
			frame->function = FRAME_SIGNAL_NAME;
	} while (stop == NULL);
	return stop;
}

/* The frames that were walked last, in a ring. */
struct last_frames {
	struct frame frames[FRAMES_LAST_MOST];
	unsigned size, walked;
};

/* Walk to the end of the stack. Returns why it ended; NULL: it was not reached. */
static const char *walk_last(struct unwind *unwind, struct last_frames *last, int64_t until_us)
{
	const char *stop = NULL;

	while (stop == NULL && last->walked < FRAMES_WALKED_MOST) {
		struct frame *frame = &last->frames[last->walked % last->size];

		if (is_hidden(unwind)) {
			stop = unwind_step(unwind);
			continue;
		}
		if (last->walked % FRAMES_A_LOOK == 0 && instant_mono_us() > until_us)
			return NULL;
		frame_set(frame, unwind);
		last->walked++;
		stop = unwind_step(unwind);
		if (unwind->signal_frame)
			frame->function = FRAME_SIGNAL_NAME;
	}
	return stop;
}

bool frames_walk_to_end(struct unwind *unwind, struct frame *frames, unsigned most, unsigned last,
	unsigned *count, int64_t until_us, const char **ret_stop)
{
	struct last_frames ring = {.size = last < FRAMES_LAST_MOST ? last : FRAMES_LAST_MOST};
	unsigned taken, first = most - ring.size;

	*ret_stop = walk_last(unwind, &ring, until_us);
	if (*ret_stop == NULL)
		return false;
	__atomic_store_n(count, first, __ATOMIC_RELEASE);
	taken = ring.walked < ring.size ? ring.walked : ring.size;
	/* The ring has not come around where fewer frames were left than it holds: those of FRAMES
	 * that lie before them are kept. */
	memmove(&frames[first], &frames[first + taken], (ring.size - taken) * sizeof *frames);
	for (unsigned i = 0; i < taken; i++)
		frames[most - taken + i] = ring.frames[(ring.walked - taken + i) % ring.size];
	frames[first].left_out = ring.walked;
	__atomic_store_n(count, most, __ATOMIC_RELEASE);
	return true;
}

unsigned frames_leave_out(struct frame *frames, unsigned count, unsigned most)
{
	unsigned last = most / FRAMES_LAST_PART, first = most - last, left_out = count - most;

	if (count <= most || last == 0)
		return count;
	for (unsigned i = first; i <= count - last; i++)
		left_out += frames[i].left_out;
	memmove(&frames[first], &frames[count - last], last * sizeof *frames);
	frames[first].left_out = left_out;
	return most;
}

static uint64_t lookup_pc(const struct frame *frame)
{
	return frame->pc - !frame->exact;
}

void frames_locate(
	struct frame *frames, unsigned count, struct modules *modules, struct text *names)
{
	for (unsigned i = 0; i < count && !is_late(modules); i++) {
		struct frame *frame = &frames[i];
		struct module *module = modules_find(modules, lookup_pc(frame));

		if (module == NULL)
			continue;
		modules_describe(modules, module, names);
		frame->offset = frame->pc - module->public.bias;
		__atomic_store_n(&frame->module, &module->public, __ATOMIC_RELEASE);
	}
}

/* The queries for one module's symbol table; each address occurs once. */
struct questions {
	struct modules *modules;
	const struct module *module;
	struct symbol_query queries[SYMBOL_QUERIES_MAX];
	unsigned count;
};

static bool is_asked(const struct questions *questions, const struct frame *frame)
{
	return frame->module == &questions->module->public && frame->function == NULL &&
	       modules_is_code(questions->modules, questions->module, lookup_pc(frame));
}

static struct symbol_query *query_for(struct questions *questions, const struct frame *frame)
{
	uint64_t address = lookup_pc(frame) - questions->module->public.bias;

	for (unsigned i = 0; i < questions->count; i++)
		if (questions->queries[i].address == address)
			return &questions->queries[i];
	return NULL;
}

/* Adds a query for each of FRAMES, until there is no room. Returns how many frames were processed.
 */
static unsigned gather(struct questions *questions, const struct frame *frames, unsigned count)
{
	unsigned i = 0;

	questions->count = 0;
	for (; i < count; i++) {
		if (!is_asked(questions, &frames[i]) || query_for(questions, &frames[i]) != NULL)
			continue;
		if (questions->count == SYMBOL_QUERIES_MAX)
			break;
		questions->queries[questions->count++] = (struct symbol_query){
			.address = lookup_pc(&frames[i]) - questions->module->public.bias};
	}
	return i;
}

static void answer(struct questions *questions, struct frame *frames, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct frame *frame = &frames[i];
		const struct symbol_query *query =
			is_asked(questions, frame) ? query_for(questions, frame) : NULL;

		if (query == NULL || query->name == NULL)
			continue;
		frame->function_offset = frame->offset - query->best.st_value;
		__atomic_store_n(&frame->function, query->name, __ATOMIC_RELEASE);
	}
}

static void symbolize_module(struct frame *frames, unsigned count, struct modules *modules,
	const struct module *module, struct text *names)
{
	struct questions questions = {.modules = modules, .module = module};

	while (count > 0) {
		unsigned looked_at = gather(&questions, frames, count);

		if (questions.count > 0)
			symbols_find(modules, module, questions.queries, questions.count, names);
		answer(&questions, frames, looked_at);
		frames += looked_at;
		count -= looked_at;
	}
}

void frames_symbolize(
	struct frame *frames, unsigned count, struct modules *modules, struct text *names)
{
	for (unsigned i = 0; i < modules->count && !is_late(modules); i++)
		if (modules->list[i].described)
			symbolize_module(frames, count, modules, &modules->list[i], names);
}
