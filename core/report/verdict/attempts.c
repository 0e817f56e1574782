/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/attempts.h"

#include "core/report/job/chain.h"
#include "core/report/job/kills.h"
#include "core/report/job/launches.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* In a larger job, ranks that were never seen are not listed one by one. */
#define WORLD_MOST 65536

/* Ranks of an outer launcher number nodes or agents: those of the innermost one count, the first in
 * the table. */
static enum launcher innermost(const struct job *job)
{
	enum launcher launcher = LAUNCHER_COUNT_;

	for (size_t i = 0; i < job->count; i++)
		if (job->processes[i].is_rank && job->processes[i].launcher < launcher)
			launcher = job->processes[i].launcher;
	return launcher;
}

static int compare(int64_t one, int64_t other)
{
	return (one > other) - (one < other);
}

static bool same_attempt(const struct process *one, const struct process *other)
{
	return one->attempt == other->attempt && launch_of(one) == launch_of(other);
}

/* Of two leaders of one rank in one launch: the one that failed first, else the last one. */
static int compare_leaders(const void *a, const void *b)
{
	const struct process *one = *(const struct process *const *)a,
			     *other = *(const struct process *const *)b;
	int order = compare((int64_t)launch_of(one), (int64_t)launch_of(other));

	if (order == 0)
		order = compare(one->attempt, other->attempt);
	if (order == 0)
		order = compare(one->rank, other->rank);
	if (order == 0)
		order = process_failed(other) - process_failed(one);
	if (order == 0 && process_failed(one))
		return compare(one->ended_us, other->ended_us);
	return order == 0 ? compare(other->began_us, one->began_us) : order;
}

static struct rank_result result_of(struct report *report, const struct process *leader)
{
	struct rank_result result = {.rank = leader->rank, .process = leader, .reason = ""};

	if (leader->termination == NULL)
		return result;
	result.ended = chain_of_rank(leader);
	result.at_us = result.ended->ended_us;
	result.failure_class = rules_failure_class(&report->job, result.ended);
	if (kill_explains(result.ended) && (result.failure_class == FAILURE_TERMINATED ||
						   result.failure_class == FAILURE_SIGNALLED))
		result.at_us = result.ended->kill_request_us;
	result.reason = report_reason(report, result.ended);
	return result;
}

/* LEADERS are those of one attempt, in the order of compare_leaders(). */
static int64_t world_of(const struct process *const *leaders, size_t count)
{
	int64_t world = RANK_UNKNOWN;

	for (size_t i = 0; i < count; i++)
		if (leaders[i]->world_size > world)
			world = leaders[i]->world_size;
	return world;
}

static void add_unseen(struct attempt *attempt, int64_t below)
{
	int64_t next = attempt->count == 0 ? 0 : attempt->results[attempt->count - 1].rank + 1;

	for (int64_t rank = next < 0 ? 0 : next; rank < below; rank++)
		attempt->results[attempt->count++] =
			(struct rank_result){.rank = rank, .reason = "never seen"};
}

/* A process of the ranks' launcher that ended before vigil was in it, as one does whose library is
 * missing. */
static bool is_wordless(const struct process *process)
{
	return process->init == NULL && process->own_termination == NULL &&
	       process->rank == RANK_UNKNOWN && process->termination != NULL &&
	       process->termination->state == NODE_FAILED && process->child == NULL;
}

static const struct process *launcher_of(const struct attempt *attempt)
{
	for (size_t i = 0; i < attempt->count; i++)
		if (attempt->results[i].process != NULL)
			return attempt->results[i].process->parent;
	return NULL;
}

/* Where one rank alone was never seen, and one process of its launcher's alone said no word, these
 * are one. */
static void adopt_unseen(struct report *report, struct attempt *attempt)
{
	const struct process *launcher = launcher_of(attempt), *wordless = NULL;
	struct rank_result *unseen = NULL;
	size_t ranks = 0, processes = 0;

	for (size_t i = 0; i < attempt->count; i++)
		if (attempt->results[i].process == NULL) {
			unseen = &attempt->results[i];
			ranks++;
		}
	if (launcher == NULL || ranks != 1)
		return;
	for (const struct process *child = launcher->child; child != NULL; child = child->sibling)
		if (is_wordless(child)) {
			wordless = child;
			processes++;
		}
	if (processes != 1)
		return;
	int64_t rank = unseen->rank;

	*unseen = result_of(report, wordless);
	unseen->rank = rank;
}

static int fill_attempt(struct report *report, struct attempt *attempt,
	const struct process *const *leaders, size_t count)
{
	int64_t world = world_of(leaders, count);
	int64_t listed = world > 0 && world <= WORLD_MOST ? world : 0;

	attempt->number = leaders[0]->attempt;
	attempt->launch = launch_of(leaders[0]);
	attempt->results =
		report_alloc(report, (count + (size_t)listed) * sizeof *attempt->results);
	if (attempt->results == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && leaders[i]->rank == leaders[i - 1]->rank)
			continue;
		add_unseen(attempt, leaders[i]->rank < listed ? leaders[i]->rank : listed);
		attempt->results[attempt->count++] = result_of(report, leaders[i]);
	}
	add_unseen(attempt, listed);
	adopt_unseen(report, attempt);
	if (world > report->world_size)
		report->world_size = world;
	return 0;
}

static int fill_attempts(struct report *report, const struct process *const *leaders, size_t count)
{
	size_t from = 0;
	int error = 0;

	for (size_t i = 1; i <= count && error == 0; i++) {
		if (i < count && same_attempt(leaders[i], leaders[from]))
			continue;
		error = fill_attempt(report, &report->attempts[report->attempt_count++],
			leaders + from, i - from);
		from = i;
	}
	return error;
}

/* Returns how many attempts there will be. */
static size_t collect(struct report *report, struct process **leaders, size_t *ret_count)
{
	size_t count = 0, attempts = 0;

	for (size_t i = 0; i < report->job.count; i++)
		if (report->job.processes[i].is_rank &&
			report->job.processes[i].launcher == report->launcher)
			leaders[count++] = &report->job.processes[i];
	report->launch_count = launches_set(leaders, count);
	qsort(leaders, count, sizeof *leaders, compare_leaders);
	for (size_t i = 0; i < count; i++)
		attempts += i == 0 || !same_attempt(leaders[i], leaders[i - 1]);
	*ret_count = count;
	return attempts > 0 ? attempts : 1;
}

static bool attempt_failed(const struct attempt *attempt)
{
	for (size_t i = 0; i < attempt->count; i++)
		if (attempt->results[i].ended != NULL && process_failed(attempt->results[i].ended))
			return true;
	return false;
}

/* The last attempt is what a launch came to. Returns how many attempts of REPORT stand up to the
 * end of the last launch that failed; 0: none did. */
static size_t end_of_failed(const struct report *report)
{
	for (size_t end = report->attempt_count; end > 0; end--) {
		bool is_last = end == report->attempt_count ||
			       report->attempts[end].launch != report->attempts[end - 1].launch;

		if (is_last && attempt_failed(&report->attempts[end - 1]))
			return end;
	}
	return 0;
}

/* The last attempt is the one that the verdict is about: what clears up after a failed launch goes
 * before that. */
static void put_failed_last(struct report *report)
{
	size_t end = end_of_failed(report), last = report->attempt_count - 1;

	if (report->launch_count < 2 || report->outcome != OUTCOME_FAILED || end == 0)
		return;
	for (; end <= last; end++) {
		struct attempt moved = report->attempts[last];

		memmove(report->attempts + 1, report->attempts, last * sizeof moved);
		report->attempts[0] = moved;
	}
}

int attempts_set(struct report *report)
{
	struct process **leaders = reallocarray(NULL, report->job.count, sizeof *leaders);
	size_t count, attempts;
	int error;

	if (leaders == NULL)
		return -ENOMEM;
	report->launcher = innermost(&report->job);
	report->world_size = RANK_UNKNOWN;
	attempts = collect(report, leaders, &count);
	report->attempts = report_alloc(report, attempts * sizeof *report->attempts);
	error = report->attempts == NULL
			? -ENOMEM
			: fill_attempts(report, (const struct process *const *)leaders, count);
	if (count == 0)
		report->attempt_count = 1;
	put_failed_last(report);
	free(leaders);
	return error;
}
