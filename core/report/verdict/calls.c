/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/verdict.h"

#include "core/report/job/ranks.h"
#include "core/report/job/thresholds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The ranks of an attempt whose calls are known. */
struct ranked_calls {
	struct call_counts *calls;
	const struct rank_result **results;
	size_t count;
};

static void gather(const struct attempt *attempt, struct ranked_calls *ranked)
{
	FOR_EACH_RESULT (result, attempt) {
		const struct event *end =
			result->ended == NULL ? NULL : termination_event(result->ended);

		if (end == NULL || end->calls.count == 0)
			continue;
		ranked->calls[ranked->count] = end->calls;
		ranked->results[ranked->count++] = result;
	}
}

/* Whether RESULT's rank, which made CALLS, was in LAG's call when it ended, and had been there for
 * long. */
static bool was_in(const struct rank_result *result, const struct call_counts *calls,
	const struct call_lag *lag)
{
	const struct call_count *last = &calls->list[0];

	return strcmp(last->name, lag->call->name) == 0 &&
	       last->communicator == lag->call->communicator && last->entered_us > 0 &&
	       result->ended->termination->mono_us - last->entered_us >= CALL_WAITS_US;
}

/* Whether those that made the most calls of LAG's function all wait in the last one: then the
 * others are who they wait for. While ranks move, one is a call ahead of another at any moment. */
static bool others_wait(const struct ranked_calls *ranked, const struct call_lag *lag)
{
	for (size_t i = 0; i < ranked->count; i++)
		if (call_counts_of(&ranked->calls[i], lag) == lag->most &&
			!was_in(ranked->results[i], &ranked->calls[i], lag))
			return false;
	return 2 * lag->behind <= ranked->count;
}

/* "rank 17 made 4,320 calls of MPI_Allreduce on MPI_COMM_WORLD, the others wait in call 4,321" */
static const char *sentence(
	struct report *report, const struct ranked_calls *ranked, const struct call_lag *lag)
{
	struct rank_list list = {.length = 0};
	char buffer[512];
	struct text text;

	for (size_t i = 0; i < ranked->count; i++)
		if (call_counts_of(&ranked->calls[i], lag) < lag->most)
			ranks_add(&list, ranked->results[i]->rank);
	ranks_finish(&list);
	text_init(&text, buffer, sizeof buffer);
	text_printf(&text, "rank%s %s made %s", lag->behind == 1 ? "" : "s", list.text,
		lag->behind == 1 ? "" : "at least ");
	call_counts_number(&text, lag->least);
	text_printf(&text, " call%s of ", lag->least == 1 ? "" : "s");
	call_counts_what(&text, lag->call);
	text_add(&text, ", the others wait in call ");
	call_counts_number(&text, lag->most);
	if (!lag->sure)
		text_add(&text, ", if it is the same communicator");
	return report_say(report, "%s", text.data);
}

int calls_set(struct report *report, struct attempt *attempt)
{
	struct ranked_calls ranked = {.count = 0};
	struct call_lag lag;

	if (attempt->has_root || attempt->explanation == NULL || attempt->count == 0)
		return 0;
	ranked.calls = calloc(attempt->count, sizeof *ranked.calls);
	ranked.results = calloc(attempt->count, sizeof *ranked.results);
	if (ranked.calls != NULL && ranked.results != NULL) {
		gather(attempt, &ranked);
		if (call_counts_compare(ranked.calls, ranked.count, &lag) &&
			others_wait(&ranked, &lag))
			attempt->calls = sentence(report, &ranked, &lag);
	}
	free(ranked.calls);
	free(ranked.results);
	return ranked.calls == NULL || ranked.results == NULL ? -ENOMEM : 0;
}
