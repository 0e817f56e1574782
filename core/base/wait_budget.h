/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait_budget.h - how long this process waits for others: for a log host to answer, for room in a
 * pipe, for a lock.
 *
 * In a program that calls the API, each handler has a deadline of its own. In a program that we are
 * preloaded into, wait_budget_open() opens one budget for all waiting: WAIT_BUDGET_MS, of which a
 * part is reserved for its last event, and which grows back slowly. What did not answer is marked
 * in the run directory (run_mark.h): other processes of the run, of the same user on the same host,
 * then do not wait for it. Only one of them at a time tries again, after longer and longer
 * intervals, and removes the mark if it is answered. A forked child goes on with its parent's
 * budget. Signal-safe: yes. Threads: any; a struct budgeted_wait belongs to one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In milliseconds: all that a process waits; the part of it that is reserved for its last event;
 * the most for one wait before that; and the least after which something counts as not answering.
 */
#define WAIT_BUDGET_MS 240
#define WAIT_BUDGET_LAST_MS 50
#define WAIT_BUDGET_ONCE_MS 140
#define WAIT_BUDGET_LEAST_MS 50

/* What is spent grows back by this part of the time that passes. */
#define WAIT_BUDGET_REGAINED 1000

/* How long a mark keeps others from waiting: as long as it was there when it was last renewed,
 * within these bounds. */
#define WAIT_BUDGET_RETRY_LEAST_MS 2000
#define WAIT_BUDGET_RETRY_MOST_MS 60000

/*
 * From now on this process has one budget, which is full. DIRECTORY, that of the run, is an
 * absolute path that stays the caller's and lives as long as the process; NULL: no marks. Before
 * the first wait.
 */
void wait_budget_open(const char *directory, const char *hostname);

/* From now on without marks: a seccomp filter may forbid the system calls that they take. */
void wait_budget_without_marks(void);

/*
 * The last event of this process is emitted now: it may use what was reserved for it. Of the
 * children that were forked since wait_budget_open(), however many, only those that CRASHED may.
 */
void wait_budget_for_last(bool crashed);

/* A number for something that can be waited for, made of its KIND and of the COUNT bytes that
 * distinguish it from others of the kind, such as an address; never 0. */
uint64_t wait_budget_subject(const char *kind, const void *bytes, size_t count);

/* One thing that is waited for. */
struct budgeted_wait {
	uint64_t subject; /* wait_budget_subject()'s; 0: there is no mark for it */
	int most_ms;	  /* how long it is worth waiting for */
	/* What wait_budget_left() knows; all zero at the beginning. */
	bool begun;
	int64_t began_us, until_us;
	bool marked; /* there is a mark, which we have renewed */
	bool silent; /* there is a mark, which others look after */
};

/*
 * For how many more microseconds to wait; 0: no longer. The first call, made when there was no
 * answer at once, begins the wait; wait_budget_end() must follow.
 */
int64_t wait_budget_left(struct budgeted_wait *wait);

/* The wait is over, with an answer if ANSWERED. Returns whether its subject is known not to answer:
 * because we have waited long enough for it, or another process has. */
bool wait_budget_end(struct budgeted_wait *wait, bool answered);
