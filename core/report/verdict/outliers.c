/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rank's position is its call path through its own program, and the function of a library that it
 * called there. How deep it stands inside that library is chance.
 */
#include "core/report/verdict/verdict.h"

#include "core/base/path.h"
#include "core/eventfile/intern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 4096

/* A step of a Python traceback. */
#define STEP "  File \""
#define STEP_LINE "\", line "
#define STEP_IN ", in "

struct standing {
	const struct rank_result *result;
	const char *path; /* interned: equal paths are one pointer */
};

static bool is_library(const struct frame *frame)
{
	return frame->module != NULL && strstr(path_base(frame->module->path), ".so") != NULL;
}

/* What counts of a frame: nothing of a library's, but where there is Python, its frames alone. */
static bool is_program(const struct frame *frame, bool python)
{
	return python ? frame->kind == FRAME_PYTHON : !is_library(frame) && frame->function != NULL;
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

static void add_frame(struct text *path, const struct frame *frame)
{
	text_add(path, frame->function == NULL ? "?" : frame->function);
	if (frame->file != NULL)
		text_printf(path, " (%s:%d)", path_base(frame->file), frame->line);
	text_char(path, '\n');
}

/* A step of a traceback, `  File "/a/data.py", line 33, in load`, as add_frame() has it. Returns
 * false for its other lines. */
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

/* The steps of TRACE, the innermost first, MOST at most. Returns how many there were. */
static size_t add_steps(struct text *path, const struct text_lines *trace, size_t most)
{
	size_t count = 0;

	for (size_t i = trace->count; i > 0 && count < most; i--)
		if (add_step(path, trace->lines[i - 1])) {
			text_char(path, '\n');
			count++;
		}
	return count;
}

/* An exception's trace says where it was raised; the stack only where it ended the process. */
static const struct text_lines *raised(const struct termination *end)
{
	static const struct text_lines nowhere;

	return end->event.cause == CAUSE_EXCEPTION ? &end->error_trace : &nowhere;
}

static const char *path_of_frames(struct intern *paths, const struct event *event)
{
	bool python = has_python(event);
	size_t at = innermost(event, python);
	char buffer[PATH_SIZE];
	struct text path;

	if (at == event->frame_count)
		return NULL;
	text_init(&path, buffer, sizeof buffer);
	if (!python && at > 0)
		add_frame(&path, &event->frames[at - 1]);
	for (; at < event->frame_count; at++)
		if (is_program(&event->frames[at], python))
			add_frame(&path, &event->frames[at]);
	return intern_string(paths, path.data);
}

static const char *path_of(struct intern *paths, const struct termination *end)
{
	char buffer[PATH_SIZE];
	struct text path;

	text_init(&path, buffer, sizeof buffer);
	if (add_steps(&path, raised(end), SIZE_MAX) > 0)
		return intern_string(paths, path.data);
	return path_of_frames(paths, &end->event);
}

/* A function on the stack ends the program: handlers, destructors and finalizers run below it, and
 * may wait for others. */
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
static const char *where_in_frames(struct report *report, const struct event *event)
{
	bool python = has_python(event);
	size_t at = innermost(event, python);
	const struct frame *frame = &event->frames[at];
	const char *called = !python && at > 0 ? event->frames[at - 1].function : NULL;
	const char *function = frame->function == NULL ? "?" : frame->function;

	const char *leaving = is_leaving(event) ? ", on its way out" : "";

	if (frame->file == NULL)
		return report_say(report, "%s%s%s%s", called == NULL ? "" : called,
			called == NULL ? "" : ", called by ", function, leaving);
	return report_say(report, "%s%s%s (%s:%d)%s", called == NULL ? "" : called,
		called == NULL ? "" : ", called by ", function, path_base(frame->file), frame->line,
		leaving);
}

static const char *where_of(struct report *report, const struct termination *end)
{
	char buffer[PATH_SIZE];
	struct text path;

	text_init(&path, buffer, sizeof buffer);
	if (add_steps(&path, raised(end), 1) > 0)
		return report_say(report, "%.*s", (int)strcspn(path.data, "\n"), path.data);
	return where_in_frames(report, &end->event);
}

static const struct termination *end_of(const struct rank_result *result)
{
	return result->ended->termination->end;
}

static size_t take_standings(
	struct intern *paths, const struct attempt *attempt, struct standing *standings)
{
	size_t count = 0;

	FOR_EACH_RESULT (result, attempt) {
		const char *path = result->ended == NULL ? NULL : path_of(paths, end_of(result));

		if (path != NULL)
			standings[count++] = (struct standing){result, path};
	}
	return count;
}

/* A position that more than half have, or NULL (Boyer and Moore's majority vote). */
static const struct standing *majority(const struct standing *standings, size_t count)
{
	const struct standing *most = NULL;
	size_t votes = 0, have = 0;

	for (size_t i = 0; i < count; i++) {
		if (votes == 0)
			most = &standings[i];
		if (most->path == standings[i].path)
			votes++;
		else
			votes--;
	}
	for (size_t i = 0; i < count; i++)
		have += standings[i].path == most->path;
	return 2 * have > count && have > 1 ? most : NULL;
}

static int add_outlier(struct report *report, struct attempt *attempt,
	const struct standing *standings, size_t count)
{
	const struct standing *most = majority(standings, count);

	if (most == NULL)
		return 0;
	attempt->outliers = report_alloc(report, count * sizeof *attempt->outliers);
	if (attempt->outliers == NULL)
		return -ENOMEM;
	attempt->usual_where = where_of(report, end_of(most->result));
	for (size_t i = 0; i < count; i++)
		if (standings[i].path == most->path)
			attempt->usual_count++;
		else
			attempt->outliers[attempt->outlier_count++] =
				(struct outlier){standings[i].result->rank,
					where_of(report, end_of(standings[i].result))};
	return 0;
}

int outliers_set(struct report *report, struct attempt *attempt)
{
	struct intern paths = {.arena = &report->reading.arena};
	struct standing *standings;
	size_t count;
	int error = 0;

	if (attempt->has_root || attempt->explanation == NULL || attempt->count < 3)
		return 0;
	standings = reallocarray(NULL, attempt->count, sizeof *standings);
	if (standings == NULL)
		return -ENOMEM;
	count = take_standings(&paths, attempt, standings);
	if (count > 2)
		error = add_outlier(report, attempt, standings, count);
	intern_release(&paths);
	free(standings);
	return error;
}
