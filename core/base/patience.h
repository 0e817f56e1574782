/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patience.h - how long this process waits for others: for a log host to answer, a pipe to be
 * read, a lock to be let go.
 *
 * In a program that calls the API, each handler has a deadline of its own. In a program that we are
 * preloaded into, patience_limit() opens one account for all waiting: PATIENCE_MS, of which a part
 * is reserved for its last event, and which grows back slowly. What did not answer is marked in the
 * run directory (run_mark.h): other processes of the run, of the same user on the same host, then
 * do not wait for it. Only one of them at a time tries again, after longer and longer intervals,
 * and removes the mark if it is answered. A forked child goes on with its parent's account.
 * Signal-safe: yes. Threads: any; a struct patience belongs to one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In milliseconds: all that a process waits; the part of it that is reserved for its last event;
 * the most for one wait before that; and the least after which something counts as not answering.
 */
#define PATIENCE_MS 240
#define PATIENCE_LAST_MS 50
#define PATIENCE_ONCE_MS 140
#define PATIENCE_LEAST_MS 50

/* What is spent grows back by this part of the time that passes. */
#define PATIENCE_REGAINED 1000

/* How long a mark keeps others from waiting: as long as it was there when it was last renewed,
 * within these bounds. */
#define PATIENCE_RETRY_LEAST_MS 2000
#define PATIENCE_RETRY_MOST_MS 60000

/*
 * From now on this process has one account, which is full. DIRECTORY, that of the run, is an
 * absolute path that stays the caller's and lives as long as the process; NULL: no marks. Before
 * the first wait.
 */
void patience_limit(const char *directory, const char *hostname);

/* From now on without marks: a seccomp filter may forbid the system calls that they take. */
void patience_without_marks(void);

/*
 * The last event of this process is emitted now: it may use what was reserved for it. Of the
 * children that were forked since patience_limit(), however many, only those that CRASHED may.
 */
void patience_for_last(bool crashed);

/* A number for something that can be waited for, made of its KIND and of the COUNT bytes that
 * distinguish it from others of the kind, such as an address; never 0. */
uint64_t patience_subject(const char *kind, const void *bytes, size_t count);

/* One thing that is waited for. */
struct patience {
	uint64_t subject; /* patience_subject()'s; 0: there is no mark for it */
	int most_ms;	  /* how long it is worth waiting for */
	/* What patience_left() knows; all zero at the beginning. */
	bool begun;
	int64_t began_us, until_us;
	bool marked; /* there is a mark, which we have renewed */
	bool silent; /* there is a mark, which others look after */
};

/*
 * For how many more microseconds to wait; 0: no longer. The first call, made when there was no
 * answer at once, begins the wait; patience_end() must follow.
 */
int64_t patience_left(struct patience *patience);

/* The wait is over, with an answer if ANSWERED. Returns whether its subject is known not to answer:
 * because we have waited long enough for it, or another process has. */
bool patience_end(struct patience *patience, bool answered);
