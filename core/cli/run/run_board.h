/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_board.h - what `vigil run` and the helpers that look at its ranks know of each rank, in
 * memory that they share: where it was, and since when.
 *
 * Helpers are forked, one after the other, so that pointers into the memory are valid in all.
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_agent.h"
#include "core/cli/run/run_deadlock.h"
#include "core/cli/run/run_stand.h"

#define BOARD_RANKS 1024
#define BOARD_FRAMES_SIZE ((size_t)64 * 1024)
#define BOARD_CALLS 8

struct board_rank {
	bool is_used, is_here; /* it is in the last look */
	bool is_reported;      /* an event said that it stands still */
	int64_t emitted_us;    /* when an event said where it was as the job was requested to end */
	bool is_traced, serves;
	struct standing_process standing; /* its frames are in `memory` */
	int64_t since_us;		  /* when it was first seen there (mono_us) */
	uint64_t place, mark;		  /* of run_stand.h */
	struct stand_usage usage;
	struct call_count calls[BOARD_CALLS]; /* those that were entered last */
	_Alignas(16) char memory[BOARD_FRAMES_SIZE];
};

struct stall_board {
	int64_t began_us;  /* when the last look began (mono_us) */
	int64_t looked_us; /* when it ended; 0: there was none */
	bool is_reported;  /* an event said that the ranks stand still */
	bool is_said;	   /* standard error, too: that waits for the other hosts, so many looks: */
	unsigned waits;
	size_t unknown;	 /* what was said lacked so many ranks, of hosts that had not spoken */
	int64_t last_us; /* when the job was requested to end, and a look begun; 0: never */
	struct deadlock_watch deadlock; /* while the job has no ranks */
	size_t count;			/* of ranks that are used, or were */
	struct board_rank ranks[BOARD_RANKS];
};

/* An empty board; NULL: there is no memory. */
struct stall_board *board_new(void);

/* The rank of process PID that started at START_TICKS, added if it is not there; NULL: there is no
 * room. */
struct board_rank *board_rank_of(struct stall_board *board, pid_t pid, uint64_t start_ticks);

/* RANK was seen at STAND, at NOW_US, and has used USAGE so far, also by its helpers; MARK is from
 * before. Returns whether it has moved. */
bool board_note(struct board_rank *rank, const struct stand *stand, uint64_t mark,
	struct stand_usage usage, int64_t now_us);

/* For each RANK of BOARD that is there. */
#define FOR_EACH_HERE(rank, board)                                        \
	for (__typeof__(&(board)->ranks[0]) rank = (board)->ranks;        \
		(size_t)(rank - (board)->ranks) < (board)->count; rank++) \
		if (!rank->is_used || !rank->is_here) {                   \
		} else
