/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places.h - the places in the program at which ranks failed in the same way. What is said of them
 * together names one line; this says which others there are.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/base/text.h"
#include "core/report/job/ranks.h"
#include "core/report/verdict/model.h"

#define PLACES_MOST 4

/* All zero at the start. */
struct place_list {
	struct {
		const char *place;
		struct rank_list ranks;
		size_t count;
	} places[PLACES_MOST];
	size_t count;
	size_t more; /* ranks at further places */
};

/* Adds RESULT, whose rank is larger than all before; nothing where its place is not known. */
void places_add(struct place_list *list, const struct rank_result *result);

/* Appends "rank 0 in step (solver.c:88), ranks 1,2 in step (solver.c:99)"; nothing unless there are
 * several places. Completes LIST. Returns whether there are. */
bool places_write(struct place_list *list, struct text *text);
