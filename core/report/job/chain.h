/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain.h - down the tree of processes: whose failure a failure hands on.
 *
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/report/job/process.h"

/*
 * The process whose end is the end of the rank that LEADER leads: LEADER itself, or what it ran,
 * where that ended with the status of its child: a shell or the like; any other program where the
 * status is a signal's, or above 1 and came at once; or the first that make and the like saw fail.
 */
const struct process *chain_of_rank(const struct process *leader);

/*
 * The process of the tree below ROOT that failed first of those that led to ROOT's failure. Scripts
 * run many commands that fail harmlessly: a fatal signal or an exception counts more than a status,
 * one that was handed on more than one that was not.
 */
const struct process *chain_of_job(const struct process *root);

/* A helper of rank leader LEADER that failed by itself before AT_US, hard or with the status that
 * LEADER ended with at once: the earliest; NULL when there is none. */
const struct process *chain_helper(
	const struct job *job, const struct process *leader, int64_t at_us);
