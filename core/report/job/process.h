/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - the processes of one run, made from what was reported them: each with one beginning,
 * one end, one parent.
 *
 * Times of different hosts are brought onto one clock, the job's: within a host CLOCK_MONOTONIC
 * orders, and how it stands to the wall clock is taken from the host's last event. Signal-safe: no.
 * Threads: a job belongs to one.
 */
#pragma once

#include "core/eventfile/read.h"
#include "core/eventfile/event_record.h"

#include "core/base/text.h"

/* No real chain of parents is longer; a forged one must not cost more, nor a circle for ever. */
#define PROCESS_DEPTH_MOST 256

#define BEGAN_UNKNOWN (INT64_MIN / 2)

struct process {
	const char *hostname, *boot_id, *program, *run_id; /* never NULL; "" when unknown */
	pid_t pid, ppid;
	uint64_t start_ticks;	   /* 0: unknown */
	size_t clock;		   /* equal for processes whose CLOCK_MONOTONIC is the same */
	int64_t began_us;	   /* the job's clock; BEGAN_UNKNOWN when only its end is known */
	int64_t first_us, last_us; /* the job's clock: its first and its last event, whatever they
				      were */

	/* What was reported; NULL: nothing of the kind. */
	const struct event_record *first, *init, *running;
	const struct event_record
		*own_termination; /* its own last word, unless it went on after that */
	const struct event_record *agent_termination; /* what its waiter saw, the last one */

	/* What counts. */
	const struct event_record
		*termination; /* own_termination or agent_termination; NULL: it has none */
	int64_t ended_us;     /* the job's clock, when it has a termination */
	bool contradicted;    /* its waiter saw another end than it reported itself: the waiter's
				 counts */

	/* The kill() that came before its end and may explain it (kills.h), as the caller of that
	 * reports; NULL: nobody reported one. */
	const struct event_record *kill_request;
	int64_t kill_request_us; /* the job's clock, when it has one */

	int64_t rank, local_id, world_size, attempt; /* RANK_UNKNOWN where not known */
	enum launcher launcher;
	bool is_rank; /* it has a rank, and is no helper of a rank: no ancestor has the same one */

	/* Of a rank's leader: its launcher, or where nobody knows that, the first of those that it
	 * launched. Of that one: which of the job's launches this is, and when it began. */
	struct process *launched_by;
	size_t launch;
	int64_t launched_us;

	struct process *parent;	 /* the nearest ancestor that is known; NULL: none is */
	struct process *child;	 /* the first of its children, in no order */
	struct process *sibling; /* the next child of the same parent */
};

struct job {
	struct process *processes; /* by hostname, then pid, then began_us */
	size_t count;
	const char *run_id; /* "" when no event has one */
	size_t duplicates;  /* events that were reported twice */
	size_t lost;	    /* events that others stand before and behind, and that are missing */
	/* As the reporters counted: events that not every handler could write, and how many of
	 * these were recorded all the same. */
	uint64_t dropped, unsent;
	const struct event_record **kills; /* what reports a kill(), by hostname, target and time */
	size_t kill_count;
};

/*
 * Makes the processes of run RUN_ID (NULL: the newest) from READING, which must outlive the job and
 * gets the warnings. Returns 0 and a job that the CALLER OWNS, to be released with job_release();
 * -ENODATA when the run has no event; -ENOMEM.
 */
int job_make(struct reading *reading, const char *run_id, struct job *ret_job);

/* Releases the processes; JOB is all zero again. */
void job_release(struct job *job);

/* The process that had PID on HOSTNAME at AT_US of the job's clock, or NULL: the latest that began
 * before. */
struct process *job_find(const struct job *job, const char *hostname, pid_t pid, int64_t at_us);

/* Appends what PROCESS is called: its program, or "bash's child" where nobody knows that. */
void process_add_name(const struct process *process, struct text *text);

/* ANCESTOR is the parent of PROCESS, or its parent, and so on. */
bool process_descends(const struct process *process, const struct process *ancestor);

/* The event that reports the termination of PROCESS, which has one. */
static inline const struct event *termination_event(const struct process *process)
{
	return &process->termination->end->event;
}

/* A time of two processes can be distinguished: always on one clock, else only if it differs by
 * more than SKEW_US. */
bool process_ordered(const struct process *one, int64_t one_us, const struct process *other,
	int64_t other_us, int64_t skew_us);
