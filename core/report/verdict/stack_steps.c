/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/stack_steps.h"

#include "core/base/grow.h"
#include "core/base/path.h"
#include "core/events/frame_origin.h"
#include "core/report/verdict/short_name.h"
#include "core/report/verdict/stack_frames.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static const char *function_of(const struct frame *frame)
{
	return frame->function == NULL ? "" : frame->function;
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

static bool is_leaving(const struct stack_frames *frames)
{
	static const char *const exits[] = {"exit", "quick_exit", "__run_exit_handlers", "Py_Exit",
		"Py_FinalizeEx", "_dl_fini", NULL};

	for (size_t i = 0; i < frames->count; i++)
		if (is_one_of(function_of(&frames->list[i]), exits))
			return true;
	return false;
}

/* FRAME is in MODULE, that of the interpreter, or in one of its own extensions. */
static bool is_interpreter(const struct frame *frame, const struct frame_module *module)
{
	return module != NULL && frame->module != NULL &&
	       (frame->module == module || strstr(frame->module->path, "/lib-dynload/") != NULL);
}

/* How many native frames were called by the interpreter that runs Python's frames; these are
 * counted, too, as they are the innermost. All where no frame is the interpreter's. What libc does
 * for the interpreter is none: the line of Python says what was called. */
static size_t count_called(const struct stack_frames *frames)
{
	const struct frame_module *module = NULL;
	size_t count = 0, end;

	for (size_t i = frames->count; i-- > 0 && module == NULL;) {
		const char *name = function_of(&frames->list[i]);

		if (strncmp(name, "Py_", 3) == 0 || strncmp(name, "_Py", 3) == 0)
			module = frames->list[i].module;
	}
	while (count < frames->count && !is_interpreter(&frames->list[count], module))
		count++;
	for (end = count; end > 0; end--)
		if (frame_origin(&frames->list[end - 1]) < ORIGIN_LIBC)
			return frames->list[end - 1].kind == FRAME_PYTHON ? end : count;
	return 0;
}

/* FRAME runs before the program's own functions. */
static bool is_start(const struct frame *frame)
{
	static const char *const starts[] = {"_start", "__libc_start_main",
		"__libc_start_call_main", "start_thread", "clone", "clone3", "__clone", "__clone3",
		NULL};

	return is_one_of(function_of(frame), starts) || frame_origin(frame) == ORIGIN_VIGIL;
}

/* How many frames, the innermost, were called by what starts the program or a thread, unless there
 * is nothing else. */
static size_t count_started(const struct stack_frames *frames)
{
	static const char *const starters[] = {"__libc_start_main", "__libc_start_call_main", NULL};
	size_t count = frames->count;

	for (size_t i = 0; i < count; i++)
		if (is_one_of(function_of(&frames->list[i]), starters))
			count = i;
	while (count > 0 && is_start(&frames->list[count - 1]))
		count--;
	for (size_t end = count; end > 0; end--) {
		const struct frame *frame = &frames->list[end - 1];
		enum frame_origin origin = frame_origin(frame);

		if (!is_start(frame) && origin != ORIGIN_LIBC && origin != ORIGIN_LANGUAGE)
			return end;
	}
	return count;
}

/* A function that programs link statically, too, or that a tool's library has before MPI's. */
static bool is_mpi_name(const struct frame *frame)
{
	const char *name = function_of(frame);

	name += *name == 'P';
	return strncmp(name, "MPI_", 4) == 0 && isupper((unsigned char)name[4]) &&
	       islower((unsigned char)name[5]);
}

/* What the walk from the outermost frame to the innermost one has passed. */
struct walk {
	bool has_mpi;		  /* a library of MPI's is in the stack */
	enum frame_origin origin; /* of the last frame */
	bool inside;		  /* that is in what communicates */
	const struct stack_steps *steps;
};

/* A library that what communicates calls belongs to that, and not to the program, unless the
 * program called it before. */
static bool is_carrier(const struct walk *walk, const struct frame *frame)
{
	const struct stack_steps *steps = walk->steps;

	if (!walk->inside || frame_origin(frame) != ORIGIN_LIBRARY)
		return false;
	for (size_t i = 0; i < steps->count; i++)
		if (steps->list[i].part == STEP_LIBRARY &&
			steps->list[i].frame->module == frame->module)
			return false;
	return true;
}

/* The user built the library of FRAME, which has debug information and is not the system's: it is
 * a part of the program. */
static bool is_users(const struct frame *frame)
{
	const char *path = frame->module->path;

	return frame->line > 0 && strncmp(path, "/usr/", 5) != 0 && strncmp(path, "/lib", 4) != 0;
}

/* The part of FRAME. */
static enum step_part part_of(const struct walk *walk, const struct frame *frame)
{
	enum frame_origin origin = frame_origin(frame);

	if (frame_is_signal(frame))
		return STEP_PROGRAM;
	if (!walk->has_mpi && (walk->inside || is_mpi_name(frame)))
		return walk->inside ? STEP_INSIDE : STEP_ENTRY;
	if (is_carrier(walk, frame))
		return STEP_INSIDE;
	if (!origin_is_runtime(origin))
		return origin == ORIGIN_PROGRAM || is_users(frame) ? STEP_PROGRAM : STEP_LIBRARY;
	return origin_is_runtime(walk->origin) || walk->inside ? STEP_INSIDE : STEP_ENTRY;
}

/* The library's function that FRAME is was called by the program for another, which CALLED is and
 * which has the name that the program knows: Open MPI's ompi_recv_f() calls PMPI_Recv(). */
static bool is_binding(const struct frame *frame, const struct frame *called)
{
	const char *name = function_of(frame);

	return !is_mpi_name(frame) && strncasecmp(name, "mpi_", 4) != 0 &&
	       strncasecmp(name, "pmpi_", 5) != 0 && is_mpi_name(called);
}

/* The public name of libc's function NAME: "__poll" and "__libc_recv" are poll and recv. */
static const char *public_name(const char *name)
{
	const char *bare = name;

	if (strncmp(bare, "__GI_", 5) == 0)
		bare += 5;
	while (strncmp(bare, "__", 2) == 0)
		bare += 1 + (bare[2] != '_');
	if (bare != name && strncmp(bare, "libc_", 5) == 0)
		bare += 5;
	return *bare == '\0' ? name : bare;
}

/* The name that distinguishes the function of FRAME from others. Many functions of Python have the
 * same name, `forward`, in different files. A frame without a name is named by its module and
 * offset, which are the same in every rank; addresses are not. */
static const char *name_of(struct report *report, const struct frame *frame)
{
	if (frame->kind == FRAME_PYTHON && frame->function != NULL && frame->file != NULL)
		return report_say(
			report, "%.400s (%.400s)", frame->function, path_base(frame->file));
	if (frame->function != NULL)
		return frame_origin(frame) == ORIGIN_LIBC ? public_name(frame->function)
							  : frame->function;
	if (frame->module == NULL)
		return "?";
	return report_say(report, "%.900s+0x%lx", path_base(frame->module->path),
		(unsigned long)frame->offset);
}

static bool is_same_file(const char *one, const char *other)
{
	return one == other || (one != NULL && other != NULL && strcmp(one, other) == 0);
}

bool stack_is_recursion(const char *caller_function, const struct frame *caller,
	const char *function, const struct frame *called)
{
	if (strcmp(caller_function, function) != 0)
		return false;
	return caller == NULL || called == NULL || is_same_file(caller->file, called->file);
}

/* Adds STEP. Where a function calls itself, the lines of these calls say little. */
static bool add(struct stack_steps *steps, struct stack_step step)
{
	struct stack_step *last = steps->count == 0 ? NULL : &steps->list[steps->count - 1];

	if (last != NULL &&
		stack_is_recursion(last->function, last->frame, step.function, step.frame))
		last->is_call = false;
	if (!grow(&steps->list, &steps->room, steps->count, sizeof *steps->list))
		return false;
	steps->list[steps->count++] = step;
	return true;
}

/* The compiler made FUNCTION, "step.part.0", of what it has inlined there: WHOLE, "step". */
static bool is_part_of(const char *function, const char *whole)
{
	size_t length = strlen(whole);

	return strncmp(function, whole, length) == 0 &&
	       (function[length] == '\0' || function[length] == '.');
}

/* Adds FRAME, and the functions that the compiler inlined there. */
static bool add_frame(struct report *report, struct stack_steps *steps, const struct frame *frame,
	const struct frame_note *note, enum step_part part)
{
	bool by_chance = frame->kind != FRAME_PYTHON && frame->exact && !steps->failing;
	size_t inlined = note == NULL || part > STEP_LIBRARY ? 0 : note->inlined_count;
	const char *function = name_of(report, frame);
	struct stack_step step = {.function = function,
		.frame = frame,
		.part = part,
		.has_line = inlined == 0,
		.is_call = inlined == 0 && !by_chance};

	if ((inlined == 0 || !is_part_of(function, note->inlined[inlined - 1])) &&
		!add(steps, step))
		return false;
	while (inlined-- > 0) {
		step.function = note->inlined[inlined];
		step.has_line = inlined == 0;
		step.is_call = step.has_line && !by_chance;
		if (!add(steps, step))
			return false;
	}
	return true;
}

static bool add_native(struct report *report, struct stack_steps *steps,
	const struct stack_frames *frames, bool python)
{
	struct walk walk = {.origin = ORIGIN_PROGRAM, .steps = steps};
	size_t count = python ? count_called(frames) : count_started(frames);

	for (size_t i = 0; i < count; i++)
		walk.has_mpi |= frame_origin(&frames->list[i]) == ORIGIN_COMMUNICATION;
	for (size_t i = count; i-- > 0;) {
		const struct frame *frame = &frames->list[i];
		enum frame_origin origin = frame_origin(frame);
		enum step_part part;

		if (frame->kind == FRAME_PYTHON || origin == ORIGIN_VIGIL)
			continue;
		part = part_of(&walk, frame);
		if (origin == ORIGIN_LIBC && walk.origin == ORIGIN_LIBC && !frame_is_signal(frame))
			continue;
		if (origin == ORIGIN_COMMUNICATION && part == STEP_ENTRY && i > 0 &&
			is_binding(frame, &frames->list[i - 1]))
			continue;
		if (!add_frame(report, steps, frame,
			    frames->notes == NULL ? NULL : &frames->notes[i], part))
			return false;
		walk.inside = origin == ORIGIN_COMMUNICATION ||
			      (part == STEP_ENTRY && is_mpi_name(frame)) ||
			      (part == STEP_INSIDE && walk.inside);
		walk.origin = frame_is_signal(frame) ? ORIGIN_PROGRAM : origin;
	}
	return true;
}

/* FRAME is in a library of Python's, its own or an installed one. */
static bool is_installed(const struct frame *frame)
{
	return frame->file != NULL &&
	       (frame->file[0] == '<' || strstr(frame->file, "/site-packages/") != NULL ||
		       strstr(frame->file, "/dist-packages/") != NULL ||
		       strstr(frame->file, "/lib/python") != NULL);
}

static bool is_frozen(const struct frame *frame)
{
	return frame->file != NULL && strncmp(frame->file, "<frozen ", 8) == 0;
}

/* Adds Python's frames, which say more than the interpreter's own, which are the same everywhere.
 * Where all are in libraries, such as a program that was installed, these are the program. */
static bool add_python(
	struct report *report, struct stack_steps *steps, const struct stack_frames *frames)
{
	bool own = false;

	for (size_t i = 0; i < frames->count; i++)
		own |= frames->list[i].kind == FRAME_PYTHON && !is_installed(&frames->list[i]);
	for (size_t i = frames->count; i-- > 0;) {
		const struct frame *frame = &frames->list[i];

		if (frame->kind != FRAME_PYTHON || is_frozen(frame))
			continue;
		if (!add_frame(report, steps, frame, NULL,
			    own && is_installed(frame) ? STEP_LIBRARY : STEP_PROGRAM))
			return false;
	}
	return true;
}

#define KEPT_MOST 64

struct kept_steps {
	const struct frame *frames; /* NULL: none are kept here */
	bool failing, leaving;
	struct stack_step *list;
	size_t count;
};

/* Takes the steps of FRAMES, if they are kept. Returns false where they are not, or there is no
 * memory. */
static bool take_kept(struct stack_steps *steps, const struct stack_frames *frames)
{
	for (size_t i = 0; steps->kept != NULL && i < KEPT_MOST; i++) {
		const struct kept_steps *kept = &steps->kept[i];

		if (kept->frames != frames->list || kept->failing != steps->failing)
			continue;
		while (steps->room < kept->count)
			if (!grow(&steps->list, &steps->room, steps->room, sizeof *steps->list))
				return false;
		memcpy(steps->list, kept->list, kept->count * sizeof *steps->list);
		steps->count = kept->count;
		steps->leaving = kept->leaving;
		return true;
	}
	return false;
}

/* Keeps STEPS as those of FRAMES, if there is memory. */
static void keep(struct stack_steps *steps, const struct stack_frames *frames)
{
	struct kept_steps *kept;

	if (steps->kept == NULL)
		steps->kept = calloc(KEPT_MOST, sizeof *steps->kept);
	if (steps->kept == NULL || steps->count == 0)
		return;
	kept = &steps->kept[steps->next_kept++ % KEPT_MOST];
	free(kept->list);
	*kept = (struct kept_steps){.list = malloc(steps->count * sizeof *kept->list)};
	if (kept->list == NULL)
		return;
	memcpy(kept->list, steps->list, steps->count * sizeof *kept->list);
	kept->frames = frames->list;
	kept->count = steps->count;
	kept->failing = steps->failing;
	kept->leaving = steps->leaving;
}

static int add_steps(
	struct report *report, struct stack_steps *steps, const struct stack_frames *frames)
{
	bool python = false;

	steps->leaving = is_leaving(frames);
	for (size_t i = 0; i < frames->count; i++)
		python |= frames->list[i].kind == FRAME_PYTHON;
	if (!add_python(report, steps, frames) || !add_native(report, steps, frames, python))
		return -ENOMEM;
	keep(steps, frames);
	return 0;
}

int stack_steps_set_at(struct report *report, const struct process *process,
	const struct termination *end, struct stack_steps *steps)
{
	struct stack_frames frames;

	steps->count = 0;
	steps->leaving = steps->failing = false;
	if (end == NULL)
		return 0;
	steps->failing = end->event.cause != CAUSE_TERMINATED &&
			 end->event.cause != CAUSE_STOPPED &&
			 end->event.stand.doing == DOING_UNKNOWN;
	frames = stack_frames_of(report, process, end);
	if (frames.count == 0 || take_kept(steps, &frames))
		return 0;
	return add_steps(report, steps, &frames);
}

int stack_steps_set(struct report *report, const struct process *process, struct stack_steps *steps)
{
	return stack_steps_set_at(report, process, process_termination(process), steps);
}

void stack_steps_release(struct stack_steps *steps)
{
	for (size_t i = 0; steps->kept != NULL && i < KEPT_MOST; i++)
		free(steps->kept[i].list);
	free(steps->kept);
	free(steps->list);
	*steps = (struct stack_steps){.list = NULL};
}

/* The line of a function of the program says where the rank is. */
static bool counts_line(const struct stack_step *step)
{
	return step->is_call && step->part == STEP_PROGRAM;
}

bool stack_step_is_same(const struct stack_step *one, const struct stack_step *other)
{
	const struct frame *a = one->frame, *b = other->frame;

	if (one->function != other->function && strcmp(one->function, other->function) != 0)
		return false;
	if (a == b || !counts_line(one) || !counts_line(other))
		return counts_line(one) == counts_line(other);
	if (a->line != b->line || !is_same_file(a->file, b->file))
		return false;
	return a->line > 0 || a->function_offset == b->function_offset;
}

void stack_line_add(struct text *text, const struct frame *frame)
{
	if (frame->file != NULL && frame->line > 0)
		text_printf(text, " (%s:%d)", path_base(frame->file), frame->line);
	else if (frame->file != NULL)
		text_printf(text, " (%s)", path_base(frame->file));
	else if (frame->function != NULL && frame->module != NULL)
		text_printf(text, "+0x%lx", (unsigned long)frame->function_offset);
}

void stack_function_add(struct text *text, const struct stack_step *step)
{
	if (step->frame->kind == FRAME_PYTHON && step->frame->function != NULL)
		text_add(text, step->frame->function);
	else
		short_name_add(text, step->function);
}

void stack_step_add(struct text *text, const struct stack_step *step)
{
	stack_function_add(text, step);
	if (step->has_line && (step->is_call || step->frame->line > 0))
		stack_line_add(text, step->frame);
}
