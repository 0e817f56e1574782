/* SPDX-License-Identifier: Apache-2.0 */
/*
 * similar.h - whether ranks failed in the same way: then the cause is hardly in one rank alone.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/report/job/ranks.h"
#include "core/report/verdict/model.h"
#include "core/report/verdict/places.h"

#include <stdbool.h>

/* ONE and OTHER are equal except for decimal numbers: ports, pids and such differ from rank to
 * rank. */
bool similar_texts(const char *one, const char *other);

/* ONE and OTHER, which have a termination, failed in the same way: the same exception, fault or
 * exit, or an abort of MPI's for the same call. */
bool similar_failures(const struct rank_result *one, const struct rank_result *other);

/* The innermost frame of EVENT that is the program's own and not a library's; NULL: there is none.
 */
const struct frame *similar_frame(const struct event *event);

/* Writes to LIST the other ranks of ATTEMPT that failed by themselves and in the same way as
 * FINDING's rank. Returns how many there are, and in *RET_OWN how many other ranks failed by
 * themselves in any way. */
size_t similar_ranks(const struct attempt *attempt, const struct finding *finding,
	struct rank_list *list, size_t *ret_own);

/* Adds to PLACES where FINDING's rank failed and where those did that similar_ranks() lists. */
void similar_places(
	const struct attempt *attempt, const struct finding *finding, struct place_list *places);
