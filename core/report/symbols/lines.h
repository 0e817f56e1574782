/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h - readable names, files and lines for the frames of the processes that have terminated.
 *
 * A module is opened by the path that the event names, if that is an absolute path of a regular
 * file with the event's build-id (source.h): so the worst that a hostile event can do is to make us
 * read a file of which its writer had a copy. Signal-safe: no. Threads: a report belongs to one;
 * the process has no other thread (symbolizer.h).
 */
#pragma once

#include "core/eventfile/read.h"
#include "core/report/job/process.h"
#include "core/report/request.h"

/* Sets function, file and line in the frames of the terminations of JOB, which was made from
 * READING, and their notes, as REQUEST says. Frames whose line cannot be found stay as reported;
 * where the reason is not obvious, a warning of READING says it. Returns 0 or -ENOMEM. */
int lines_add(struct reading *reading, const struct job *job, const struct report_request *request);

/* A stack that is not an event's. */
struct lines_stack {
	const struct frame *frames; /* as they were recorded; then the reading's, with lines */
	size_t count;
	const struct frame_note *notes; /* one for each; the reading's */
};

/* As lines_add(), for the COUNT STACKS; READING has no events, but gets the warnings. */
int lines_add_stacks(struct reading *reading, struct lines_stack *stacks, size_t count,
	const struct report_request *request);
