/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks_set.h - the stacks that are shown: of all processes, here and on other hosts, and of one
 * or several samples.
 *
 * A thread that was at several places in the samples has an entry for each. Signal-safe: no.
 * Threads: one.
 */
#pragma once

#include "core/cli/stacks/stacks_run.h"
#include "core/live/live_process.h"
#include "core/report/symbols/lines.h"

struct stacks_thread {
	pid_t tid;
	const char *name;
	enum live_state state;
	struct lines_stack stack;
	bool truncated;
	const char *stop, *error; /* as in struct live_thread */
	unsigned samples;	  /* in how many samples it was here */
	bool moved;    /* between two samples it ran, or it was at another place in one of them */
	uint64_t seen; /* as in struct live_thread, in the last of these samples */
};

struct stacks_process {
	const char *host; /* NULL: this one */
	pid_t pid;
	int64_t rank;		       /* RANK_UNKNOWN: it is none */
	const char *name;	       /* "": not known */
	const char *refusal;	       /* why it is not shown, with a remedy; "": it is shown */
	size_t left_out;	       /* threads that are not shown */
	struct call_counts calls;      /* that it made until the last sample */
	struct stacks_thread *threads; /* malloc'ed */
	size_t count, room;
};

/* All zero at the start. */
struct stacks_set {
	struct reading reading;	     /* its arena has all strings and frames */
	struct stacks_process *list; /* malloc'ed */
	size_t count, room;
	unsigned samples; /* how many were taken */
};

/* Take a sample of TARGETS, which are the same each time. Returns 0 or -ENOMEM. */
int stacks_set_sample(struct stacks_set *set, const struct stacks_targets *targets);

/* Give all frames names and lines, as REQUEST says. Returns 0 or -ENOMEM. */
int stacks_set_lines(struct stacks_set *set, const struct report_request *request);

/* How many threads with their places there are in the processes that are shown. */
size_t stacks_set_count(const struct stacks_set *set);

/* Whether the stacks are the same: the functions and lines, or where these are not known the
 * addresses. */
bool stacks_are_same(const struct lines_stack *one, const struct lines_stack *other);

/* Release the memory of SET. */
void stacks_set_release(struct stacks_set *set);
