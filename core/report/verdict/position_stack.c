/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/position_stack.h"

#include "core/report/job/thresholds.h"

#include <string.h>

/* What `vigil run` saw of RESULT's process is better than END, what that reported when it was
 * ended: it had stood there before the request, for longer than has passed since the look, and END
 * is no exception, which says where it was raised. */
static bool is_better(const struct rank_result *result, const struct termination *end)
{
	const struct process *process = result->ended;
	const struct event_record *seen = process->seen;
	int64_t for_us = seen->stand->event.stand.for_us;

	return strcmp(seen->what, EVENT_WHAT_SEEN) == 0 && seen->stand->event.frame_count > 0 &&
	       for_us > 0 && for_us >= result->at_us - process->seen_us &&
	       end->event.cause == CAUSE_TERMINATED;
}

/* Where RESULT was stopped when its job was requested to end, which made it run on for that. */
static bool was_stopped(const struct rank_result *result)
{
	const struct process *seen = position_seen(result);
	const struct termination *end = process_termination(result->ended);

	return seen != NULL && end != NULL && end->event.cause == CAUSE_TERMINATED &&
	       strcmp(seen->seen->what, EVENT_WHAT_SEEN) == 0 &&
	       seen->seen->stand->event.stand.doing == DOING_STOPPED &&
	       seen->seen->stand->event.frame_count > 0;
}

static bool has_own_stack(const struct rank_result *result)
{
	const struct termination *end = process_termination(result->ended);

	return end != NULL && (end->event.frame_count > 0 || end->event.cause == CAUSE_EXCEPTION);
}

const struct process *position_seen(const struct rank_result *result)
{
	const struct process *seen = process_that_was_seen(result->process);

	return seen == NULL || (result->ended != NULL && result->at_us - seen->seen_us > SEEN_US)
		       ? NULL
		       : seen;
}

/* The stack of RESULT's termination; where it has none, that of where it was seen last. */
static const struct termination *end_stack(
	const struct rank_result *result, const struct process **process)
{
	const struct process *seen =
		has_own_stack(result) && !was_stopped(result) ? NULL : position_seen(result);

	if (seen == NULL)
		return process_termination(result->ended);
	*process = seen;
	return seen->seen->stand;
}

/* Where RESULT was before the job was requested to end. */
static const struct termination *seen_stack(
	const struct rank_result *result, const struct process **process)
{
	*process = position_seen(result);
	return *process == NULL ? NULL : (*process)->seen->stand;
}

/* What `vigil run` saw of all ranks of ATTEMPT is better than what they reported themselves: of one
 * moment all come from before the request, or none does. */
static bool all_better_seen(const struct attempt *attempt)
{
	FOR_EACH_RESULT (result, attempt) {
		const struct process *seen = position_seen(result);

		if (seen == NULL || (has_own_stack(result) &&
					    (seen != result->ended ||
						    !is_better(result, process_termination(seen)))))
			return false;
	}
	return true;
}

position_stack *position_stack_of(const struct attempt *attempt)
{
	return all_better_seen(attempt) ? seen_stack : end_stack;
}
