/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/symbols/lines.h"

#include "core/report/symbols/symbolizer.h"
#include "core/base/grow.h"
#include "core/base/order.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#define MODULES_MOST 256

/* A question about a frame. */
struct question {
	struct frame *frame;
	struct frame_note *note;
	size_t module;	  /* index in struct questions; MODULES_MOST: none */
	uint64_t address; /* of the instruction itself, not of the one after a call */
	size_t location;  /* index in the module's locations */
};

/* The frames of a stack, which several terminations may share. */
struct stack {
	const struct frame *record;
	struct frame *frames; /* a copy that can be changed */
	struct frame_note *notes;
};

struct questions {
	struct reading *reading;
	const struct job *job;
	const struct report_request *request;
	void *stacks;	       /* a tree of tsearch(3), by the frames as they were read */
	struct question *list; /* malloc'ed */
	size_t count, room;
	struct symbolizer_module modules[MODULES_MOST];
	struct symbolizer_query query; /* its arrays are malloc'ed */
};

/* What a warning says about a module without lines. A missing file, or missing debug information,
 * is common, and needs none. */
static const char *const complaints[] = {
	[SOURCE_OK] = NULL,
	[SOURCE_ABSENT] = NULL,
	[SOURCE_OTHER_BUILD] = "is another build than the one that ran",
	[SOURCE_NO_BUILD_ID] = "ran without a build-id to know it by",
	[SOURCE_TOO_LARGE] = "is too large a file to read",
	[SOURCE_UNSTORED] = "has debug information in what is no stored file",
	[SOURCE_SLOW] = "took too long to read",
	[SOURCE_DAMAGED] = "has debug information that cannot be read",
};
_Static_assert(
	sizeof complaints / sizeof *complaints == SOURCE_TROUBLE_COUNT_, "a trouble has no words");

static int compare_ends(const void *a, const void *b)
{
	const struct process *one = *(const struct process *const *)a,
			     *other = *(const struct process *const *)b;

	return COMPARE(one->ended_us, other->ended_us) ?: COMPARE(one, other);
}

static size_t module_of(struct questions *questions, const struct frame_module *module)
{
	struct symbolizer_query *query = &questions->query;
	size_t i = 0;

	while (i < query->module_count) {
		const struct frame_module *known = questions->modules[i].module;

		if (known->build_id_size == module->build_id_size &&
			memcmp(known->build_id, module->build_id, module->build_id_size) == 0 &&
			strcmp(known->path, module->path) == 0)
			return i;
		i++;
	}
	if (i < MODULES_MOST) {
		questions->modules[i].module = module;
		query->module_count++;
	}
	return i;
}

/* Whether a line of source is to be looked for. */
static bool has_line(const struct frame *frame)
{
	return frame->module != NULL && frame->file == NULL && frame->kind != FRAME_PYTHON &&
	       !frame_is_signal(frame);
}

static bool add_question(struct questions *questions, struct frame *frame, struct frame_note *note)
{
	struct question question = {.frame = frame, .note = note, .module = MODULES_MOST};

	if (has_line(frame) && !questions->request->no_lines) {
		question.module = module_of(questions, frame->module);
		question.address = frame->offset - !frame->exact;
	}
	if (question.module == MODULES_MOST &&
		(frame->function == NULL || !symbolizer_is_mangled(frame->function)))
		return true;
	if (!grow(&questions->list, &questions->room, questions->count, sizeof *questions->list))
		return false;
	questions->list[questions->count++] = question;
	return true;
}

static int compare_stacks(const void *a, const void *b)
{
	const struct stack *one = a, *other = b;

	return COMPARE(one->record, other->record);
}

/* Frames that can be changed, with a question about each; NULL: out of memory. */
static struct stack *make_stack(
	struct questions *questions, const struct frame *frames, size_t count)
{
	struct stack *stack = arena_alloc(&questions->reading->arena, sizeof *stack);

	if (stack == NULL)
		return NULL;
	stack->record = frames;
	stack->frames = arena_alloc(&questions->reading->arena, count * sizeof *stack->frames);
	stack->notes = arena_alloc(&questions->reading->arena, count * sizeof *stack->notes);
	if (stack->frames == NULL || stack->notes == NULL)
		return NULL;
	memcpy(stack->frames, frames, count * sizeof *stack->frames);
	for (size_t i = 0; i < count; i++)
		if (!add_question(questions, &stack->frames[i], &stack->notes[i]))
			return NULL;
	return stack;
}

/* The copy of FRAMES, which the terminations of thousands of ranks may share. */
static const struct stack *stack_for(
	struct questions *questions, const struct frame *frames, size_t count)
{
	struct stack wanted = {.record = frames};
	struct stack *const *found = tfind(&wanted, &questions->stacks, compare_stacks);
	struct stack *stack;

	if (found != NULL)
		return *found;
	stack = make_stack(questions, frames, count);
	if (stack == NULL || tsearch(stack, &questions->stacks, compare_stacks) == NULL)
		return NULL;
	return stack;
}

static bool add_threads(struct questions *questions, struct termination *end)
{
	const struct event *event = &end->event;
	size_t count = event->thread_count;
	struct event_thread *threads =
		arena_alloc(&questions->reading->arena, count * sizeof *threads);
	const struct frame_note **notes =
		arena_alloc(&questions->reading->arena, count * sizeof *notes);

	if (threads == NULL || notes == NULL)
		return false;
	memcpy(threads, event->threads, count * sizeof *threads);
	for (size_t i = 0; i < count; i++) {
		const struct stack *stack;

		if (threads[i].frame_count == 0)
			continue;
		stack = stack_for(questions, threads[i].frames, threads[i].frame_count);
		if (stack == NULL)
			return false;
		threads[i].frames = stack->frames;
		notes[i] = stack->notes;
	}
	end->event.threads = threads;
	end->thread_notes = notes;
	return true;
}

/* Gives *ENDED, of an event, frames that can be changed. */
static bool add_end(struct questions *questions, const struct termination **ended)
{
	const struct event *event = &(*ended)->event;
	struct termination *end = arena_alloc(&questions->reading->arena, sizeof *end);
	const struct stack *stack = NULL;

	if (end == NULL)
		return false;
	*end = **ended;
	if (event->frame_count > 0) {
		stack = stack_for(questions, event->frames, event->frame_count);
		if (stack == NULL)
			return false;
		end->event.frames = stack->frames;
		end->notes = stack->notes;
	}
	*ended = end;
	return event->thread_count == 0 || add_threads(questions, end);
}

/* Adds all terminations by time, so that the culprit's lines are found within the limit. */
static bool add_ends(struct questions *questions)
{
	const struct job *job = questions->job;
	const struct event_record *events = questions->reading->events;
	const struct process **ends = calloc(job->count + 1, sizeof *ends);
	size_t count = 0;
	bool good = ends != NULL;

	for (size_t i = 0; good && i < job->count; i++) {
		const struct event_record *end = job->processes[i].termination;

		if (end != NULL && end->end->event.frame_count + end->end->event.thread_count > 0)
			ends[count++] = &job->processes[i];
	}
	if (good)
		qsort(ends, count, sizeof *ends, compare_ends);
	for (size_t i = 0; good && i < count; i++)
		good = add_end(
			questions, &questions->reading->events[ends[i]->termination - events].end);
	free(ends);
	return good;
}

/* Adds where processes were seen, and stood still. */
static bool add_stands(struct questions *questions)
{
	const struct event_record *events = questions->reading->events;
	bool good = true;

	for (size_t i = 0; good && i < questions->job->count; i++) {
		const struct process *process = &questions->job->processes[i];
		const struct event_record *stands[] = {process->seen, process->stalled};

		for (size_t j = 0; good && j < 2; j++)
			if (stands[j] != NULL && (j == 0 || stands[j] != stands[0]))
				good = add_end(questions,
					&questions->reading->events[stands[j] - events].stand);
	}
	return good;
}

static int compare_questions(const void *a, const void *b)
{
	const struct question *one = a, *other = b;

	return COMPARE(one->module, other->module) ?: COMPARE(one->address, other->address);
}

/* Sets the locations of the modules: each address once, in order. */
static bool set_locations(struct questions *questions)
{
	struct symbolizer_location *locations = calloc(questions->count + 1, sizeof *locations);
	size_t used = 0;

	if (locations == NULL)
		return false;
	questions->query.modules = questions->modules;
	questions->modules[0].locations = locations;
	for (size_t i = 0; i < questions->count; i++) {
		struct question *question = &questions->list[i];
		struct symbolizer_module *module;

		if (question->module == MODULES_MOST)
			break;
		module = &questions->modules[question->module];
		if (module->count == 0)
			module->locations = &locations[used];
		if (module->count == 0 ||
			module->locations[module->count - 1].address != question->address) {
			locations[used++].address = question->address;
			module->count++;
		}
		question->location = module->count - 1;
	}
	return true;
}

static int compare_names(const void *a, const void *b)
{
	const struct symbolizer_name *one = a, *other = b;

	return strcmp(one->symbol, other->symbol);
}

static bool set_names(struct questions *questions)
{
	struct symbolizer_name *names = calloc(questions->count + 1, sizeof *names);
	size_t count = 0, unique = 0;

	if (names == NULL)
		return false;
	for (size_t i = 0; i < questions->count; i++) {
		const char *function = questions->list[i].frame->function;

		if (function != NULL && symbolizer_is_mangled(function))
			names[count++].symbol = function;
	}
	qsort(names, count, sizeof *names, compare_names);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(names[i].symbol, names[unique - 1].symbol) != 0)
			names[unique++] = names[i];
	questions->query.names = names;
	questions->query.name_count = unique;
	return true;
}

static void apply_name(const struct symbolizer_query *query, const struct question *question)
{
	struct symbolizer_name wanted = {.symbol = question->frame->function};
	const struct symbolizer_name *name = bsearch(
		&wanted, query->names, query->name_count, sizeof *query->names, compare_names);

	if (name == NULL || name->demangled == NULL)
		return;
	question->note->symbol = question->frame->function;
	question->frame->function = name->demangled;
}

static void apply_location(const struct symbolizer_module *module, const struct question *question)
{
	const struct symbolizer_location *location = &module->locations[question->location];
	struct frame *frame = question->frame;

	frame->file = location->file;
	frame->line = location->line;
	question->note->inlined = location->inlined;
	question->note->inlined_count = location->inlined_count;
	if (frame->function != NULL || location->function == NULL)
		return;
	frame->function = location->function;
	frame->function_offset = location->offset + (frame->offset - location->address);
	question->note->symbol = location->symbol;
}

static int apply(struct questions *questions)
{
	const struct symbolizer_query *query = &questions->query;
	int error = 0;

	for (size_t i = 0; i < questions->count; i++) {
		const struct question *question = &questions->list[i];

		if (question->frame->function != NULL)
			apply_name(query, question);
		if (question->module != MODULES_MOST)
			apply_location(&questions->modules[question->module], question);
	}
	for (size_t i = 0; i < query->module_count && error == 0; i++)
		if (complaints[query->modules[i].trouble] != NULL)
			error = reading_warn(questions->reading, "%.900s %s; no lines of it",
				query->modules[i].module->path,
				complaints[query->modules[i].trouble]);
	if (query->late && error == 0)
		error = reading_warn(questions->reading,
			"names and lines took longer than %ld ms; some are missing",
			(long)query->limit_ms);
	return error;
}

static int answer_all(struct questions *questions)
{
	int error;

	if (questions->count == 0)
		return 0;
	qsort(questions->list, questions->count, sizeof *questions->list, compare_questions);
	if (!set_locations(questions) || !set_names(questions))
		return -ENOMEM;
	error = symbolizer_run(&questions->query, &questions->reading->arena);
	return error == 0 ? apply(questions) : error;
}

/* STACK lies in the reading's arena. */
static void keep_stack(void *stack)
{
	(void)stack;
}

/* Questions of READING's, as REQUEST says; NULL: out of memory. */
static struct questions *begin(struct reading *reading, const struct report_request *request)
{
	struct questions *questions = calloc(1, sizeof *questions);

	if (questions == NULL)
		return NULL;
	questions->reading = reading;
	questions->request = request;
	questions->query.debug_directory = request->debug_directory;
	questions->query.limit_ms = request->lines_ms;
	return questions;
}

static void end(struct questions *questions)
{
	tdestroy(questions->stacks, keep_stack);
	free(questions->modules[0].locations);
	free(questions->query.names);
	free(questions->list);
	free(questions);
}

int lines_add(struct reading *reading, const struct job *job, const struct report_request *request)
{
	struct questions *questions;
	int error;

	if (request->lines_ms <= 0)
		return 0;
	questions = begin(reading, request);
	if (questions == NULL)
		return -ENOMEM;
	questions->job = job;
	error = add_ends(questions) && add_stands(questions) ? answer_all(questions) : -ENOMEM;
	end(questions);
	return error;
}

int lines_add_stacks(struct reading *reading, struct lines_stack *stacks, size_t count,
	const struct report_request *request)
{
	struct questions *questions = begin(reading, request);
	int error = questions == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < count && error == 0; i++) {
		const struct stack *stack = stack_for(questions, stacks[i].frames, stacks[i].count);

		if (stack == NULL) {
			error = -ENOMEM;
		} else {
			stacks[i].frames = stack->frames;
			stacks[i].notes = stack->notes;
		}
	}
	if (error == 0)
		error = answer_all(questions);
	if (questions != NULL)
		end(questions);
	return error;
}
