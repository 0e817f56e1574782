/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of the ranks of a job that hung, in this order: those that named another root than most in the
 * same collective call; two of which one waits for a message with another tag than the other one
 * sends; those that made fewer collective calls than the ranks that wait in the next one.
 */
#include "core/report/verdict/verdict.h"

#include "core/report/job/ranks.h"
#include "core/report/job/thresholds.h"
#include "core/report/verdict/position_stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The ranks of an attempt whose calls are known, and when (mono_us). */
struct ranked_calls {
	struct call_counts *calls;
	const struct rank_result **results;
	int64_t *at_us;
	size_t count;
};

const struct call_counts *calls_of(
	const struct rank_result *result, const struct event_record **ret_record)
{
	const struct event_record *record =
		result->ended == NULL ? NULL : result->ended->termination;
	const struct event *event = record == NULL ? NULL : termination_event(result->ended);
	const struct process *seen = position_seen(result);

	if ((event == NULL || event->calls.count == 0) && seen != NULL) {
		record = seen->seen;
		event = &record->stand->event;
	}
	if (event == NULL || event->calls.count == 0)
		return NULL;
	*ret_record = record;
	return &event->calls;
}

static void gather(const struct attempt *attempt, struct ranked_calls *ranked)
{
	FOR_EACH_RESULT (result, attempt) {
		const struct event_record *record;
		const struct call_counts *calls = calls_of(result, &record);

		if (calls == NULL)
			continue;
		ranked->calls[ranked->count] = *calls;
		ranked->at_us[ranked->count] = record->mono_us;
		ranked->results[ranked->count++] = result;
	}
}

/* Whether the rank at INDEX of RANKED is in CALL, the one that it entered last, and has been there
 * for long. */
static bool waits_in(const struct ranked_calls *ranked, size_t index, const struct call_count *call)
{
	return call->entered_us > 0 && ranked->at_us[index] - call->entered_us >= CALL_WAITS_US;
}

static bool was_in(const struct ranked_calls *ranked, size_t index, const struct call_lag *lag)
{
	const struct call_count *last = &ranked->calls[index].list[0];

	return strcmp(last->name, lag->call->name) == 0 &&
	       last->communicator == lag->call->communicator && waits_in(ranked, index, last);
}

/* Whether the calls of the rank at INDEX are of a time before LAG's last call was entered: a look
 * from outside that came too early. Only where both have one clock. */
static bool is_old(const struct ranked_calls *ranked, size_t index, const struct call_lag *lag)
{
	for (size_t i = 0; i < ranked->count; i++) {
		const struct call_counts *calls = &ranked->calls[i];

		if (lag->call < calls->list || lag->call >= calls->list + calls->count)
			continue;
		return ranked->results[i]->ended != NULL && ranked->results[index]->ended != NULL &&
		       ranked->results[i]->ended->clock == ranked->results[index]->ended->clock &&
		       ranked->at_us[index] < lag->call->entered_us + CALL_WAITS_US;
	}
	return false;
}

/* Whether those that made the most calls of LAG's function all wait in the last one: then the
 * others are who they wait for. While ranks move, one is a call ahead of another at any moment. */
static bool others_wait(const struct ranked_calls *ranked, const struct call_lag *lag)
{
	for (size_t i = 0; i < ranked->count; i++)
		if (call_counts_of(&ranked->calls[i], lag) == lag->most ? !was_in(ranked, i, lag)
									: is_old(ranked, i, lag))
			return false;
	return 2 * lag->behind <= ranked->count;
}

static void add_rank(struct attempt *attempt, const struct ranked_calls *ranked, size_t index)
{
	attempt->call_ranks[attempt->call_rank_count++] = ranked->results[index]->rank;
}

static bool has_rank(const struct attempt *attempt, int64_t rank)
{
	for (size_t i = 0; i < attempt->call_rank_count; i++)
		if (attempt->call_ranks[i] == rank)
			return true;
	return false;
}

/* "ranks 2,5 " */
static void add_ranks(struct text *text, const struct attempt *attempt)
{
	struct rank_list list = {.length = 0};

	for (size_t i = 0; i < attempt->call_rank_count; i++)
		ranks_add(&list, attempt->call_ranks[i]);
	ranks_finish(&list);
	text_printf(text, "rank%s %s ", attempt->call_rank_count == 1 ? "" : "s", list.text);
}

/* "rank 17 made 4,320 calls of MPI_Allreduce on MPI_COMM_WORLD, the others wait in call 4,321" */
static bool say_lag(struct attempt *attempt, const struct ranked_calls *ranked, struct text *text)
{
	struct call_lag lag;

	if (!call_counts_compare(ranked->calls, ranked->count, &lag) || !others_wait(ranked, &lag))
		return false;
	for (size_t i = 0; i < ranked->count; i++)
		if (call_counts_of(&ranked->calls[i], &lag) < lag.most)
			add_rank(attempt, ranked, i);
	add_ranks(text, attempt);
	text_printf(text, "made %s", lag.behind == 1 ? "" : "at least ");
	call_counts_number(text, lag.least);
	text_printf(text, " call%s of ", lag.least == 1 ? "" : "s");
	call_counts_what(text, lag.call);
	text_add(text, ", the others wait in call ");
	call_counts_number(text, lag.most);
	if (!lag.sure)
		text_add(text, ", if it is the same communicator");
	return true;
}

/* "rank 2 called MPI_Bcast on MPI_COMM_WORLD with root 2, the others with root 0" */
static bool say_roots(struct attempt *attempt, const struct ranked_calls *ranked, struct text *text)
{
	const struct call_count *odd = NULL;
	struct call_roots roots;
	bool alike = true;

	if (!call_counts_roots(ranked->calls, ranked->count, &roots))
		return false;
	for (size_t i = 0; i < ranked->count; i++) {
		const struct call_count *own = call_counts_odd_root(&ranked->calls[i], &roots);

		if (own == NULL)
			continue;
		alike &= odd == NULL || odd->root == own->root;
		odd = own;
		add_rank(attempt, ranked, i);
	}
	if (odd == NULL)
		return false;
	add_ranks(text, attempt);
	text_add(text, "called ");
	call_counts_what(text, roots.call);
	if (alike)
		text_printf(text, " with root %d", (int)odd->root);
	else
		text_add(text, " with other roots");
	text_printf(text, ", the others with root %d", (int)roots.root);
	return true;
}

/* Of a message: where C passes them. Fortran passes their addresses, which no rank is like. */
#define ARGUMENT_PEER 3
#define ARGUMENT_TAG 4

static int32_t tag_of(const struct call_count *call)
{
	return (int32_t)(uint32_t)call->arguments[ARGUMENT_TAG];
}

/* The index in RANKED of the peer that CALL, on the world's communicator, names; `count`: there is
 * none. */
static size_t peer_of(const struct ranked_calls *ranked, const struct call_count *call)
{
	size_t at = 0;

	while (at < ranked->count &&
		(call->communicator != CALL_WORLD ||
			call->arguments[ARGUMENT_PEER] != (uint64_t)ranked->results[at]->rank))
		at++;
	return at;
}

static bool sends(const struct call_count *call)
{
	return strcmp(call->name, "MPI_Send") == 0 || strcmp(call->name, "MPI_Ssend") == 0 ||
	       strcmp(call->name, "MPI_Rsend") == 0 || strcmp(call->name, "MPI_Bsend") == 0;
}

/* "rank 3 waits in MPI_Recv for tag 1 from rank 2, which is in MPI_Send to it with tag 2" */
static bool say_tags(struct attempt *attempt, const struct ranked_calls *ranked, struct text *text)
{
	for (size_t i = 0; i < ranked->count; i++) {
		const struct call_count *own = &ranked->calls[i].list[0], *other;
		size_t peer;

		if (strcmp(own->name, "MPI_Recv") != 0 || !waits_in(ranked, i, own) ||
			tag_of(own) < 0)
			continue;
		peer = peer_of(ranked, own);
		other = peer < ranked->count ? &ranked->calls[peer].list[0] : NULL;
		if (other == NULL || !sends(other) || !waits_in(ranked, peer, other) ||
			peer_of(ranked, other) != i || tag_of(other) == tag_of(own))
			continue;
		add_rank(attempt, ranked, i);
		add_rank(attempt, ranked, peer);
		text_printf(text,
			"rank %ld waits in MPI_Recv for tag %d from rank %ld, which is in %s to it "
			"with tag %d",
			(long)attempt->call_ranks[0], (int)tag_of(own),
			(long)attempt->call_ranks[1], other->name, (int)tag_of(other));
		return true;
	}
	return false;
}

/* All that are elsewhere than most are among the ranks of the calls: else the calls say why they
 * are there. */
static bool are_outliers(const struct attempt *attempt)
{
	for (size_t i = 1; i < attempt->position_count; i++)
		for (size_t j = 0; j < attempt->positions[i].count; j++)
			if (!has_rank(attempt, attempt->positions[i].ranks[j]))
				return false;
	return true;
}

static int set_calls(struct report *report, struct attempt *attempt, struct ranked_calls *ranked)
{
	char buffer[512];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	attempt->call_ranks = report_alloc(report, attempt->count * sizeof *attempt->call_ranks);
	if (attempt->call_ranks == NULL)
		return -ENOMEM;
	gather(attempt, ranked);
	if (say_roots(attempt, ranked, &text) || say_tags(attempt, ranked, &text))
		attempt->has_outliers &= are_outliers(attempt);
	else if (!say_lag(attempt, ranked, &text))
		return 0;
	attempt->calls = report_say(report, "%s", text.data);
	return 0;
}

int calls_set(struct report *report, struct attempt *attempt)
{
	struct ranked_calls ranked = {.count = 0};
	int error = -ENOMEM;

	if (attempt->has_root || attempt->explanation == NULL || attempt->count == 0)
		return 0;
	ranked.calls = calloc(attempt->count, sizeof *ranked.calls);
	ranked.results = calloc(attempt->count, sizeof *ranked.results);
	ranked.at_us = calloc(attempt->count, sizeof *ranked.at_us);
	if (ranked.calls != NULL && ranked.results != NULL && ranked.at_us != NULL)
		error = set_calls(report, attempt, &ranked);
	free(ranked.calls);
	free(ranked.results);
	free(ranked.at_us);
	return error;
}
