/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collectives.h - what the dumps of collectives mean for the question who failed first.
 *
 * The rank that others wait for in a collective, and that itself waits in none, is behind. That is
 * evidence where ranks waited in vain or were ended; it outweighs no failure of a rank's own.
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/attribution.h"

/* The one rank of the attempt that is behind by the dumps; NULL: none is, or several are. */
const struct rank_result *collectives_behind(const struct attempt_context *context);

/* By dumps, RANK waited in a collective. */
bool collectives_waited(const struct attempt *attempt, int64_t rank);

/* What the rank that is behind did, or did not do, in the words that follow its number. */
const char *collectives_blame(const struct attempt *attempt);

/* Adds to FINDING, of RANK, what the dumps say of that. */
void collectives_explain(
	struct report *report, const struct attempt *attempt, struct finding *finding);
