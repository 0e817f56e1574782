/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.h - which process of which rank of which run this is, from the variables that launchers
 * set.
 *
 * Read anew at each event: some frameworks set the variables inside the running process. All values
 * come from the same launcher, the first in the table of identity.c whose mark is set, because an
 * outer launcher's variables leak into inner ones. Signal-safe: yes, every read of the environment
 * is probed. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <sys/types.h>

/* In the order of precedence; the names on the wire are identity_launcher_name()'s. */
enum launcher {
	LAUNCHER_TORCHRUN,
	LAUNCHER_OPENMPI,
	LAUNCHER_MPICH,
	LAUNCHER_FLUX,
	LAUNCHER_PALS,
	LAUNCHER_JSM,
	LAUNCHER_SLURM,
	LAUNCHER_NONE, /* no launcher known; a bare RANK with WORLD_SIZE still gives a rank */
	LAUNCHER_COUNT_
};

#define RANK_UNKNOWN INT64_MIN
#define RUN_ID_SIZE 128
#define HOSTNAME_SIZE 65

struct identity {
	enum launcher launcher;
	const char *rank_source; /* the variable that rank came from, in static storage; NULL
				    without a rank */
	int64_t rank, local_id, world_size, group_rank; /* RANK_UNKNOWN where not known */
	int64_t attempt;				/* restarts so far, 0 when unknown */
	enum launcher unmarked;	   /* whose rank is set, but not the number that makes it count, as
				      in Slurm's batch scripts; LAUNCHER_NONE: there is none, or a
				      rank counts */
	bool malformed;		   /* a variable that should hold a rank holds something else */
	char run_id[RUN_ID_SIZE];  /* "" when unknown */
	char master_endpoint[256]; /* "host:port" or "" */
};

/* Read the identity from ENVIRON (as environ(7): "NAME=value" strings, NULL at its end; may itself
 * be NULL). Never fails: what is not set is unknown. */
void identity_read(char *const *environ, struct identity *ret_identity);

/* "torchrun" … "slurm", "none"; in static storage, "unknown" outside the range. */
const char *identity_launcher_name(enum launcher launcher);

/* Returns 0, or -EINVAL and *RET_LAUNCHER as it was. */
int identity_launcher_parse(const char *name, enum launcher *ret_launcher);

/* Whether ONE and OTHER have a rank, and the same one of the same launcher in the same attempt. */
bool identity_same_rank(const struct identity *one, const struct identity *other);

/* Whether the process with identity OWN is its rank's leader, as far as its parent shows: true
 * unless the parent PPID was itself started with the same rank. Reads /proc/PPID/environ; a parent
 * that may not be read counts as one without a rank. */
bool identity_is_leader(const struct identity *own, pid_t ppid);
