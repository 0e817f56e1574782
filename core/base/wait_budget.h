/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait_budget.h - limits how long this process waits for others: for a log host to answer, for room
 * in a pipe, for a lock.
 *
 * In a program that calls the API, each handler has a deadline of its own. In a program that we are
 * preloaded into, wait_budget_open() opens one budget for all waits: WAIT_BUDGET_MS, which grows
 * back slowly, and of which a part is reserved for the process's last event. A subject that did not
 * answer is marked in the run directory (run_mark.h): other processes of the run, of the same user
 * on the same host, then do not wait for it. At growing intervals one of these processes tries
 * again, and removes the mark if the subject answers. A forked child continues with its parent's
 * budget. Signal-safe: yes. Threads: any; a struct budgeted_wait belongs to one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In milliseconds: the budget of a process; the part of it reserved for its last event; the longest
 * wait before that event; and the shortest wait after which a subject counts as not answering. */
#define WAIT_BUDGET_MS 240
#define WAIT_BUDGET_LAST_MS 50
#define WAIT_BUDGET_ONCE_MS 140
#define WAIT_BUDGET_LEAST_MS 50

/* The budget grows back by 1 ms in this many milliseconds. */
#define WAIT_BUDGET_REGAINED 1000

/* A mark keeps other processes from waiting for as long as it had existed at its last renewal,
 * within these bounds. */
#define WAIT_BUDGET_RETRY_LEAST_MS 2000
#define WAIT_BUDGET_RETRY_MOST_MS 60000

/* Open a full budget for this process. DIRECTORY is the run directory, an absolute path that the
 * caller keeps as long as the process lives; NULL: no marks. To be called before the first wait. */
void wait_budget_open(const char *directory, const char *hostname);

/* Use no marks from now on, as a seccomp filter may forbid their system calls. */
void wait_budget_without_marks(void);

/* Allow waits to use the part reserved for the last event, as that is emitted now. In a child that
 * was forked since wait_budget_open(), only if it CRASHED: there may be many children. */
void wait_budget_for_last(bool crashed);

/* A number for a subject of waits, made of its KIND and of the COUNT bytes, such as an address,
 * that distinguish it from others of the kind; never 0. */
uint64_t wait_budget_subject(const char *kind, const void *bytes, size_t count);

/* One wait. */
struct budgeted_wait {
	uint64_t subject; /* by wait_budget_subject(); 0: a subject without a mark */
	int most_ms;	  /* how long to wait at most */
	/* Set by wait_budget_left(); all zero at the beginning. */
	bool begun;
	int64_t began_us, until_us;
	bool marked; /* the subject has a mark, which we have renewed */
	bool silent; /* the subject has a mark, which other processes renew */
};

/* For how many more microseconds to wait; 0: no longer. The first call, to be made when there was
 * no immediate answer, begins the wait; wait_budget_end() must follow. */
int64_t wait_budget_left(struct budgeted_wait *wait);

/* End the wait, with an answer if ANSWERED. Returns whether the subject is known not to answer:
 * because we, or another process, have waited long enough for it. */
bool wait_budget_end(struct budgeted_wait *wait, bool answered);
