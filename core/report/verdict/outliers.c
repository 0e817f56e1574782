/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rank's position is its call path through its own program, and the function of a library that it
 * called there. How deep in that library it was is chance.
 */
#include "core/report/verdict/verdict.h"

#include "core/base/path.h"
#include "core/eventfile/intern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define PATH_SIZE 4096

/* The parts of a line of a Python traceback that names a frame. */
#define STEP "  File \""
#define STEP_LINE "\", line "
#define STEP_IN ", in "

struct position {
	const struct rank_result *result;
	const char *path; /* interned: equal paths are one pointer */
};

/* FRAME counts for the position: only Python's do where there are any, else the program's. */
static bool is_program(const struct frame *frame, bool python)
{
	if (python)
		return frame->kind == FRAME_PYTHON;
	return frame->function != NULL &&
	       (frame->module == NULL || strstr(path_base(frame->module->path), ".so") == NULL);
}

/* The innermost frame of the program; frame_count when there is none. */
static size_t innermost(const struct event *event, bool python)
{
	size_t at = 0;

	while (at < event->frame_count && !is_program(&event->frames[at], python))
		at++;
	return at;
}

static bool has_python(const struct event *event)
{
	return event->frame_count > 0 && event->frames[0].kind == FRAME_PYTHON;
}

/* "load (data.py:33)" */
static void add_frame(struct text *text, const struct frame *frame)
{
	text_add(text, frame->function == NULL ? "?" : frame->function);
	if (frame->file != NULL)
		text_printf(text, " (%s:%d)", path_base(frame->file), frame->line);
}

/* Appends the frame that LINE of a traceback names, `  File "/a/data.py", line 33, in load`, in the
 * form of add_frame(). Returns false where LINE names none. */
static bool add_step(struct text *path, const char *line)
{
	const char *file = line + strlen(STEP), *number, *function;

	if (strncmp(line, STEP, strlen(STEP)) != 0 || (number = strstr(file, STEP_LINE)) == NULL ||
		(function = strstr(number, STEP_IN)) == NULL)
		return false;
	for (const char *at = file; at < number; at++)
		file = *at == '/' ? at + 1 : file;
	number += strlen(STEP_LINE);
	text_printf(path, "%.*s (%.*s:%.*s)", (int)strcspn(function + strlen(STEP_IN), "\n"),
		function + strlen(STEP_IN), (int)(number - strlen(STEP_LINE) - file), file,
		(int)(function - number), number);
	return true;
}

/* Appends the frames of END's traceback, the innermost first, MOST at most. The traceback says
 * where an exception was raised, the stack only where that ended the process. Returns how many
 * there were. */
static size_t add_steps(struct text *path, const struct termination *end, size_t most)
{
	size_t count = 0;

	if (end->event.cause != CAUSE_EXCEPTION)
		return 0;
	for (size_t i = end->error_trace.count; i > 0 && count < most; i--)
		if (add_step(path, end->error_trace.lines[i - 1])) {
			text_char(path, '\n');
			count++;
		}
	return count;
}

static void add_frames(struct text *path, const struct event *event)
{
	bool python = has_python(event);
	size_t first = innermost(event, python);

	for (size_t at = first; at < event->frame_count; at++) {
		if (at == first && !python && at > 0) {
			add_frame(path, &event->frames[at - 1]);
			text_char(path, '\n');
		}
		if (is_program(&event->frames[at], python)) {
			add_frame(path, &event->frames[at]);
			text_char(path, '\n');
		}
	}
}

/* The position at END, as a path of frames; NULL where it is not known, or out of memory. */
static const char *path_of(struct intern *paths, const struct termination *end)
{
	char buffer[PATH_SIZE];
	struct text path;

	text_init(&path, buffer, sizeof buffer);
	if (add_steps(&path, end, SIZE_MAX) == 0)
		add_frames(&path, &end->event);
	return path.length == 0 ? NULL : intern_string(paths, path.data);
}

/* A function in the stack is one that ends the program: handlers, destructors and finalizers run
 * below it, and may wait for other ranks. */
static bool is_leaving(const struct event *event)
{
	static const char *const exits[] = {"exit", "quick_exit", "__run_exit_handlers", "Py_Exit",
		"Py_FinalizeEx", "_dl_fini"};

	for (size_t i = 0; i < event->frame_count; i++)
		for (size_t k = 0; k < sizeof exits / sizeof *exits; k++)
			if (event->frames[i].function != NULL &&
				strcmp(event->frames[i].function, exits[k]) == 0)
				return true;
	return false;
}

/* "load (data.py:33)", "MPI_Recv, called by main (ring.c:20)". */
static const char *where_of(struct report *report, const struct termination *end)
{
	const struct event *event = &end->event;
	bool python = has_python(event);
	size_t at = innermost(event, python);
	char buffer[PATH_SIZE];
	struct text where;

	text_init(&where, buffer, sizeof buffer);
	if (add_steps(&where, end, 1) > 0)
		return report_say(report, "%.*s", (int)strcspn(where.data, "\n"), where.data);
	if (!python && at > 0 && event->frames[at - 1].function != NULL)
		text_printf(&where, "%s, called by ", event->frames[at - 1].function);
	add_frame(&where, &event->frames[at]);
	if (is_leaving(event))
		text_add(&where, ", on its way out");
	return report_say(report, "%s", where.data);
}

static size_t find_positions(
	struct intern *paths, const struct attempt *attempt, struct position *positions)
{
	size_t count = 0;

	FOR_EACH_RESULT (result, attempt) {
		const char *path = result->stood == NULL ? NULL : path_of(paths, result->stood);

		if (path != NULL)
			positions[count++] = (struct position){result, path};
	}
	return count;
}

/* A position that more than half have, or NULL (Boyer and Moore's majority vote). */
static const struct position *majority(const struct position *positions, size_t count)
{
	const struct position *most = NULL;
	size_t have = 0;
	ssize_t votes = 0;

	for (size_t i = 0; i < count; i++) {
		if (votes == 0)
			most = &positions[i];
		votes += most->path == positions[i].path ? 1 : -1;
	}
	for (size_t i = 0; i < count; i++)
		have += positions[i].path == most->path;
	return 2 * have > count && have > 1 ? most : NULL;
}

static int add_outliers(struct report *report, struct attempt *attempt,
	const struct position *positions, size_t count)
{
	const struct position *most = majority(positions, count);

	if (most == NULL)
		return 0;
	attempt->outliers = report_alloc(report, count * sizeof *attempt->outliers);
	if (attempt->outliers == NULL)
		return -ENOMEM;
	attempt->usual_where = where_of(report, most->result->stood);
	for (size_t i = 0; i < count; i++)
		if (positions[i].path == most->path)
			attempt->usual_count++;
		else
			attempt->outliers[attempt->outlier_count++] =
				(struct outlier){positions[i].result->rank,
					where_of(report, positions[i].result->stood)};
	return 0;
}

int outliers_set(struct report *report, struct attempt *attempt)
{
	struct intern paths = {.arena = &report->reading.arena};
	struct position *positions;
	size_t count;
	int error = 0;

	if (attempt->has_root || attempt->explanation == NULL || attempt->count < 3)
		return 0;
	positions = reallocarray(NULL, attempt->count, sizeof *positions);
	if (positions == NULL)
		return -ENOMEM;
	count = find_positions(&paths, attempt, positions);
	if (count > 2)
		error = add_outliers(report, attempt, positions, count);
	intern_release(&paths);
	free(positions);
	return error;
}
