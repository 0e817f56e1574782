/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_tracked.h - the processes of the run on this host that have started and whose termination
 * nobody has reported so far, the states that they go through, and what is done at each transition.
 *
 *	                INIT
 *	                  v
 *	                 NEW
 *	                  | first look: not ours: forgotten
 *	     .------------+-----------+----------------.
 *	     v            v           v                |
 *	  POLLED      UNPOLLED      ABSENT             |
 *	     | ended      |           |                |
 *	     v            |           |                |
 *	   ZOMBIE         |           |                |
 *	     | reaped     | last look | last look      | it is gone
 *	     '------------+-----------+----------------+---> GONE
 *
 *	an event about its termination was read, in any state: forgotten
 *	the grace period is over, in GONE: reported, forgotten
 *	the run ends: ZOMBIE and GONE are reported, all are forgotten
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_agent.h"
#include "core/cli/run/run_directory.h"
#include "core/cli/run/run_oom.h"
#include "core/eventfile/event_record.h"

enum tracked_state {
	TRACKED_NEW,	  /* its INIT was read, and it has not been looked at */
	TRACKED_POLLED,	  /* it lives, and its pidfd is polled */
	TRACKED_UNPOLLED, /* it lives, and there was no descriptor left for it */
	TRACKED_ABSENT,	  /* there is no such pid: it is gone, or its pid is that of another
			     namespace */
	TRACKED_ZOMBIE,	  /* it has terminated, and its parent has not yet waited for it */
	TRACKED_GONE,	  /* it has terminated, and its parent has time to report that */
	TRACKED_STATE_COUNT_
};

enum tracked_event {
	ON_FIRST_LOOK,
	ON_ENDED,      /* its pidfd is readable */
	ON_REAPED,     /* its pidfd is hung up; not before Linux 6.9 */
	ON_GRACE_OVER, /* somebody's grace period is over */
	ON_LAST_LOOK,
	ON_RUN_END,
	TRACKED_EVENT_COUNT_
};

struct tracked {
	struct tracked *next; /* the next one in the same slot */
	pid_t pid;
	uint64_t start_ticks;
	enum tracked_state state;
	int pidfd;		   /* -1: none; closed when it is forgotten */
	struct init_facts init;	   /* the facts in its last INIT */
	bool has_started_ranks;	   /* it has started at least one rank, as far as is known */
	bool is_awaited;	   /* monitor_drain() waits for it */
	struct oom_cgroup *cgroup; /* NULL: unknown */

	/* TRACKED_ZOMBIE and TRACKED_GONE. */
	struct instant ended;
	int status; /* as of wait(2), or STATUS_UNKNOWN */
	struct event_oom oom;
	bool oom_killed;
	uid_t user;		/* its user, or UID_UNKNOWN */
	int64_t grace_until_us; /* TRACKED_GONE: the end of its grace period (mono_us) */
};

#define TRACKED_SLOTS 4096

/* The caller sets rundir, agent, outermost, epoll, pidfds_below; else all zero at the start. */
struct tracking {
	const struct run_directory *rundir;
	struct agent *agent;
	bool outermost;	  /* no other `vigil run` of this run is above us */
	int epoll;	  /* where pidfds are polled; -1: none is */
	int pidfds_below; /* pidfds have lower numbers than this */
	struct oom_watch oom;
	struct oom_cgroup *cgroup;	      /* our own */
	struct tracked *slots[TRACKED_SLOTS]; /* by pid */
	int64_t grace_ends_us; /* when the first grace period is over (mono_us); 0: there is none */
	uid_t denied_user; /* a user whose processes could not write to the run directory; 0: none
			      (root always can) */
};

/* The process PID that started at START_TICKS (0: the latest one of that number), or NULL. */
struct tracked *tracked_find(const struct tracking *tracking, pid_t pid, uint64_t start_ticks);

/* The process behind AFTER (NULL: the first), in no particular order; NULL behind the last. */
struct tracked *tracked_next(const struct tracking *tracking, const struct tracked *after);

/* The process of the INIT event RECORD, with the facts in it; added, in the state TRACKED_NEW, if
 * it is not there. NULL when there is no memory. TRACKING owns it, until it is forgotten. */
struct tracked *tracked_note(struct tracking *tracking, const struct event_record *record);

/* Make the transition of PROCESS for EVENT; PROCESS is freed where the transition forgets it. */
void tracked_fire(struct tracking *tracking, struct tracked *process, enum tracked_event event);

/* As tracked_fire(), for every process. Before ON_GRACE_OVER the caller sets grace_ends_us to 0. */
void tracked_fire_all(struct tracking *tracking, enum tracked_event event);

/* RECORD reports the termination of PROCESS: forget PROCESS. Where RECORD is its parent's, and it
 * was an OOM kill, which parents cannot know, report it, too. */
void tracked_take_report(
	struct tracking *tracking, struct tracked *process, const struct event_record *record);

/* Add the facts of INIT and of the cgroup to ENDED, which we have reaped, report it if it
 * IS_OF_JOB, and forget it. */
void tracked_reaped(struct tracking *tracking, struct ended_process *ended, bool is_of_job);

/* Look up the memory cgroup of PROCESS again: a wrapper may change it before its exec. */
void tracked_set_cgroup(struct tracking *tracking, struct tracked *process);

/* Whether the chain of parents in /proc from the process PID, itself included, leads to us, or to a
 * tracked process that has been found to be ours, before it leads to another `vigil run`. */
bool descends_from_us(const struct tracking *tracking, pid_t pid);
