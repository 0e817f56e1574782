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

struct report;

/*
 * Sets function, file and line in the frames of REPORT's terminations, and their notes, as the
 * request of REPORT says; comes after job_make(). What cannot be found is left as the event has it;
 * warnings say why where that is not plain. Returns 0 or -ENOMEM.
 */
int lines_add(struct report *report);
