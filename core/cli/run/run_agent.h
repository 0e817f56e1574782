/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_agent.h - emits the AGENT events of `vigil run`: how each process terminated that it waited
 * for, or that terminated without an event of its own.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/proc.h"
#include "core/cli/run/run_directory.h"
#include "core/events/event.h"
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
	struct identity nobody;	   /* of an orphan: its environment is gone */
	struct identity command;   /* as the command inherited it from us */
	bool leader;		   /* the command is its rank's leader */
	unsigned dropped, unsent;  /* as struct event has them */
	unsigned reported_dropped; /* the count in the last event */
};

/* What the INIT event of a process says. */
struct init_facts {
	pid_t ppid;
	char program[64];
	enum launcher launcher;
	int64_t rank, local_id, world_size, attempt;
	bool leader;
};

/* A process that has terminated. */
struct ended_process {
	pid_t pid;
	int status; /* of wait(2), or STATUS_UNKNOWN */
	struct instant at;
	bool is_command;
	struct process_stat stat;      /* comm "": unknown */
	uid_t user;		       /* whose it was, or UID_UNKNOWN */
	const char *exe;	       /* NULL: unknown */
	const struct rusage *usage;    /* NULL: it was not we who waited for it */
	const struct init_facts *init; /* NULL: it emitted no INIT */
	struct event_oom oom;
	bool oom_killed; /* by the kernel, because memory ran out */
	bool reported;	 /* it has emitted an event about it itself */
	bool unstarted;	 /* its program could not be loaded */
};

/* The name of this host in events. */
void agent_hostname(char name[HOSTNAME_SIZE]);

/*
 * Open the event file in RUNDIR, and the handlers that the configuration CONFIG ("": there is none)
 * has for the loggers vigil.agent.*. Where that cannot be done, a line on stderr says so: the job
 * has started already and goes on, and each event tries again.
 */
void agent_open(struct agent *agent, const struct run_directory *rundir, const char *config);

/* Emit an event about ENDED. */
void agent_emit(struct agent *agent, const struct ended_process *ended);

/* No more events: handlers write what they have kept. */
void agent_close(struct agent *agent);
