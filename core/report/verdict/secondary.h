/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secondary.h - what the rules of secondary_failures.c look at, and those of them about ranks that
 * others ended, or that have no termination. Of each rule one function finds the rank that it is
 * about, NULL where it does not apply; another one says what follows.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/attribution.h"

struct secondary {
	struct attempt_context *context;
	const struct rank_result *peer;	 /* the first that reported a lost peer, or NULL */
	const struct rank_result *first; /* the first secondary failure: PEER, unless others were
					    ended before it; else the first that was ended */
};

/* The first rank that was ended, if a launcher was requested to end before; where none is known to
 * have been, one that was killed or has no termination. */
const struct rank_result *ended_on_request(const struct secondary *secondary);
const char *explain_request(const struct secondary *secondary);

/* The first rank that ended as its launcher was gone. */
const struct rank_result *lost_its_launcher(const struct secondary *secondary);
const char *explain_lost_launcher(const struct secondary *secondary);

/* The first rank that its launcher ended after a process had failed that is likely one of the ranks
 * that were never heard of. Blames that process. */
const struct rank_result *ended_for_unheard(const struct secondary *secondary);
void blame_unheard_rank(
	const struct secondary *secondary, const struct rank_result *ended, const char *evidence);

/* The first rank, if its launcher ended it while others have no termination, or were never heard
 * of, and nobody is known to have requested that of the launcher: perhaps for one of those. */
const struct rank_result *ended_for_missing(const struct secondary *secondary);
const char *explain_missing(const struct secondary *secondary);

/* The same, if the others are few enough to be named, and the launcher had a status of its own or
 * they were lost with their host. */
const struct rank_result *ended_for_few(const struct secondary *secondary);

/* The host of all ranks without a termination, if nothing else on it has a termination either,
 * there are other hosts, and the launcher's ssh to it did not go on; NULL: there is none. */
const char *lost_host(const struct attempt_context *context);

/* Says that there is such a host, and since when it is silent; NULL: there is none. */
const char *explain_lost_host(const struct attempt_context *context);

/* That host, if ENDED, a rank of another one, was ended by a signal of which the ranks there would
 * have left word, and more than one rank ran there, or a launcher or `vigil run` did that has no
 * termination either. NULL: there is none. */
const char *lost_with_all(const struct attempt_context *context, const struct rank_result *ended);

/* Makes the ranks that have no termination, or were never heard of, the candidates. */
void add_silent(struct attempt_context *context, const char *evidence);

/* The candidates, which have no termination, were likely lost with HOST. */
void blame_host(struct attempt *attempt, const char *host);

/* The first rank, if the launcher itself decided to kill all, as MPICH's may. */
const struct rank_result *ended_by_launcher(const struct secondary *secondary);
const char *explain_launcher(const struct secondary *secondary);

/* The first rank that was ended, whoever did it. */
const struct rank_result *ended_rank(const struct secondary *secondary);
const char *explain_outside(const struct secondary *secondary);

/* The first rank of those that were all killed at once, and nobody saw by whom. */
const struct rank_result *killed_together(const struct secondary *secondary);
const char *explain_killed(const struct secondary *secondary);

/* A rank without a termination, although the job's first process has one. */
const struct rank_result *not_terminated(const struct secondary *secondary);
const char *explain_not_terminated(const struct secondary *secondary);
