/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patience.h - how long this process waits for others: for a log host to answer, a pipe to be
 * read, a lock to be let go.
 *
 * A program that logs by itself waits as each handler says. One that we are a guest in has, from
 * patience_limit() on, one account for all of that: PATIENCE_MS, of which a part is kept back for
 * its last event, and which grows back slowly. What did not answer is marked in the directory of
 * the run (run_mark.h): other processes of the run, of the same user on the same host, then take no
 * time for it, but for one at a time, after longer and longer intervals, which takes the mark away
 * if it is answered. A forked child goes on with its parent's account. Signal-safe: yes.
 * Threads: any; a struct patience belongs to one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In milliseconds: all that a process waits; what of it is kept for its end; the most for one
 * thing before that; and what is too little to say that something does not answer. */
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
 * The last event is reported now: it may use what was kept back for it. Of children that were
 * forked since patience_limit(), as many as there may be, only those that CRASHED.
 */
void patience_for_last(bool crashed);

/* What can be waited for: a number for KIND and the COUNT bytes that report it from others, such as
 * an address; never 0. */
uint64_t patience_subject(const char *kind, const void *bytes, size_t count);

/* One thing that is waited for. */
struct patience {
	uint64_t subject; /* patience_subject()'s; 0: there is no mark for it */
	int most_ms;	  /* how long it is worth waiting for */
	/* What patience_left() knows; all zero at the beginning. */
	bool asked;
	int64_t began_us, until_us;
	bool marked; /* there is a mark, which we have renewed */
	bool silent; /* there is a mark, which others look after */
};

/*
 * For how many more microseconds to wait. The first call, made when it did not answer at once,
 * begins; then patience_end() follows. 0: no longer.
 */
int64_t patience_left(struct patience *patience);

/* It ANSWERED, or not. Returns whether it is known not to answer: we have waited long enough to say
 * so, or another process has. */
bool patience_end(struct patience *patience, bool answered);
