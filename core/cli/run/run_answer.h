/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_answer.h - answers `vigil stacks` on another host: where the processes are that this monitor
 * watches.
 *
 * A run directory that may be another host's is looked at once a second, one of a local file system
 * whenever the monitor wakes, as it does when that changes. Where it has changed, it may have a
 * request (core/eventfile/stacks_request.h). A helper then runs `vigil stacks` for these processes,
 * and the monitor goes on. Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_helper.h"
#include "core/cli/run/run_tracked.h"
#include "core/eventfile/stacks_request.h"

#include <limits.h>
#include <time.h>

#define ANSWERS_KEPT 32

struct answering {
	bool is_local;		 /* the file system of the run directory */
	int64_t look_at_us;	 /* not before that (mono_us) */
	struct timespec changed; /* of the run directory, when it was last searched */
	bool is_changed; /* so it was then: it is searched once more, as that time is a coarse one
			  */
	struct helper helper;
	bool is_busy; /* the helper is one, and works on */
	char done[ANSWERS_KEPT]
		 [STACKS_ID_SIZE]; /* the last requests, of which some are still there */
	size_t next_done;
	char request[NAME_MAX + 1];		     /* the file that is answered */
	char name[NAME_MAX + 1], part[NAME_MAX + 8]; /* its file, in the end and meanwhile */
};

/* Prepare for the run directory of TRACKING. */
void answer_begin(struct answering *answering, const struct tracking *tracking);

/* Look, if it is time. Returns TIMEOUT, in milliseconds or -1, or less if the next look comes
 * before. */
int answer_look(struct answering *answering, const struct tracking *tracking, int timeout);

/* End the helper, and leave nothing of it in the run directory. */
void answer_end(struct answering *answering, const struct tracking *tracking);
