/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/verdict.h"

#include "core/base/order.h"
#include "core/report/job/chain.h"
#include "core/report/job/generations.h"
#include "core/report/job/kills.h"
#include "core/report/job/launches.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* In a larger job, ranks that were never seen are not listed. */
#define WORLD_MOST 65536

/* The innermost launcher, the first of those in enum launcher, whose ranks count: those of an outer
 * launcher are nodes or agents. */
static enum launcher innermost(const struct job *job)
{
	enum launcher launcher = LAUNCHER_COUNT_;

	FOR_EACH_PROCESS (process, job)
		if (process->is_rank && process->launcher < launcher)
			launcher = process->launcher;
	return launcher;
}

static bool same_attempt(const struct process *one, const struct process *other)
{
	return one->attempt == other->attempt && launch_of(one) == launch_of(other);
}

/* By launch, attempt and rank. Of two processes of one rank, the first that failed comes first;
 * else the one that began last. */
static int compare_ranks(const void *a, const void *b)
{
	const struct process *one = *(const struct process *const *)a,
			     *other = *(const struct process *const *)b;
	int order = COMPARE(launch_of(one), launch_of(other))
			?: COMPARE(one->attempt, other->attempt)
			?: COMPARE(one->rank, other->rank)
			?: process_failed(other) - process_failed(one);

	return order != 0	     ? order
	       : process_failed(one) ? COMPARE(one->ended_us, other->ended_us)
				     : COMPARE(other->began_us, one->began_us);
}

/* What ENDED, of RANK, lost is no other rank: there is none, nor a launcher, or it says that a
 * worker died, and its own helper did. */
static bool lost_no_rank(
	const struct job *job, const struct process *rank, const struct process *ended)
{
	return (rank->world_size == 1 && rank->launcher == LAUNCHER_NONE) ||
	       (rules_is_worded(ended) && chain_helper(job, ended, ended->ended_us) != NULL);
}

static enum failure_class class_of(
	const struct job *job, const struct process *rank, const struct process *ended)
{
	enum failure_class failure_class = rules_failure_class(job, ended);

	return (failure_class == FAILURE_PEER_LOST || failure_class == FAILURE_PEER_TIMEOUT) &&
			       lost_no_rank(job, rank, ended)
		       ? FAILURE_OWN
		       : failure_class;
}

/* Where a kill request explains the termination, the time of that request counts. */
static struct rank_result result_of(struct report *report, const struct process *process)
{
	struct rank_result result = {.rank = process->rank, .process = process, .reason = ""};
	struct chain chain;

	if (process->termination == NULL)
		return result;
	chain = chain_of(&report->job, process);
	result.ended = chain.cause;
	result.sure = chain.sure;
	result.at_us = result.ended->ended_us;
	result.failure_class = class_of(&report->job, process, result.ended);
	if (kill_explains(result.ended) && (result.failure_class == FAILURE_TERMINATED ||
						   result.failure_class == FAILURE_SIGNALLED))
		result.at_us = result.ended->kill_request_us;
	result.reason = report_reason(report, result.ended);
	return result;
}

static int64_t world_of(const struct process *const *ranks, size_t count)
{
	int64_t world = RANK_UNKNOWN;

	for (size_t i = 0; i < count; i++)
		if (ranks[i]->world_size > world)
			world = ranks[i]->world_size;
	return world;
}

static void add_unseen(struct attempt *attempt, int64_t below)
{
	int64_t next = attempt->count == 0 ? 0 : attempt->results[attempt->count - 1].rank + 1;

	for (int64_t rank = next < 0 ? 0 : next; rank < below; rank++)
		attempt->results[attempt->count++] =
			(struct rank_result){.rank = rank, .reason = "never seen"};
}

/* PROCESS, a child of the ranks' launcher, failed before libvigil ran in it, as happens where a
 * library is missing. */
static bool is_unreported(const struct process *process)
{
	return process->init == NULL && process->own_termination == NULL &&
	       process->rank == RANK_UNKNOWN && process_failed(process) && process->child == NULL;
}

static const struct process *launcher_of(const struct attempt *attempt)
{
	FOR_EACH_RESULT (result, attempt)
		if (result->process != NULL)
			return result->process->parent;
	return NULL;
}

/* Where one rank alone was never seen, and one child of the launcher alone reported nothing, that
 * child is taken for the rank. */
static void adopt_unseen(struct report *report, struct attempt *attempt)
{
	const struct process *launcher = launcher_of(attempt), *unreported = NULL;
	struct rank_result *unseen = NULL;
	size_t ranks = 0, processes = 0;
	int64_t rank;

	FOR_EACH_RESULT (result, attempt)
		if (result->process == NULL) {
			unseen = result;
			ranks++;
		}
	if (launcher == NULL || ranks != 1)
		return;
	for (const struct process *child = launcher->child; child != NULL; child = child->sibling)
		if (is_unreported(child)) {
			unreported = child;
			processes++;
		}
	if (processes != 1)
		return;
	rank = unseen->rank;
	*unseen = result_of(report, unreported);
	unseen->rank = rank;
}

/* Sets ATTEMPT from RANKS, all of one attempt, in the order of compare_ranks(). */
static int fill_attempt(struct report *report, struct attempt *attempt,
	const struct process *const *ranks, size_t count)
{
	int64_t world = world_of(ranks, count);
	int64_t listed = world > 0 && world <= WORLD_MOST ? world : 0;

	attempt->number = ranks[0]->attempt;
	attempt->launch = launch_of(ranks[0]);
	attempt->results =
		report_alloc(report, (count + (size_t)listed) * sizeof *attempt->results);
	if (attempt->results == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && ranks[i]->rank == ranks[i - 1]->rank)
			continue;
		add_unseen(attempt, ranks[i]->rank < listed ? ranks[i]->rank : listed);
		attempt->results[attempt->count++] = result_of(report, ranks[i]);
	}
	add_unseen(attempt, listed);
	adopt_unseen(report, attempt);
	if (world > report->world_size)
		report->world_size = world;
	return 0;
}

static int fill_attempts(struct report *report, const struct process *const *ranks, size_t count)
{
	size_t from = 0;
	int error = 0;

	for (size_t i = 1; i <= count && error == 0; i++) {
		if (i < count && same_attempt(ranks[i], ranks[from]))
			continue;
		error = fill_attempt(
			report, &report->attempts[report->attempt_count++], ranks + from, i - from);
		from = i;
	}
	return error;
}

/* By attempt and rank, and then by time. */
static int compare_beginnings(const void *a, const void *b)
{
	const struct process *one = *(const struct process *const *)a,
			     *other = *(const struct process *const *)b;

	return COMPARE(one->attempt, other->attempt)
		       ?: COMPARE(one->rank, other->rank)
		       ?: COMPARE(one->began_us, other->began_us);
}

/* PROCESS, whose parent is unknown, has lost it, and was not begun by a launcher that is unknown:
 * its parent is init now or the monitor, or RANK's own launcher is known. */
static bool is_orphan(const struct process *process, const struct process *rank)
{
	return process->parent == NULL &&
	       (process->ppid <= 1 || process->ppid == rank->ppid || rank->parent != NULL);
}

/* RANK, which began earlier and has the same rank, began PROCESS, a daemon: that is an orphan, and
 * began while RANK ran. */
static bool is_daemon_of(const struct process *process, const struct process *rank)
{
	return is_orphan(process, rank) && process->init != NULL && rank->init != NULL &&
	       process->attempt == rank->attempt && process->rank == rank->rank &&
	       strcmp(process->hostname, rank->hostname) == 0 &&
	       process->forked_us > rank->began_us &&
	       (rank->termination == NULL || rank->ended_us > process->forked_us);
}

/* Makes the daemons among RANKS, which gets sorted, helpers. Returns how many ranks are left. */
static size_t drop_daemons(struct process **ranks, size_t count)
{
	size_t kept = 0;

	qsort(ranks, count, sizeof *ranks, compare_beginnings);
	for (size_t i = 0; i < count; i++) {
		if (kept > 0 && is_daemon_of(ranks[i], ranks[kept - 1]))
			ranks[i]->is_rank = false;
		else
			ranks[kept++] = ranks[i];
	}
	return kept;
}

/* Collects the processes that are ranks of the report's launcher, in the order of compare_ranks().
 * Returns how many attempts they make. */
static size_t collect(struct report *report, struct process **ranks, size_t *ret_count)
{
	size_t count = 0, attempts = 0;

	FOR_EACH_PROCESS (process, &report->job)
		if (process->is_rank && process->launcher == report->launcher)
			ranks[count++] = process;
	count = drop_daemons(ranks, count);
	if (report->launcher == LAUNCHER_TORCHRUN)
		generations_set(ranks, count);
	report->launch_count = launches_set(ranks, count);
	qsort(ranks, count, sizeof *ranks, compare_ranks);
	for (size_t i = 0; i < count; i++)
		attempts += i == 0 || !same_attempt(ranks[i], ranks[i - 1]);
	*ret_count = count;
	return attempts > 0 ? attempts : 1;
}

static bool attempt_failed(const struct attempt *attempt)
{
	FOR_EACH_RESULT (result, attempt)
		if (result->ended != NULL && process_failed(result->ended))
			return true;
	return false;
}

/* Moves launches that only clear up after a failed one to the front, since the verdict is about the
 * last attempt. A launch failed where its last attempt did. */
static void put_failed_last(struct report *report)
{
	struct attempt *attempts = report->attempts;
	size_t last = report->attempt_count - 1, failed = last;

	if (report->launch_count < 2 || report->outcome != OUTCOME_FAILED)
		return;
	while (!attempt_failed(&attempts[failed]) ||
		(failed < last && attempts[failed + 1].launch == attempts[failed].launch))
		if (failed-- == 0)
			return;
	for (; failed < last; failed++) {
		struct attempt moved = attempts[last];

		memmove(attempts + 1, attempts, last * sizeof moved);
		attempts[0] = moved;
	}
}

int attempts_set(struct report *report)
{
	struct process **ranks = reallocarray(NULL, report->job.count, sizeof *ranks);
	size_t count, attempts;
	int error;

	if (ranks == NULL)
		return -ENOMEM;
	report->launcher = innermost(&report->job);
	report->world_size = RANK_UNKNOWN;
	attempts = collect(report, ranks, &count);
	report->attempts = report_alloc(report, attempts * sizeof *report->attempts);
	error = report->attempts == NULL
			? -ENOMEM
			: fill_attempts(report, (const struct process *const *)ranks, count);
	if (error == 0 && count == 0)
		report->attempt_count = 1;
	if (error == 0)
		put_failed_last(report);
	free(ranks);
	return error;
}
