/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/dump_fit.h"

#include "core/base/order.h"
#include "core/report/job/thresholds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_GROUP "default_pg"

/* How many ranks the job of DUMP has; RANK_UNKNOWN: it does not say. */
static int64_t world_size_of(const struct rank_dump *dump)
{
	for (size_t i = 0; i < dump->group_count; i++)
		if (strcmp(dump->groups[i].description, DEFAULT_GROUP) == 0 &&
			dump->groups[i].count > 0)
			return (int64_t)dump->groups[i].count;
	return RANK_UNKNOWN;
}

/* When PROCESS, a rank's, began and was last heard of, by the wall clock of its host; where that is
 * not known, when the job did. */
static void span_of(const struct report *report, const struct process *process,
	int64_t *ret_began_us, int64_t *ret_ended_us)
{
	*ret_began_us = process == NULL || process->first == NULL ? report->began_us
								  : process->first->time_us;
	*ret_ended_us = process == NULL || process->termination == NULL
				? INT64_MAX - DUMP_CLOCK_US
				: process->termination->time_us;
}

static const struct rank_result *result_of(const struct attempt *attempt, int64_t rank)
{
	FOR_EACH_RESULT (result, attempt)
		if (result->rank == rank)
			return result;
	return NULL;
}

/* Why DUMP is not of ATTEMPT; NULL: it is. */
static const char *why_not(
	struct report *report, const struct attempt *attempt, const struct rank_dump *dump)
{
	const struct rank_result *result = result_of(attempt, dump->rank);
	int64_t ranks = world_size_of(dump), began_us, ended_us;
	int64_t last_us = dump->last_us > 0 ? dump->last_us : dump->written_us;
	int64_t first_us = dump->first_us > 0 ? dump->first_us : dump->written_us;

	if (result == NULL)
		return report_say(report, "the run has no rank %ld", (long)dump->rank);
	if (ranks != RANK_UNKNOWN && ranks != (int64_t)attempt->count)
		return report_say(report, "it is of a job of %ld ranks, and the run has %zu",
			(long)ranks, attempt->count);
	span_of(report, result->process, &began_us, &ended_us);
	if (last_us < began_us - DUMP_CLOCK_US || first_us < began_us - DUMP_CLOCK_US)
		return report_say(report, "its calls are older than rank %ld", (long)dump->rank);
	if (dump->last_us > ended_us + DUMP_CLOCK_US)
		return report_say(
			report, "it has calls from after the end of rank %ld", (long)dump->rank);
	return NULL;
}

/* Of two dumps of one rank the newer one counts. */
static void add(struct fitting_dump *dumps, size_t *count, struct rank_dump *dump)
{
	struct fitting_dump *last = *count == 0 ? NULL : &dumps[*count - 1];

	dump->is_used = true;
	if (last == NULL || last->dump->rank != dump->rank)
		dumps[(*count)++] = (struct fitting_dump){.dump = dump};
	else if (dump->last_us > last->dump->last_us)
		last->dump = dump;
}

static void set_waits(struct fitting_dump *dump)
{
	const struct rank_dump *of = dump->dump;

	for (size_t i = of->call_count; i-- > 0;)
		if (of->calls[i].waits)
			dump->waits = &of->calls[i];
}

int dumps_that_fit(struct report *report, const struct attempt *attempt,
	struct fitting_dump **ret_dumps, size_t *ret_count)
{
	struct dump_set *set = &report->dumps;
	struct fitting_dump *dumps = report_alloc(report, (set->count + 1) * sizeof *dumps);
	size_t count = 0;

	if (dumps == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < set->count; i++) {
		set->dumps[i].refused = why_not(report, attempt, &set->dumps[i]);
		if (set->dumps[i].refused == NULL)
			add(dumps, &count, &set->dumps[i]);
	}
	for (size_t i = 0; i < count; i++)
		set_waits(&dumps[i]);
	*ret_dumps = dumps;
	*ret_count = count;
	return 0;
}

const struct fitting_dump *dump_of_rank(
	const struct fitting_dump *dumps, size_t count, int64_t rank)
{
	size_t at = LOWER_BOUND(index, count, dumps[index].dump->rank < rank);

	return at < count && dumps[at].dump->rank == rank ? &dumps[at] : NULL;
}
