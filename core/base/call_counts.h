/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_counts.h - how often a process called a function, and which processes are behind others.
 *
 * The counts come from a process that lives (core/live/live_calls.h) or from the event of one that
 * ended (`calls`). Every member of a communicator makes the same collective calls on it in the same
 * order, so a process that has made fewer than the others is the one that they wait for: where they
 * stand still in that call. While a job moves, counts differ for a moment. Signal-safe: yes.
 * Threads: any.
 */
#pragma once

#include "core/base/json_out.h"
#include "core/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALL_NAME_SIZE 48
#define CALL_ARGUMENTS 6

/* The most entries that are kept of one process. */
#define CALL_COUNTS_MOST 128

/* On what a call was made. Handles of communicators are a process's own: only the world's is the
 * same one in all ranks. */
enum call_communicator {
	CALL_NO_COMMUNICATOR, /* the function has none, or it is not known where */
	CALL_WORLD,	      /* MPI_COMM_WORLD, or all ranks, as for MPI_Init */
	CALL_OTHER,	      /* `handle`, or several where there was no more room (`many`) */
};

/* The calls of one function on one communicator. */
struct call_count {
	char name[CALL_NAME_SIZE]; /* "MPI_Allreduce", whichever language called it */
	enum call_communicator communicator;
	bool collective; /* all members of the communicator make the call */
	bool many;
	bool has_root;
	int32_t root; /* of the last one, a rank of the communicator; if it `has_root` */
	uint64_t handle;
	unsigned place; /* which of the function's communicators, in the order of their first use */
	uint64_t count; /* entries, of all threads; the last call may still go on */
	int64_t entered_us;		    /* of the last one, of CLOCK_MONOTONIC; 0: unknown */
	uint64_t arguments[CALL_ARGUMENTS]; /* of the last one: the first words */
};

/* The calls of one process: COUNT entries of LIST, which is the caller's. A process in which
 * nothing is counted does not belong into a comparison. */
struct call_counts {
	const struct call_count *list;
	size_t count;
};

/* A function whose calls on one communicator differ between processes. */
struct call_lag {
	const struct call_count *call; /* of one of the processes that made the most of them */
	uint64_t least, most;
	size_t behind; /* how many processes made fewer than `most` */
	size_t first;  /* the index of one that made `least` */
	bool sure;     /* on the world: the same communicator for certain */
};

/*
 * Compare COUNT PROCESSES, ranks of one job whose counts are of the same time: is a collective
 * function called less often by some of them? The world's communicator is preferred, then the
 * function that was entered last. On another communicator of which each process had only one
 * (`place` 0, nothing at 1) the result is not `sure`: it may have had other members elsewhere.
 * Returns false where no counts differ.
 */
bool call_counts_compare(
	const struct call_counts *processes, size_t count, struct call_lag *ret_lag);

/* How many calls of LAG's function on its communicator PROCESS made. */
uint64_t call_counts_of(const struct call_counts *process, const struct call_lag *lag);

/* Calls of one function that named different roots. */
struct call_roots {
	const struct call_count *call; /* of one of the processes that named `root` */
	uint64_t most;		       /* how often each of those that are compared made the call */
	int32_t root;		       /* which most of them named */
	size_t odd;		       /* how many named another one */
};

/*
 * Compare COUNT PROCESSES, ranks of one job: of those that made a call on the world's communicator
 * equally often, and most often, the last one had one root. Returns whether some named another one
 * than most; then *RET_ROOTS is of the function that was entered last.
 */
bool call_counts_roots(
	const struct call_counts *processes, size_t count, struct call_roots *ret_roots);

/* The call of PROCESS that is compared in ROOTS and named another root; NULL: there is none. */
const struct call_count *call_counts_odd_root(
	const struct call_counts *process, const struct call_roots *roots);

/* Append NUMBER as "4,321". */
void call_counts_number(struct text *text, uint64_t number);

/* Append "MPI_Allreduce on MPI_COMM_WORLD", "MPI_Allreduce on communicator 0x5581e0", "fsync". */
void call_counts_what(struct text *text, const struct call_count *call);

/* Append "made 4,320 calls of MPI_Allreduce on MPI_COMM_WORLD, the others 4,321", of a process that
 * made OWN. */
void call_counts_lag(struct text *text, const struct call_lag *lag, uint64_t own);

/* Write CALLS as member `calls`, an array; nothing where there are none. */
void call_counts_json(struct json_out *json, const struct call_counts *calls);
