/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ranks.h - a set of ranks in few characters: "0-2,7".
 *
 * Signal-safe: yes. Threads: one at a time per list.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANK_LIST_SIZE 48

/* All zero at the start. */
struct rank_list {
	char text[RANK_LIST_SIZE]; /* "…" at its end when not all fit */
	size_t length;
	bool open, full; /* the range FIRST to LAST is not in TEXT yet; nothing more fits */
	int64_t first, last;
};

/* Adds RANK, which is larger than all before. */
void ranks_add(struct rank_list *list, int64_t rank);

/* Writes the last range; the text is complete. */
void ranks_finish(struct rank_list *list);
