/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_agent.h - tells how each process ended that `vigil run` waited for: the last word on those
 * that could not speak.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/proc.h"
#include "core/cli/run.h"
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
	struct identity nobody;	 /* of an orphan: its variables died with it */
	struct identity command; /* as the command inherited it from us */
	bool leader;		 /* the command is its rank's leader */
	unsigned dropped;
};

/* A process that ended, as its zombie and wait4(2) had it. */
struct ended {
	pid_t pid;
	int status;
	struct rusage usage;
	struct process_stat stat; /* comm "": it could not be read */
	const char *exe;	  /* NULL: unknown */
	bool is_command;
};

/*
 * Open the event file of the run at PLACE, beside what the file CONFIG ("": there is none) says of
 * the loggers vigil.agent.*. Says so on stderr if that cannot be done: the job has started already
 * and goes on, and each event tries again.
 */
void agent_open(struct agent *agent, const struct run_place *place, const char *config);

/* Tell of ENDED, which has been reaped. */
void agent_tell(struct agent *agent, const struct ended *ended);

/* Nothing more is told: handlers write what they keep back. */
void agent_close(struct agent *agent);
