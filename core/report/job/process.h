/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - the processes of one run, each with one beginning, one termination and one parent.
 *
 * job.h makes them from event records. All times are on the job's clock (clocks.c) and in
 * microseconds. A process's waiter is whoever called wait(2) for it: its parent, or `vigil run`.
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/eventfile/event_record.h"

#include "core/base/signal_table.h"
#include "core/base/text.h"

/* The longest chain of parents that is followed. No real one is longer; a forged one, or a circle,
 * must not cost more. */
#define PROCESS_DEPTH_MOST 256

struct last_words; /* last_words.h */

#define BEGAN_UNKNOWN (INT64_MIN / 2)

struct process {
	/* Never NULL; "" when unknown. command: as recorded, in a shell's words. */
	const char *hostname, *boot_id, *program, *command, *run_id;
	pid_t pid, ppid;
	uint64_t start_ticks;	   /* 0: unknown */
	size_t clock;		   /* equal for processes whose CLOCK_MONOTONIC is the same */
	int64_t began_us;	   /* BEGAN_UNKNOWN when only its termination is known */
	int64_t forked_us;	   /* likewise; not later, as a child of fork() may report late */
	int64_t program_us;	   /* when exec began its last program; BEGAN_UNKNOWN: none did */
	int64_t first_us, last_us; /* of its first and its last event of any kind */

	/* The events of each kind; NULL: there is none. */
	const struct event_record *first, *init, *running;
	const struct event_record *exec; /* the first of the program that exec began */
	bool exec_unseen; /* of its last program the termination alone is known, and not when it
			     began */
	const struct event_record *own_termination;   /* its own last one, unless events follow */
	const struct event_record *agent_termination; /* its waiter's; of several, the best one */

	const struct event_record *raised; /* the exception that ended its main program, reported
					      before the process ended */

	/* Where `vigil run` saw it last, while it went on; that it stood still with all others of
	 * its host; that it moved after such an event: the last ones of each, with their times.
	 * NULL: there is none. */
	const struct event_record *seen, *stalled, *moved;
	int64_t seen_us, stalled_us, moved_us;

	/* The kernel's message that it killed the process for lack of memory; NULL: none is known.
	 */
	const struct event_record *oom_message;

	/* The termination that counts: its own or its waiter's; NULL: it has none. */
	const struct event_record *termination;
	int64_t ended_us;  /* when that was */
	bool contradicted; /* its waiter saw another status than the process reported: the waiter's
			      counts */

	/* The kill() that came before its termination and may explain it (kills.h), as the sender
	 * reported it; NULL: nobody reported one. */
	const struct event_record *kill_request;
	int64_t kill_request_us;
	/* The first SIGKILL that found it dead already; NULL: none is known. Where only the waiter
	 * reports the termination, which may be long after it, ended_us is that of this kill(). */
	const struct event_record *late_kill;
	/* It had vanished before Slurm requested the ranks to end; ended_us is just before that. */
	bool gone_when_asked;

	/* What it said last: set for those that may have failed first (verdict/findings_said.h);
	 * else NULL. */
	const struct last_words *words;

	int64_t rank, local_id, world_size, attempt; /* RANK_UNKNOWN where not known */
	int64_t group_rank;			     /* the node's number; likewise */
	const char *rank_source; /* the variable that its rank came from, never NULL */
	enum launcher launcher;
	bool is_rank; /* it is a rank, and no helper of one: no ancestor has the same rank */

	/* launched_by, of a rank: its launcher; where that is unknown, the first of the ranks that
	 * have the same parent. launch and launched_us, of a launcher: which of the job's launches
	 * it made (0: the first), and when its first rank began. */
	struct process *launched_by;
	size_t launch;
	int64_t launched_us;

	struct process *parent;	 /* the nearest ancestor that is known; NULL: none is */
	struct process *child;	 /* the first of its children, in no order */
	struct process *sibling; /* the next child of the same parent */
};

struct monitor_run; /* monitors.h */

struct job {
	struct process *processes; /* by hostname, then pid, then began_us */
	size_t count;
	const char *run_id; /* "" when no event has one */
	size_t duplicates;  /* events that were there twice */
	size_t lost;	    /* events that are missing, by the gaps in their numbers */
	/* What the reporters counted: events that not every handler could write, and of these the
	 * ones that the run directory has all the same. */
	uint64_t dropped, unsent;
	const struct event_record **kills; /* the reported kill()s, by hostname, target and time */
	size_t kill_count;
	const struct event_record **messages; /* of the system (system_messages.h), by hostname */
	size_t message_count;
	/* The `vigil run`s of a run that several make, by hostname and time; else none. */
	struct monitor_run *monitors;
	size_t monitor_count;
};

/* For each PROCESS of JOB. */
#define FOR_EACH_PROCESS(process, job)                   \
	for (struct process *process = (job)->processes; \
		(size_t)(process - (job)->processes) < (job)->count; process++)

/* The termination of PROCESS; NULL where PROCESS is NULL or has none. */
static inline const struct termination *process_termination(const struct process *process)
{
	return process == NULL || process->termination == NULL ? NULL : process->termination->end;
}

/* PROCESS, a rank's, or the one below it that has its number, where `vigil run` saw it while it
 * went on; NULL: it saw neither, or PROCESS is NULL. */
const struct process *process_that_was_seen(const struct process *process);

/* The event that reports the termination of PROCESS, which has one. */
static inline const struct event *termination_event(const struct process *process)
{
	return &process->termination->end->event;
}

/* PROCESS has a termination, which is a failure. */
static inline bool process_failed(const struct process *process)
{
	return process->termination != NULL && process->termination->state == NODE_FAILED;
}

/* The process of EVENT, a termination, had called exit() when a signal ended it. */
static inline bool event_was_exiting(const struct event *event)
{
	return event->cause == CAUSE_EXIT && event->signal.number != 0;
}

/* Orders two events of one host by time, as qsort(3) wants it: by CLOCK_MONOTONIC, and by the wall
 * clock only where that is unknown. */
int event_order(const struct event_record *one, const struct event_record *other);

/* Orders two struct process as those of a job are, as qsort(3) wants it. */
int process_order(const void *one, const void *other);

/* The process that had PID on HOSTNAME at AT_US: the latest that began before. NULL: none did. */
struct process *job_find(const struct job *job, const char *hostname, pid_t pid, int64_t at_us);

/* The program of PROCESS is known. It is not where another process, which did not know the program,
 * is the only reporter. */
bool process_is_named(const struct process *process);

/* Appends what PROCESS is called: its program, or "bash's child" where that is unknown. */
void process_add_name(const struct process *process, struct text *text);

/* ANCESTOR is the parent of PROCESS, or its parent, and so on. */
bool process_descends(const struct process *process, const struct process *ancestor);
