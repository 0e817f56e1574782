/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/collective_counts.h"

#include "core/base/order.h"
#include "core/report/verdict/collective_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The only rank of ATTEMPT whose process has PID; RANK_UNKNOWN: there is none, or there are
 * several. */
static int64_t rank_by_pid(const struct attempt *attempt, int64_t pid)
{
	int64_t rank = RANK_UNKNOWN;

	FOR_EACH_RESULT (result, attempt) {
		if (result->process == NULL || result->process->pid != pid)
			continue;
		if (rank != RANK_UNKNOWN)
			return RANK_UNKNOWN;
		rank = result->rank;
	}
	return rank;
}

static bool has_pid(const struct attempt *attempt, int64_t pid)
{
	FOR_EACH_RESULT (result, attempt)
		if (result->process != NULL && result->process->pid == pid)
			return true;
	return false;
}

/* COMMUNICATOR is of ATTEMPT: its processes are ranks of that. */
static bool fits(const struct attempt *attempt, const struct ras_communicator *communicator)
{
	for (size_t i = 0; i < communicator->count; i++)
		if (!has_pid(attempt, communicator->ranks[i].pid))
			return false;
	return communicator->count > 0;
}

/* The rank of the job that MEMBER is; RANK_UNKNOWN: nobody knows. */
static int64_t rank_of(const struct attempt *attempt, const struct ras_communicator *communicator,
	const struct ras_rank *member)
{
	int64_t rank = rank_by_pid(attempt, member->pid);

	if (rank == RANK_UNKNOWN && communicator->size == (int64_t)attempt->count &&
		member->number < (int64_t)attempt->count)
		rank = member->number;
	return rank;
}

static int compare_ranks(const void *a, const void *b)
{
	return COMPARE(*(const int64_t *)a, *(const int64_t *)b);
}

/* The least and the largest number of collectives of any rank; false where none has any. */
static bool range_of(
	const struct ras_communicator *communicator, int64_t *ret_least, int64_t *ret_most)
{
	bool any = false;

	for (size_t i = 0; i < communicator->count; i++) {
		int64_t total = communicator->ranks[i].total;

		if (total < 0)
			continue;
		*ret_least = any && *ret_least < total ? *ret_least : total;
		*ret_most = any && *ret_most > total ? *ret_most : total;
		any = true;
	}
	return any;
}

/* The counts of the first rank that called TOTAL. */
static const char *counts_with(const struct ras_communicator *communicator, int64_t total)
{
	for (size_t i = 0; i < communicator->count; i++)
		if (communicator->ranks[i].total == total)
			return communicator->ranks[i].counts;
	return "";
}

/* "rank 2 called 4320 collectives (AllReduce 4320), ranks 0,1,3 up to 4321 (AllReduce 4321)". */
static const char *sentence_of(struct report *report, const struct ras_communicator *communicator,
	const struct collective_state *state, int64_t low, int64_t high)
{
	char buffer[1024];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	text_printf(&text, "on %s ", state->group);
	if (state->behind_count > 0) {
		collective_ranks_add(&text, state->behind, state->behind_count);
		text_printf(&text, " called %ld collectives", (long)low);
		if (low > 0)
			text_printf(&text, " (%.160s)", counts_with(communicator, low));
		text_add(&text, ", and ");
		collective_ranks_add(&text, state->waiting, state->waiting_count);
		text_printf(
			&text, " up to %ld (%.160s)", (long)high, counts_with(communicator, high));
	} else {
		collective_ranks_add(&text, state->waiting, state->waiting_count);
		text_printf(&text, " called %ld collectives", (long)high);
	}
	if (state->unknown_count > 0) {
		text_add(&text, "; NCCL's RAS had no answer of ");
		collective_ranks_add(&text, state->unknown, state->unknown_count);
	}
	return report_say(report, "%s", buffer);
}

static bool add_communicator(
	struct report *report, struct attempt *attempt, const struct ras_communicator *communicator)
{
	struct collectives *collectives = &attempt->collectives;
	struct collective_state *state = &collectives->states[collectives->count];
	size_t size = (communicator->count + 1) * sizeof *state->waiting;
	int64_t low = 0, high = 0;

	*state = (struct collective_state){
		.is_counted = true,
		.group = report_say(report, "communicator %.40s", communicator->hash),
		.sequence = -1,
		.waiting = report_alloc(report, size),
		.behind = report_alloc(report, size),
		.unknown = report_alloc(report, size),
	};
	if (state->waiting == NULL || state->behind == NULL || state->unknown == NULL)
		return false;
	range_of(communicator, &low, &high);
	for (size_t i = 0; i < communicator->count; i++) {
		const struct ras_rank *member = &communicator->ranks[i];
		int64_t rank = rank_of(attempt, communicator, member);

		if (rank == RANK_UNKNOWN)
			return true;
		if (member->total < 0)
			state->unknown[state->unknown_count++] = rank;
		else if (member->total == low && low < high)
			state->behind[state->behind_count++] = rank;
		else
			state->waiting[state->waiting_count++] = rank;
	}
	qsort(state->waiting, state->waiting_count, sizeof *state->waiting, compare_ranks);
	qsort(state->behind, state->behind_count, sizeof *state->behind, compare_ranks);
	qsort(state->unknown, state->unknown_count, sizeof *state->unknown, compare_ranks);
	if (state->behind_count + state->unknown_count == 0)
		return true;
	state->sentence = sentence_of(report, communicator, state, low, high);
	collectives->count++;
	return true;
}

int collective_counts_add(struct report *report, struct attempt *attempt)
{
	struct dump_set *set = &report->dumps;
	bool well = true;

	for (size_t i = 0; i < set->communicator_count && well; i++) {
		struct ras_communicator *communicator = &set->communicators[i];

		if (!fits(attempt, communicator))
			continue;
		communicator->is_used = true;
		attempt->collectives.dumps++;
		well = add_communicator(report, attempt, communicator);
	}
	return well ? 0 : -ENOMEM;
}
