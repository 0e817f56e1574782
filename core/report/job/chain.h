/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain.h - from the failure of a process down to that of the descendant that caused it.
 *
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/report/job/process.h"

/* The process whose termination explains that of RANK, the process of a rank: RANK itself, or the
 * descendant whose status RANK handed on. A shell and the like hand on any status; make and the
 * like that of the first child that failed; any other program a signal's status, one above 1 with
 * which it ended at once after its child, or 1 where it ran no other program. */
const struct process *chain_of_rank(const struct process *rank);

/* Of ROOT and the processes below it whose failures led to ROOT's, the one that failed first.
 * Scripts run many commands that fail harmlessly: so a fatal signal or an exception counts more
 * than an exit status, and a status that was handed on more than another. One that crashed while
 * the program ran whose status was handed on counts more than that: it may have been its input. */
const struct process *chain_of_job(const struct process *root);

/* PROCESS, which failed by a decision of its own, ran beside another child of its shell that
 * crashed meanwhile, or by uncertain clocks later. */
bool chain_is_beside_crash(const struct process *process);

/* The earliest helper of RANK that failed by itself before AT_US: by a fatal signal, an exception
 * or the like, or by a status with which RANK ended at once, too. NULL: there is none. */
const struct process *chain_helper(
	const struct job *job, const struct process *rank, int64_t at_us);
