/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_agent.h - emits the AGENT events of `vigil run`: the terminations of the processes that it
 * waited for, and of those that reported none themselves.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/proc.h"
#include "core/cli/run/run_directory.h"
#include "core/cli/run/run_copy.h"
#include "core/events/event.h"
#include "core/events/identity.h"

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct logging;

/* The loggers of AGENT events, and what all of these events have in common. */
struct agent {
	struct arena arena;
	struct logging *logging; /* NULL: there is no memory, and nothing is recorded */
	char *scratch;		 /* EVENT_SCRATCH_SIZE bytes */
	char hostname[HOSTNAME_SIZE];
	char boot_id[BOOT_ID_SIZE];
	struct identity nobody;	   /* the identity of orphans, whose environment is gone */
	struct identity command;   /* the identity that the command inherited from us */
	bool leader;		   /* the command is its rank's leader */
	unsigned dropped, unsent;  /* the counts for struct event */
	unsigned reported_dropped; /* `dropped` of the last event */
	struct run_copy copy;
};

/* The facts in the INIT event of a process. */
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
	uid_t user;		       /* the user of the process, or UID_UNKNOWN */
	const char *exe;	       /* NULL: unknown */
	const struct rusage *usage;    /* NULL: we did not wait for it */
	const struct init_facts *init; /* NULL: it emitted no INIT */
	struct event_oom oom;
	bool oom_killed; /* the kernel killed it because memory ran out */
	bool reported;	 /* it has reported its termination itself */
	bool unstarted;	 /* its program could not be loaded */
};

/* A process that goes on, and where it was. */
struct standing_process {
	pid_t pid;
	uint64_t start_ticks;
	struct init_facts init;
	struct event_stand stand;
	int64_t at_us; /* mono_us: when it was looked at */
	pid_t tid;     /* of the thread whose frames these are */
	const struct frame *frames;
	size_t count;
	bool truncated;
	const char *stop;		    /* as of struct event */
	const struct event_thread *threads; /* the others, if they are known */
	size_t thread_count;
	struct call_counts calls;
};

/* The name of this host in events. */
void agent_hostname(char name[HOSTNAME_SIZE]);

/* Open the event file in RUNDIR, and the handlers that the configuration CONFIG ("": there is none)
 * has for the loggers vigil.agent.*. On failure prints one line on stderr and returns: the job has
 * started already and goes on, and each event tries again to open the file. */
void agent_open(struct agent *agent, const struct run_directory *rundir, const char *config);

/* Emit an event about ENDED. */
void agent_emit(struct agent *agent, const struct ended_process *ended);

/* Emit where STANDING was: WHAT is EVENT_WHAT_STALLED or another that struct event_stand goes with.
 * Only the run directory gets it. */
void agent_emit_stand(
	struct agent *agent, const struct standing_process *standing, const char *what);

/* Emit what the system said of the process PID, whose INIT says FACTS (NULL: not known), or of this
 * host (PID 0), at AT_US (mono_us): WHAT is EVENT_WHAT_KERNEL, …_NVML or …_SLURM. Only the run
 * directory gets it. */
void agent_emit_system(struct agent *agent, const char *what, pid_t pid,
	const struct init_facts *facts, const char *message, int64_t at_us);

/* Emit that SENDER sent signal NUMBER at AT to COMMAND, to which `vigil run` forwards it. */
void agent_emit_sent(
	struct agent *agent, pid_t command, int number, pid_t sender, const struct instant *at);

/* Emit that this `vigil run`, one of several in its run, begins to watch its command
 * (EVENT_WHAT_WATCH), or that it has seen all there was to see (EVENT_WHAT_WATCHED). */
void agent_emit_watch(struct agent *agent, const char *what);

/* Close AGENT after its last event: handlers write the records that they have buffered. */
void agent_close(struct agent *agent);
