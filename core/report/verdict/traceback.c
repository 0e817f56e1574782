/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/traceback.h"

#include <stdlib.h>
#include <string.h>

/* The parts of a line that names a frame: `  File "/a/data.py", line 33, in load`. */
#define HEAD "Traceback (most recent call last)"
#define STEP "  File \""
#define STEP_LINE "\", line "
#define STEP_IN ", in "

/* Whether LINE names a frame; sets FRAME where it is not NULL. */
static bool read_step(struct report *report, const char *line, struct frame *frame)
{
	const char *file = line + strlen(STEP), *number, *function;

	if (strncmp(line, STEP, strlen(STEP)) != 0 || (number = strstr(file, STEP_LINE)) == NULL ||
		(function = strstr(number, STEP_IN)) == NULL)
		return false;
	if (frame == NULL)
		return true;
	function += strlen(STEP_IN);
	*frame = (struct frame){.kind = FRAME_PYTHON,
		.function = report_say(report, "%.*s", (int)strcspn(function, "\n"), function),
		.file = report_say(report, "%.*s", (int)(number - file), file),
		.line = (int)strtol(number + strlen(STEP_LINE), NULL, 10)};
	return true;
}

/* The number of frames that the last traceback of LINES names; in *RET_BEGIN, where it begins. */
static size_t count_steps(struct report *report, const struct text_lines *lines, size_t *ret_begin)
{
	size_t count = 0, at = lines->count;

	while (at > 0 && strncmp(lines->lines[at - 1], HEAD, strlen(HEAD)) != 0)
		count += read_step(report, lines->lines[--at], NULL);
	*ret_begin = at;
	return count;
}

const struct frame *traceback_frames(
	struct report *report, const struct termination *end, size_t *ret_count)
{
	const struct text_lines *lines = &end->error_trace;
	size_t begin, count, at;
	struct frame *frames;

	*ret_count = 0;
	if (end->event.cause != CAUSE_EXCEPTION)
		return NULL;
	count = count_steps(report, lines, &begin);
	frames = count == 0 ? NULL : report_alloc(report, count * sizeof *frames);
	if (frames == NULL)
		return NULL;
	at = count;
	for (size_t i = begin; i < lines->count && at > 0; i++)
		at -= read_step(report, lines->lines[i], &frames[at - 1]);
	*ret_count = count;
	return frames;
}
