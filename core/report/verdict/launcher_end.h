/* SPDX-License-Identifier: Apache-2.0 */
/*
 * launcher_end.h - how the launchers of an attempt's ranks ended, and why, for the rules of
 * secondary_failures.c.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/attempt_context.h"

/* PROCESS starts ranks, as mpirun and srun do; timeout(1) does not. */
bool launcher_starts_ranks(const struct process *process);

/* The innermost launcher of ranks in a job of which no rank was heard; NULL: there is none. */
const struct process *unheard_launcher(const struct report *report);

/* The nearest launcher from LAUNCHER upwards that a fault or SIGKILL ended before BEFORE_US, so
 * that the ranks failed for lack of it; NULL: there is none. By an exception or an exit a launcher
 * only reports what its ranks did. */
const struct process *launcher_that_died(
	const struct attempt_context *context, const struct process *launcher, int64_t before_us);

/* The outermost of the launchers, the attempt's root among them, that another process requested to
 * end; NULL: there is none. */
const struct process *launcher_that_was_requested(const struct attempt_context *context);

/* The launcher terminated with a status of its own, and not because of a request. */
bool launcher_decided(const struct attempt_context *context);

/* Who requested LAUNCHER, which is of launcher_that_was_requested(), to end, and by which signal: a
 * sentence that begins with "nobody failed first", in the report's memory. */
const char *explain_requested(struct report *report, const struct process *launcher);

/* For ranks that ended as their launcher was gone: what is known of its end. */
const char *explain_gone(const struct attempt_context *context);
