/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/collectives.h"

#include "core/base/order.h"
#include "core/report/job/thresholds.h"
#include "core/report/verdict/collective_counts.h"
#include "core/report/verdict/collective_groups.h"
#include "core/report/verdict/collective_peers.h"
#include "core/report/verdict/evidence.h"
#include "core/report/verdict/verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_ranks(const void *a, const void *b)
{
	return COMPARE(*(const int64_t *)a, *(const int64_t *)b);
}

static bool has_rank(const int64_t *ranks, size_t count, int64_t rank)
{
	for (size_t i = 0; i < count; i++)
		if (ranks[i] == rank)
			return true;
	return false;
}

/* RANK waits in a collective, or for a peer, other than the one of STATE. A rank that called
 * another collective than most waits in that. */
static bool waits_elsewhere(const struct fitting_dump *dumps, size_t count,
	const struct collective_state *state, int64_t rank)
{
	const struct fitting_dump *dump = dump_of_rank(dumps, count, rank);

	return dump != NULL && dump->waits != NULL && !state->is_counted && !state->differs;
}

/* Sets the ranks that others wait for, and that wait for nobody. */
static int set_behind(struct report *report, struct collectives *collectives,
	const struct fitting_dump *dumps, size_t count)
{
	size_t room = 0;

	for (size_t i = 0; i < collectives->count; i++)
		room += collectives->states[i].behind_count;
	collectives->behind = report_alloc(report, (room + 1) * sizeof *collectives->behind);
	if (collectives->behind == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < collectives->count; i++) {
		const struct collective_state *state = &collectives->states[i];

		for (size_t j = 0; j < state->behind_count; j++)
			if (!waits_elsewhere(dumps, count, state, state->behind[j]))
				collectives->behind[collectives->behind_count++] = state->behind[j];
	}
	qsort(collectives->behind, collectives->behind_count, sizeof *collectives->behind,
		compare_ranks);
	room = collectives->behind_count;
	collectives->behind_count = 0;
	for (size_t i = 0; i < room; i++)
		if (i == 0 || collectives->behind[i] != collectives->behind[i - 1])
			collectives->behind[collectives->behind_count++] = collectives->behind[i];
	return 0;
}

/* Sets the ranks without a dump. */
static int set_without(struct report *report, struct attempt *attempt,
	const struct fitting_dump *dumps, size_t count)
{
	struct collectives *collectives = &attempt->collectives;

	collectives->without =
		report_alloc(report, (attempt->count + 1) * sizeof *collectives->without);
	if (collectives->without == NULL)
		return -ENOMEM;
	FOR_EACH_RESULT (result, attempt)
		if (count > 0 && dump_of_rank(dumps, count, result->rank) == NULL)
			collectives->without[collectives->without_count++] = result->rank;
	return 0;
}

/* Why the dumps may mislead. */
static const char *hedge_of(struct report *report, const struct fitting_dump *dumps, size_t count)
{
	int64_t first_us = INT64_MAX, last_us = INT64_MIN;

	for (size_t i = 0; i < count; i++) {
		int64_t us = dumps[i].dump->written_us;

		first_us = us < first_us ? us : first_us;
		last_us = us > last_us ? us : last_us;
	}
	if (count < 2 || last_us - first_us <= DUMPS_APART_US)
		return NULL;
	return report_say(report,
		"the dumps were written up to %ld s apart, and may show different times",
		(long)((last_us - first_us) / SECONDS));
}

/* One rank is behind, by PyTorch's dumps, and nothing is unknown where it is. */
static bool is_sure(const struct collectives *collectives)
{
	bool sure = collectives->behind_count == 1 && collectives->hedge == NULL;

	for (size_t i = 0; i < collectives->count && sure; i++) {
		const struct collective_state *state = &collectives->states[i];

		if (has_rank(state->behind, state->behind_count, collectives->behind[0]))
			sure = !state->is_counted && !state->differs && state->unknown_count == 0;
	}
	return sure;
}

int collectives_set(struct report *report, struct attempt *attempt)
{
	struct collectives *collectives = &attempt->collectives;
	struct fitting_dump *dumps;
	size_t count;
	int error;

	if (attempt->count == 0 || report->dumps.count + report->dumps.communicator_count == 0)
		return 0;
	error = dumps_that_fit(report, attempt, &dumps, &count)
			?: collective_groups_add(report, attempt, dumps, count)
			?: collective_peers_add(report, attempt, dumps, count)
			?: collective_counts_add(report, attempt)
			?: set_behind(report, collectives, dumps, count)
			?: set_without(report, attempt, dumps, count);
	collectives->dumps += count;
	if (error == 0) {
		collectives->hedge = hedge_of(report, dumps, count);
		collectives->is_sure = is_sure(collectives);
	}
	return error;
}

const struct rank_result *collectives_behind(const struct attempt_context *context)
{
	const struct collectives *collectives = &context->attempt->collectives;

	FOR_EACH_RESULT (result, context->attempt)
		if (collectives->behind_count == 1 && result->rank == collectives->behind[0])
			return result;
	return NULL;
}

bool collectives_waited(const struct attempt *attempt, int64_t rank)
{
	const struct collectives *collectives = &attempt->collectives;

	for (size_t i = 0; i < collectives->count; i++)
		if (!collectives->states[i].is_counted &&
			has_rank(collectives->states[i].waiting,
				collectives->states[i].waiting_count, rank))
			return true;
	return false;
}

const char *collectives_blame(const struct attempt *attempt)
{
	const struct collectives *collectives = &attempt->collectives;

	for (size_t i = 0; i < collectives->count; i++)
		if (collectives->states[i].differs &&
			has_rank(collectives->states[i].behind, collectives->states[i].behind_count,
				collectives->behind[0]))
			return "called another collective than most, and the others waited";
	return "had not called a collective that others waited in";
}

void collectives_explain(
	struct report *report, const struct attempt *attempt, struct finding *finding)
{
	const struct collectives *collectives = &attempt->collectives;

	for (size_t i = 0; i < collectives->count; i++)
		if (has_rank(collectives->states[i].behind, collectives->states[i].behind_count,
			    finding->rank))
			evidence_say(report, finding, "by %s, %s",
				collectives->states[i].is_counted ? "NCCL's RAS"
								  : "PyTorch's dumps",
				collectives->states[i].sentence);
	if (finding->evidence_count > 0 && collectives->hedge != NULL)
		evidence_add(finding, collectives->hedge);
}
