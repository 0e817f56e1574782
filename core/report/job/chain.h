/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain.h - from the failure of a process down to that of the descendant that caused it.
 *
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/report/job/mention.h"
#include "core/report/job/process.h"

#define CHAIN_MOST 8

/* By what the failure of a process follows from that of a descendant. */
enum link {
	LINK_NONE,
	LINK_COMMON, /* it ended with the same status, 1, as many do, and had begun others since; or
			its last program may have begun after that, and without it */
	LINK_TIME,   /* it waited for that, and failed soon after: it may have failed by itself */
	LINK_STATUS, /* it handed on the status, as a shell does, or one that stands for it */
	LINK_MENTION, /* its error speaks of that */
};

/* A process that failed because of the next one below. */
struct chain_step {
	const struct process *process;
	enum link link;
	enum mention mention; /* where LINK is LINK_MENTION */
};

struct chain {
	const struct process *cause; /* the one at the end, which failed by itself */
	bool sure;		     /* no step rests on times alone, or on a common status */
	bool common;		     /* a step rests on a common status */
	struct chain_step steps[CHAIN_MOST]; /* from CAUSE up; those above are left out */
	size_t count;
};

/*
 * The chain of failures from PROCESS, one of JOB with a termination, down to its cause.
 *
 * A shell and the like hand on any status; make and the like that of the first child that failed,
 * by a fatal signal before all. Any other program may hand on a signal's status, or a status above
 * 1 with which it ended at once; speak of the descendant in its error; or fail soon after it
 * learned of the end of the descendant, which then need not be the cause.
 */
struct chain chain_of(const struct job *job, const struct process *process);

/* PROCESS, which failed by a decision of its own, ran beside another child of its shell that
 * crashed meanwhile, or by uncertain clocks later. */
bool chain_is_beside_crash(const struct process *process);

/* PROCESS, which failed by a decision of its own, ran beside another child of its shell that
 * crashed meanwhile, or by uncertain clocks later. */
bool chain_is_beside_crash(const struct process *process);

/* The earliest helper of RANK that failed by itself before AT_US: by a fatal signal, an exception
 * or the like, or by a status with which RANK ended at once, too. NULL: there is none. */
const struct process *chain_helper(
	const struct job *job, const struct process *rank, int64_t at_us);
