/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h - readable names, files and lines for the frames of the processes that have terminated.
 *
 * What ran is opened by the path that the event names, if that is an absolute path of a regular
 * file with the event's build-id (source.h): so the worst that a hostile event can do is to make us
 * read a file that its writer had a copy of. Signal-safe: no. Threads: a report belongs to one; the
 * process has no other (symbolizer.h).
 */
#pragma once

#include "core/eventfile/read.h"
#include "core/report/job/process.h"
#include "core/report/request.h"

/*
 * Sets function, file and line in the frames of the terminations of JOB, which was made from
 * READING, and their notes, as REQUEST says. What cannot be found is left as reported; warnings of
 * READING say why where that is not plain. Returns 0 or -ENOMEM.
 */
int lines_add(struct reading *reading, const struct job *job, const struct report_request *request);
