/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crashes.h - processes that crashed, whether the job failed for that or not.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/job/process.h"

/* PROCESS, of JOB, crashed by itself: by a fatal signal or an exception that nobody caught, or the
 * kernel killed it, and no process below it had failed before. A shell that ends with its child's
 * signal did not crash, nor did a few words that a script tries (python3 -c "import numpy"). */
bool is_crash(const struct job *job, const struct process *process);
