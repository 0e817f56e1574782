/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict.h - the room verdict/: from the processes of a job to who failed first, by the steps
 * below in their order.
 *
 * In: a report (model.h) with its job. Out: the rest of the report; each step sets its part, and
 * returns 0 or -ENOMEM. It includes job/, and nothing of symbols/ and render/. Signal-safe: no.
 * Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/* Sets outcome, root, began_us, ended_us, hosts and the counts of REPORT, from its job. */
int outcome_set(struct report *report);

/* Sets launcher, world_size and attempts of REPORT: results with rank, process, ended, at_us,
 * failure class and reason; the steps below set the rest. The number of an attempt is that of a
 * launcher which restarts jobs. A job without ranks has one attempt without results. */
int attempts_set(struct report *report);

/* Finds the hosts whose clock contradicts the order in which events must have happened, and moves
 * their times onto the clock of the job's first host. Sets offsets of REPORT, and adds a warning
 * for each. */
int clock_offsets_set(struct report *report);

/* Sets the places of ATTEMPT's results. */
int places_set(struct report *report, struct attempt *attempt);

/* Sets the collectives of ATTEMPT from the dumps of REPORT, as far as they are of it. */
int collectives_set(struct report *report, struct attempt *attempt);

/* Sets the stall of ATTEMPT, if `vigil run` saw one. */
int stall_set(struct report *report, struct attempt *attempt);

/* Sets who failed first in ATTEMPT, one of REPORT's, how sure that is, and the role of every rank:
 * every member of ATTEMPT that the other steps do not set. */
int attribute(struct report *report, struct attempt *attempt);

/* Sets only_on of the candidates of ATTEMPT, which is attributed. */
void cause_hosts_set(struct report *report, struct attempt *attempt);

/* Sets crashes and crash_count of REPORT, whose attempts are attributed. */
int crashes_set(struct report *report);

/* Sets the merged stacks of ATTEMPT; they are NULL when no rank has a stack. */
int stacks_set(struct report *report, struct attempt *attempt);

/* Sets the positions of ATTEMPT, which is attributed: where nobody failed first, where the ranks
 * were of which a stack is known, and whether some of them are outliers. */
int positions_set(struct report *report, struct attempt *attempt);

/* Sets the calls of ATTEMPT, which is attributed: where nobody failed first, which ranks made fewer
 * collective calls than those that wait for them. */
int calls_set(struct report *report, struct attempt *attempt);

/* The calls that were counted in RESULT's rank, and in *RET_RECORD the event that has them: that of
 * its termination, else that of the last look at it. NULL: none are known. */
const struct call_counts *calls_of(
	const struct rank_result *result, const struct event_record **ret_record);
