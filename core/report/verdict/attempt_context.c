/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/attempt_context.h"

#include "core/report/job/thresholds.h"

#include <stdlib.h>

/* The process that began the launch of ATTEMPT: where there are several launches, each has a
 * launcher of its own, and the job's first process waits for all of them. */
static const struct process *root_of(const struct report *report, const struct attempt *attempt)
{
	const struct process *at = NULL;

	for (size_t i = 0; report->launch_count > 1 && at == NULL && i < attempt->count; i++)
		if (attempt->results[i].process != NULL)
			at = attempt->results[i].process->parent;
	if (at == NULL)
		return report->root;
	for (int depth = 0; depth < PROCESS_DEPTH_MOST; depth++) {
		if (at == report->root || at->parent == NULL ||
			!rules_name_is(NAME_LAUNCHER, at->parent->program))
			break;
		at = at->parent;
	}
	return at;
}

struct attempt_context attempt_context_of(struct report *report, struct attempt *attempt)
{
	struct attempt_context context = {
		.report = report, .attempt = attempt, .root = root_of(report, attempt)};

	FOR_EACH_RESULT (result, attempt) {
		const struct rank_result **first = &context.first[result->failure_class];

		if (result->process == NULL)
			continue;
		context.seen++;
		context.count[result->failure_class]++;
		if (context_earlier(result, *first))
			*first = result;
	}
	return context;
}

bool context_one_signalled(const struct attempt_context *context)
{
	return context->count[FAILURE_SIGNALLED] == 1 && context->seen > 1;
}

const struct rank_result *context_first_ended(const struct attempt_context *context)
{
	const struct rank_result *first = context->first[FAILURE_TERMINATED];

	if (context_earlier(context->first[FAILURE_INTERRUPTED], first))
		first = context->first[FAILURE_INTERRUPTED];
	if (context_earlier(context->first[FAILURE_LAUNCHER_LOST], first))
		first = context->first[FAILURE_LAUNCHER_LOST];
	if (!context_one_signalled(context) &&
		context_earlier(context->first[FAILURE_SIGNALLED], first))
		first = context->first[FAILURE_SIGNALLED];
	return first;
}

const struct rank_result *context_first_peer(const struct attempt_context *context)
{
	const struct rank_result *lost = context->first[FAILURE_PEER_LOST],
				 *late = context->first[FAILURE_PEER_TIMEOUT];

	return context_earlier(lost, late) ? lost : late;
}

bool context_earlier(const struct rank_result *one, const struct rank_result *than)
{
	return one != NULL && (than == NULL || one->at_us < than->at_us);
}

bool context_before(const struct attempt_context *context, const struct rank_result *one,
	const struct rank_result *other, int64_t grace_us)
{
	if (one->ended->clock != other->ended->clock)
		grace_us += context->report->request.skew_us;
	return one->at_us < other->at_us - grace_us;
}

bool context_together(const struct attempt_context *context, const struct rank_result *one,
	const struct rank_result *other)
{
	return one->ended->clock != other->ended->clock &&
	       llabs(one->at_us - other->at_us) <= context->report->request.skew_us;
}

bool context_was_requested(const struct attempt_context *context, const struct rank_result *result)
{
	const struct process *ended = result->ended;

	return rules_requested_by_launcher(&context->report->job, ended) &&
	       ended->kill_request_us < result->at_us - rules_lateness_us(ended);
}

bool context_was_ending(const struct attempt_context *context, const struct rank_result *result)
{
	const struct rank_result *ended = context_first_ended(context);
	int64_t grace_us = result->failure_class == FAILURE_KILLED
				   ? KILL_GRACE_US
				   : rules_lateness_us(result->ended);

	if (result->failure_class == FAILURE_PEER_LOST)
		grace_us = 0; /* a rank that had been ended before may be the lost peer */
	return context_was_requested(context, result) ||
	       (ended != NULL && context_before(context, ended, result, grace_us));
}

bool context_was_killed_unreported(
	const struct attempt_context *context, const struct rank_result *result)
{
	return result->failure_class == FAILURE_NONE && result->process != NULL &&
	       rules_requested_by_launcher(&context->report->job, result->process);
}
