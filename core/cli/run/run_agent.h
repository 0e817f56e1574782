/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_agent.h - reports how each process ended that `vigil run` waited for or saw end: the last
 * word on those that could not speak.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/proc.h"
#include "core/cli/run/run_common.h"
#include "core/cli/run/run_known.h"
#include "core/events/identity.h"

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct logging;

/* Where AGENT events go, and what they have in common. */
struct agent {
	struct arena arena;
	struct logging *logging; /* NULL: there is no memory for it, and nothing is recorded */
	char *scratch;		 /* EVENT_SCRATCH_SIZE bytes */
	char hostname[HOSTNAME_SIZE];
	char boot_id[BOOT_ID_SIZE];
	struct identity nobody;	   /* of an orphan: its variables died with it */
	struct identity command;   /* as the command inherited it from us */
	bool leader;		   /* the command is its rank's leader */
	unsigned dropped, unsent;  /* as struct event has them */
	unsigned reported_dropped; /* and what the last event said of it */
};

/* A process that ended. */
struct ended {
	pid_t pid;
	int status; /* of wait(2), or STATUS_UNKNOWN */
	struct instant at;
	bool is_command;
	struct process_stat stat;   /* comm "": unknown */
	uid_t user;		    /* as whom it ran at its end, UID_UNKNOWN */
	const char *exe;	    /* NULL: unknown */
	const struct rusage *usage; /* NULL: it was not we who waited for it */
	const struct known *known;  /* what it said of itself when it began; NULL: nothing */
	struct event_oom oom;
	bool oom_killed; /* the kernel did it, for lack of memory */
	bool reported;	 /* it has recorded its end itself */
	bool unstarted;	 /* its program ended before any of its code ran */
};

/* This host's name, as events have it. */
void agent_hostname(char name[HOSTNAME_SIZE]);

/*
 * Open the event file of the run at PLACE, beside what the file CONFIG ("": there is none) says of
 * the loggers vigil.agent.*. Says so on stderr if that cannot be done: the job has started already
 * and goes on, and each event tries again.
 */
void agent_open(struct agent *agent, const struct run_directory *rundir, const char *config);

/* Report ENDED. */
void agent_emit(struct agent *agent, const struct ended *ended);

/* Nothing more is reported: handlers write what they keep back. */
void agent_close(struct agent *agent);
