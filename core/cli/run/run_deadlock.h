/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_deadlock.h - notices that all processes of a job without ranks wait for each other, so that
 * none can ever go on.
 *
 * What another user, a client, a terminal, the time or a signal might end is no deadlock: it has to
 * be proven that only the job's own processes could (run_members.h), and by their stacks that no
 * main thread may just wait for a signal, unless a thread waits for a lock. Signal-safe: no.
 * Threads: one.
 */
#pragma once

#include "core/cli/run/run_agent.h"
#include "core/cli/run/run_tracked.h"

/* What the helpers that look, one after the other, remember. All zero at the start. */
struct deadlock_watch {
	uint64_t mark;	    /* where all threads wait; 0: one goes on */
	int64_t since_us;   /* when they were first seen there (mono_us) */
	int64_t looked_us;  /* the last look; 0: there was none */
	uint64_t reported;  /* the mark of the deadlock that was said; 0: none was */
	unsigned elsewhere; /* looks since then that saw them elsewhere */
};

enum deadlock_news { DEADLOCK_NONE, DEADLOCK_FOUND, DEADLOCK_OVER };

/* In a helper of process MONITOR: look at all processes of the job, which began at BEGAN_US
 * (mono_us). Where they have waited for each other for TIME_US, emit that of each, once; and once
 * that they move again. */
enum deadlock_news deadlock_look(struct deadlock_watch *watch, const struct tracking *tracking,
	struct agent *agent, int64_t began_us, int64_t time_us);
