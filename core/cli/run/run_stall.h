/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_stall.h - notices that the ranks of this host stand still, and says so once: on standard
 * error, and by events in the run directory. Nothing is killed.
 *
 * STALL_LOOKS times in the time of --stall, and more often at first, a helper (run_helper.h) looks
 * at the main thread of each rank (run_stand.h): the monitor itself never waits for what /proc may
 * not answer. What the helper has seen is in memory that both have, so that it survives the ranks:
 * where somebody ends the job, stall_end() writes where they stood. Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_helper.h"
#include "core/cli/run/run_tracked.h"
#include "core/transport/server.h"

#define STALL_US_DEFAULT ((int64_t)600 * 1000 * 1000)
#define STALL_LOOKS 10

/* The comm of the helper, and of the processes that it starts; they may outlive it. */
#define STALL_HELPER "vigil-looks"

struct stall_board;

struct stall_watch {
	int64_t time_us; /* of --stall; 0: the ranks are not watched */
	bool is_quiet;
	const struct server *server; /* that has the events of all hosts; NULL: the run directory
					has what there is */
	struct stall_board *board;   /* NULL: not watched */
	struct helper helper; /* that looks now; pid 0: none, socket -1: neither of an earlier
				 one */
	int64_t started_us;   /* when that began (mono_us) */
	int64_t began_us;     /* when the first look was planned (mono_us) */
	int64_t after_us;     /* how long after the one before the next one begins */
	int64_t next_us;      /* when the next one begins (mono_us); 0: never */
	int64_t job_next_us;  /* the same of a job without ranks, seldom from the start */
};

/* Begin to watch, as WATCH's first three members say. */
void stall_begin(struct stall_watch *watch);

/* When the next look is due (mono_us); 0: never. While TRACKING has no ranks, the looks are as many
 * as STALL_LOOKS says from the start. */
int64_t stall_next_us(const struct stall_watch *watch, const struct tracking *tracking);

/* Call when next_us has come: look at the ranks among TRACKING's processes; where there are
 * none, whether these wait for each other (run_deadlock.h). */
void stall_look(struct stall_watch *watch, const struct tracking *tracking);

/* The job is requested to end: look at the ranks once more, at once; not at a second request soon
 * after. Wait at most MOST_MS until that is done. */
void stall_last_look(struct stall_watch *watch, const struct tracking *tracking, int64_t most_ms);

/* The run ends. Where the job has FAILED, write with AGENT where those ranks stood that had not
 * moved between the last two looks. */
void stall_end(struct stall_watch *watch, struct agent *agent, bool failed);
