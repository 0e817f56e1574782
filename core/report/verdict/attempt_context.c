/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/attempt_context.h"

#include "core/report/job/thresholds.h"

/* Of several launches, each has a launcher of its own; the job's first process waits for all. */
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
			!rules_is_launcher(at->parent->program))
			break;
		at = at->parent;
	}
	return at;
}

struct attempt_context attempt_context_of(struct report *report, struct attempt *attempt)
{
	struct attempt_context context = {
		.report = report, .attempt = attempt, .root = root_of(report, attempt)};

	for (size_t i = 0; i < attempt->count; i++) {
		const struct rank_result *result = &attempt->results[i];
		const struct rank_result **first = &context.first[result->failure_class];

		if (result->process == NULL)
			continue;
		context.count[result->failure_class]++;
		if (*first == NULL || result->at_us < (*first)->at_us)
			*first = result;
	}
	return context;
}

size_t context_ranks_seen(const struct attempt_context *context)
{
	size_t seen = 0;

	for (int failure_class = 0; failure_class < FAILURE_COUNT_; failure_class++)
		seen += context->count[failure_class];
	return seen;
}

const struct rank_result *context_first_ended(const struct attempt_context *context)
{
	static const enum failure_class ended[] = {
		FAILURE_TERMINATED, FAILURE_INTERRUPTED, FAILURE_SIGNALLED};
	const struct rank_result *first = NULL;

	for (size_t i = 0; i < sizeof ended / sizeof *ended; i++) {
		const struct rank_result *result = context->first[ended[i]];

		if (ended[i] == FAILURE_SIGNALLED && context->count[FAILURE_SIGNALLED] == 1 &&
			context_ranks_seen(context) > 1)
			continue;
		if (result != NULL && (first == NULL || result->at_us < first->at_us))
			first = result;
	}
	return first;
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
	return !process_ordered(one->ended, one->at_us, other->ended, other->at_us,
		context->report->request.skew_us);
}

bool context_died_unprompted(const struct rank_result *killed, const struct rank_result *other)
{
	const struct event_record *one = killed->ended->agent_termination,
				  *two = other->ended->agent_termination;

	return one != NULL && two != NULL && killed->ended->clock == other->ended->clock &&
	       one->mono_us > 0 && one->mono_us < two->mono_us;
}

bool context_earlier(const struct rank_result *one, const struct rank_result *than)
{
	return one != NULL && (than == NULL || one->at_us < than->at_us);
}

bool context_was_requested(const struct attempt_context *context, const struct rank_result *result)
{
	const struct process *process = result->ended;

	return process->kill_request != NULL &&
	       rules_requested_by_launcher(&context->report->job, process) &&
	       process->kill_request_us < result->at_us - rules_lateness_us(process);
}

bool context_was_ending(const struct attempt_context *context, const struct rank_result *result)
{
	const struct rank_result *ended = context_first_ended(context);
	int64_t grace = result->failure_class == FAILURE_KILLED ? KILL_GRACE_US
								: rules_lateness_us(result->ended);

	if (result->failure_class == FAILURE_PEER_LOST)
		grace = 0; /* late or not: who was ended before it was its peer */
	return context_was_requested(context, result) ||
	       (ended != NULL && context_before(context, ended, result, grace));
}

bool context_was_killed_unreported(
	const struct attempt_context *context, const struct rank_result *result)
{
	return result->failure_class == FAILURE_NONE && result->process != NULL &&
	       result->process->kill_request != NULL &&
	       rules_requested_by_launcher(&context->report->job, result->process);
}

const struct rank_result *context_first_peer(const struct attempt_context *context)
{
	const struct rank_result *lost = context->first[FAILURE_PEER_LOST],
				 *late = context->first[FAILURE_PEER_TIMEOUT];

	return context_earlier(lost, late) ? lost : late;
}
