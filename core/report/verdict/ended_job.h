/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ended_job.h - a job without ranks that was requested to end: which process had failed before
 * that.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/* The process because of whose failure another process of the job, such as a supervisor, requested
 * ENDED to end: of those below both, the last that failed by itself before. NULL: the request came
 * from outside or from a timer, or nothing had failed. */
const struct process *ended_for(const struct report *report, const struct process *ended);

/* The first process that failed before ENDED was requested to end, and for which its parent, which
 * was still there, may have waited since. NULL: there is none. */
const struct process *ended_after(const struct report *report, const struct process *ended);
