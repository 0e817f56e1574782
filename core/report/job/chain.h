/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain.h - from a failure down the tree of processes to the failure that it hands on.
 *
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/report/job/process.h"

/*
 * The process whose termination is that of RANK, the process of a rank: RANK itself, or what it
 * ran where it ended with the status of its child. That is so of a shell and the like; of any other
 * program where the status is a signal's, or above 1 and came at once; of make and the like for the
 * first child that failed.
 */
const struct process *chain_of_rank(const struct process *rank);

/*
 * Of the processes below ROOT whose failures led to ROOT's, the one that failed first. Scripts run
 * many commands that fail harmlessly: a fatal signal or an exception counts more than a status, and
 * one that was handed on more than one that was not.
 */
const struct process *chain_of_job(const struct process *root);

/* The earliest helper of RANK that failed by itself before AT_US, hard or with the status that RANK
 * ended with at once; NULL when there is none. */
const struct process *chain_helper(
	const struct job *job, const struct process *rank, int64_t at_us);
