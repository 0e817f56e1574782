/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/attribution.h"

/* Other processes have terminated: one without a termination is not simply at work. */
static bool others_ended(const struct attempt_context *context)
{
	return context->report->root->termination != NULL ||
	       context->count[FAILURE_NONE] < context->seen;
}

/* RESULT ended by an exit after its launcher, after the first failure, had requested it to end:
 * that exit is likely what its handler made of the request. */
static bool exited_on_request(
	const struct attempt_context *context, const struct rank_result *result)
{
	const struct process *ended = result->ended;
	const struct attempt *attempt = context->attempt;

	return finding_has_time(attempt) && result->failure_class == FAILURE_OWN &&
	       termination_event(ended)->cause == CAUSE_EXIT &&
	       !event_was_exiting(termination_event(ended)) &&
	       rules_requested_by_launcher(&context->report->job, ended) &&
	       ended->kill_request_us > attempt->candidates[0].at_us &&
	       ended->kill_request_us < result->at_us;
}

static enum role role_of(const struct attempt_context *context, const struct rank_result *result)
{
	const struct attempt *attempt = context->attempt;
	bool failure = attempt->has_root || context_first_ended(context) != NULL;

	switch (result->failure_class) {
	case FAILURE_NONE:
		if (context_was_killed_unreported(context, result))
			return ROLE_TERMINATED;
		return others_ended(context) ? ROLE_SILENT : ROLE_SURVIVOR;
	case FAILURE_OK:
		return attempt->has_root && result->at_us > attempt->candidates[0].at_us
			       ? ROLE_SURVIVOR
			       : ROLE_OK;
	case FAILURE_OWN:
	case FAILURE_PEER_LOST:
	case FAILURE_PEER_TIMEOUT:
		if (failure && (context_was_requested(context, result) ||
				       exited_on_request(context, result)))
			return ROLE_TERMINATED;
		return attempt->has_root ? ROLE_PEER_LOSS : ROLE_TERMINATED;
	case FAILURE_KILLED: return failure ? ROLE_TERMINATED : ROLE_KILLED;
	default: return ROLE_TERMINATED;
	}
}

static const char *say_whom(struct report *report, const struct attempt *attempt)
{
	if (!attempt->has_root || attempt->candidate_count > 1)
		return "the first failure";
	return report_say(report, "%s failed",
		report_subject(
			report, attempt->candidates[0].rank, attempt->candidates[0].process));
}

static const char *say_request(struct report *report, const struct process *process)
{
	const struct kill_record *kill = process->kill_request->kill;

	return report_say(report, "%s from %s (pid %d)", report_signal(report, kill->number),
		kill->reporter.comm, kill->reporter.pid);
}

/* Extends the reason of RESULT by its role. Of a SIGKILL without a sender the time is known. */
static void explain(
	struct report *report, const struct attempt *attempt, struct rank_result *result)
{
	if (result->role != ROLE_TERMINATED) {
		if (result->failure_class == FAILURE_NONE && result->process != NULL)
			result->reason =
				result->role == ROLE_SILENT ? "no word of an end" : "still running";
		return;
	}
	if (result->failure_class == FAILURE_NONE)
		result->reason = report_say(report, "no word of an end, after %s",
			say_request(report, result->process));
	else if (result->failure_class == FAILURE_KILLED)
		result->reason =
			report_say(report, "%s, likely by the launcher after %s", result->reason,
				attempt->has_root ? say_whom(report, attempt)
						  : "the others were told to end");
	else if (result->failure_class == FAILURE_OWN && result->ended->kill_request != NULL)
		result->reason = report_say(
			report, "%s, after %s", result->reason, say_request(report, result->ended));
}

void roles_set(const struct attempt_context *context)
{
	struct attempt *attempt = context->attempt;

	FOR_EACH_RESULT (result, attempt) {
		result->role =
			attempt->common.count > 0 || attempt_has_candidate(attempt, result->rank)
				? ROLE_CULPRIT
			: is_concurrent_failure(context, result) ? ROLE_CONCURRENT
								 : role_of(context, result);
		explain(context->report, attempt, result);
	}
}
