/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/lines.h"

#include "core/events/event_threads.h"
#include "core/report/ask.h"
#include "core/report/demangle.h"
#include "core/report/grow.h"
#include "core/report/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MODULES_MOST 256

/* core/trace's name for the kernel's frame between a handler and what it interrupted. */
#define SIGNAL_FRAME "<signal handler called>"

/* A frame with what is asked about it. */
struct question {
	struct frame *frame;
	struct frame_note *note;
	size_t module;	  /* of the ask's; MODULES_MOST: none */
	uint64_t address; /* of the instruction, not of the one after a call */
	size_t place;	  /* of the module's */
};

struct questions {
	struct report *report;
	struct question *list; /* malloc'ed */
	size_t count, room;
	struct ask_module modules[MODULES_MOST];
	struct ask ask; /* its arrays are malloc'ed */
};

/* What is said of a module without lines. That there is no file, or no debug information, is
 * common, and shows. */
static const char *const complaints[] = {
	[SOURCE_OK] = NULL,
	[SOURCE_ABSENT] = NULL,
	[SOURCE_OTHER_BUILD] = "is another build than the one that ran",
	[SOURCE_NO_BUILD_ID] = "ran without a build-id to know it by",
	[SOURCE_TOO_LARGE] = "is too large a file to read",
	[SOURCE_DAMAGED] = "has debug information that cannot be read",
};
_Static_assert(
	sizeof complaints / sizeof *complaints == SOURCE_TROUBLE_COUNT_, "a trouble has no words");

static int compare_ends(const void *a, const void *b)
{
	const struct process *one = *(const struct process *const *)a,
			     *other = *(const struct process *const *)b;

	if (one->end_us != other->end_us)
		return one->end_us < other->end_us ? -1 : 1;
	return one < other ? -1 : one > other;
}

static size_t module_of(struct questions *questions, const struct frame_module *module)
{
	struct ask *ask = &questions->ask;
	size_t i = 0;

	while (i < ask->module_count) {
		const struct frame_module *known = questions->modules[i].module;

		if (known->build_id_size == module->build_id_size &&
			memcmp(known->build_id, module->build_id, module->build_id_size) == 0 &&
			strcmp(known->path, module->path) == 0)
			return i;
		i++;
	}
	if (i < MODULES_MOST) {
		questions->modules[i].module = module;
		ask->module_count++;
	}
	return i;
}

static bool is_signal_frame(const struct frame *frame)
{
	return frame->function != NULL && strcmp(frame->function, SIGNAL_FRAME) == 0;
}

/* The frames of a thread, as they were told. */
struct stack {
	const struct frame *frames;
	size_t count;
	bool interrupted; /* its innermost frame, not in a call */
};

/*
 * Whether frame AT of STACK stood on the instruction that its address names: the innermost one
 * where the thread was interrupted, and what a signal handler interrupted. Of all others it is a
 * return address.
 */
static bool is_exact(const struct stack *stack, size_t at)
{
	if (stack->frames[at].kind == FRAME_FIXUP)
		return false;
	if (at == 0 || stack->frames[at - 1].kind == FRAME_PYTHON)
		return stack->interrupted;
	return is_signal_frame(&stack->frames[at - 1]);
}

/* Its line is to be looked for. */
static bool has_line(const struct frame *frame)
{
	return frame->module != NULL && frame->file == NULL && frame->kind != FRAME_PYTHON &&
	       !is_signal_frame(frame);
}

static bool add_question(struct questions *questions, const struct stack *stack, size_t at,
	struct frame *frame, struct frame_note *note)
{
	struct question question = {.frame = frame, .note = note, .module = MODULES_MOST};

	if (has_line(frame) && !questions->report->request.no_lines) {
		question.module = module_of(questions, frame->module);
		question.address = frame->offset - !is_exact(stack, at);
	}
	if (question.module == MODULES_MOST &&
		(frame->function == NULL || !demangle_wanted(frame->function)))
		return true;
	if (!grow(&questions->list, &questions->room, questions->count, sizeof *questions->list))
		return false;
	questions->list[questions->count++] = question;
	return true;
}

/* Returns frames like STACK's that can be changed, and a note to each; NULL when out of memory. */
static const struct frame *add_stack(struct questions *questions, const struct stack *stack,
	const struct frame_note **ret_notes)
{
	struct frame *frames = report_alloc(questions->report, stack->count * sizeof *frames);
	struct frame_note *notes = report_alloc(questions->report, stack->count * sizeof *notes);

	if (frames == NULL || notes == NULL)
		return NULL;
	memcpy(frames, stack->frames, stack->count * sizeof *frames);
	for (size_t i = 0; i < stack->count; i++)
		if (!add_question(questions, stack, i, &frames[i], &notes[i]))
			return NULL;
	*ret_notes = notes;
	return frames;
}

static bool add_threads(struct questions *questions, struct told_end *end)
{
	const struct event *event = &end->event;
	size_t count = event->thread_count;
	struct event_thread *threads = report_alloc(questions->report, count * sizeof *threads);
	const struct frame_note **notes = report_alloc(questions->report, count * sizeof *notes);

	if (threads == NULL || notes == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct event_thread *told = &event->threads[i];
		struct stack stack = {told->frames, told->frame_count, true};
		size_t like = event_thread_like(event, i);

		threads[i] = *told;
		if (stack.count > 0 && like == i)
			threads[i].frames = add_stack(questions, &stack, &notes[i]);
		else if (stack.count > 0)
			threads[i].frames = threads[like].frames, notes[i] = notes[like];
		if (stack.count > 0 && threads[i].frames == NULL)
			return false;
	}
	end->event.threads = threads;
	end->thread_notes = notes;
	return true;
}

/* The end of TOLD gets frames that can be changed. */
static bool add_end(struct questions *questions, struct told *told)
{
	const struct event *event = &told->end->event;
	struct stack stack = {event->frames, event->frame_count,
		event->what != NULL && strcmp(event->what, "signal") == 0};
	struct told_end *end = report_alloc(questions->report, sizeof *end);

	if (end == NULL)
		return false;
	*end = *told->end;
	if (stack.count > 0)
		end->event.frames = add_stack(questions, &stack, &end->notes);
	if (stack.count > 0 && end->event.frames == NULL)
		return false;
	told->end = end;
	return event->thread_count == 0 || add_threads(questions, end);
}

/* The earliest ends come first: when time is over, the culprit has had his. */
static bool add_ends(struct questions *questions)
{
	struct report *report = questions->report;
	const struct process **ends = calloc(report->job.count + 1, sizeof *ends);
	size_t count = 0;
	bool good = ends != NULL;

	for (size_t i = 0; good && i < report->job.count; i++) {
		const struct told *end = report->job.processes[i].end;

		if (end != NULL &&
			end->end->event.frame_count + end->end->event.thread_count > 0)
			ends[count++] = &report->job.processes[i];
	}
	if (good)
		qsort(ends, count, sizeof *ends, compare_ends);
	for (size_t i = 0; good && i < count; i++)
		good = add_end(questions,
			&report->reading.events[ends[i]->end - report->reading.events]);
	free(ends);
	return good;
}

static int compare_questions(const void *a, const void *b)
{
	const struct question *one = a, *other = b;

	if (one->module != other->module)
		return one->module < other->module ? -1 : 1;
	if (one->address != other->address)
		return one->address < other->address ? -1 : 1;
	return 0;
}

/* Each address of a module once, in order. */
static bool set_places(struct questions *questions)
{
	struct ask_place *places = calloc(questions->count + 1, sizeof *places);
	size_t used = 0;

	if (places == NULL)
		return false;
	questions->ask.modules = questions->modules;
	questions->modules[0].places = places;
	for (size_t i = 0; i < questions->count; i++) {
		struct question *question = &questions->list[i];
		struct ask_module *module;

		if (question->module == MODULES_MOST)
			break;
		module = &questions->modules[question->module];
		if (module->count == 0)
			module->places = &places[used];
		if (module->count == 0 ||
			module->places[module->count - 1].address != question->address) {
			places[used++].address = question->address;
			module->count++;
		}
		question->place = module->count - 1;
	}
	return true;
}

static int compare_names(const void *a, const void *b)
{
	const struct ask_name *one = a, *other = b;

	return strcmp(one->symbol, other->symbol);
}

static bool set_names(struct questions *questions)
{
	struct ask_name *names = calloc(questions->count + 1, sizeof *names);
	size_t count = 0, unique = 0;

	if (names == NULL)
		return false;
	for (size_t i = 0; i < questions->count; i++) {
		const char *function = questions->list[i].frame->function;

		if (function != NULL && demangle_wanted(function))
			names[count++].symbol = function;
	}
	qsort(names, count, sizeof *names, compare_names);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(names[i].symbol, names[unique - 1].symbol) != 0)
			names[unique++] = names[i];
	questions->ask.names = names;
	questions->ask.name_count = unique;
	return true;
}

static void apply_name(const struct ask *ask, const struct question *question)
{
	struct ask_name wanted = {.symbol = question->frame->function};
	const struct ask_name *name = bsearch(
		&wanted, ask->names, ask->name_count, sizeof *ask->names, compare_names);

	if (name == NULL || name->demangled == NULL)
		return;
	question->note->symbol = question->frame->function;
	question->frame->function = name->demangled;
}

static void apply_place(const struct ask_module *module, const struct question *question)
{
	const struct ask_place *place = &module->places[question->place];
	struct frame *frame = question->frame;

	frame->file = place->file;
	frame->line = place->line;
	question->note->inlined = place->inlined;
	question->note->inlined_count = place->inlined_count;
	if (frame->function != NULL || place->function == NULL)
		return;
	frame->function = place->function;
	frame->function_offset = place->offset + (frame->offset - place->address);
	question->note->symbol = place->symbol;
}

static int apply(struct questions *questions)
{
	const struct ask *ask = &questions->ask;
	int error = 0;

	for (size_t i = 0; i < questions->count; i++) {
		const struct question *question = &questions->list[i];

		if (question->frame->function != NULL)
			apply_name(ask, question);
		if (question->module != MODULES_MOST)
			apply_place(&questions->modules[question->module], question);
	}
	for (size_t i = 0; i < ask->module_count && error == 0; i++)
		if (complaints[ask->modules[i].trouble] != NULL)
			error = read_warn(&questions->report->reading, "%.900s %s; no lines of it",
				ask->modules[i].module->path,
				complaints[ask->modules[i].trouble]);
	if (ask->late && error == 0)
		error = read_warn(&questions->report->reading,
			"names and lines took longer than %ld ms; some are missing",
			(long)ask->limit_ms);
	return error;
}

static int answer_all(struct questions *questions)
{
	int error;

	if (questions->count == 0)
		return 0;
	qsort(questions->list, questions->count, sizeof *questions->list, compare_questions);
	if (!set_places(questions) || !set_names(questions))
		return -ENOMEM;
	error = ask(&questions->ask, &questions->report->reading.arena);
	return error == 0 ? apply(questions) : error;
}

int lines_add(struct report *report)
{
	struct questions *questions;
	int error;

	if (report->request.lines_ms <= 0)
		return 0;
	questions = calloc(1, sizeof *questions);
	if (questions == NULL)
		return -ENOMEM;
	questions->report = report;
	questions->ask.debug_directory = report->request.debug_directory;
	questions->ask.limit_ms = report->request.lines_ms;
	error = add_ends(questions) ? answer_all(questions) : -ENOMEM;
	free(questions->modules[0].places);
	free(questions->ask.names);
	free(questions->list);
	free(questions);
	return error;
}
