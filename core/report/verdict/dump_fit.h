/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dump_fit.h - which dumps are of an attempt: those of one of its ranks, with times while that ran,
 * of a job of as many ranks.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/* A dump of an attempt. */
struct fitting_dump {
	struct rank_dump *dump;
	const struct dump_call *waits; /* the first call that the rank waits in; NULL: in none */
};

/* Sets *RET_DUMPS, in the report's memory, to the dumps of ATTEMPT by rank, one a rank, and
 * *RET_COUNT to how many they are. Returns 0 or -ENOMEM. */
int dumps_that_fit(struct report *report, const struct attempt *attempt,
	struct fitting_dump **ret_dumps, size_t *ret_count);

/* That of RANK among the COUNT DUMPS; NULL: it has none. */
const struct fitting_dump *dump_of_rank(
	const struct fitting_dump *dumps, size_t count, int64_t rank);
