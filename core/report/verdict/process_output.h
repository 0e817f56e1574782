/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process_output.h - where a process wrote to, and what a launcher has read of it.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/verdict.h"

/* The output INDEX, 0 (standard output) or 1 (standard error), of PROCESS: as it was when the
 * process died, or else when it began. */
struct event_output process_output(const struct process *process, int index);

/* Two outputs of one host, or two files, are the same, and known. */
bool output_is_same(const struct event_output *one, const struct event_output *other);

/*
 * What was read last of the output INDEX of PROCESS, a pipe or a terminal, in the report's memory:
 * by the launcher that has its other side, by the inode or number; or by the srun that made the
 * step, where the output is that of one of its tasks, by the task's number. Of two steps at the
 * same time neither is known to be the task's, and of a step of several programs
 * (`srun … : …`) the numbers are not the ranks'. NULL: nobody has read any.
 */
const char *process_output_read(
	const struct report *report, const struct process *process, int index);
