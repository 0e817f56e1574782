/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/roles.h"

#include "core/report/verdict/concurrent_failures.h"

static bool is_candidate(const struct attempt *attempt, const struct rank_result *result)
{
	for (size_t i = 0; i < attempt->candidate_count; i++)
		if (attempt->candidates[i].rank == result->rank)
			return true;
	return false;
}

/* Others have ended, so that a process without an end is not simply still at work. */
static bool others_ended(const struct attempt_context *context)
{
	return context->report->root->termination != NULL ||
	       context->count[FAILURE_NONE] < context_ranks_seen(context);
}

/* It ended itself after it had been asked to, and after the first failure: what its handler made of
 * that, as far as anybody can report. */
static bool gave_in(const struct attempt_context *context, const struct rank_result *result)
{
	const struct process *process = result->ended;
	const struct attempt *attempt = context->attempt;

	return finding_has_time(attempt) && result->failure_class == FAILURE_OWN &&
	       termination_event(process)->cause == CAUSE_EXIT &&
	       !event_was_exiting(termination_event(process)) && process->kill_request != NULL &&
	       rules_requested_by_launcher(&context->report->job, process) &&
	       process->kill_request_us > attempt->candidates[0].at_us &&
	       process->kill_request_us < result->at_us;
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
		if (failure && (context_was_requested(context, result) || gave_in(context, result)))
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

static const char *say_asked(struct report *report, const struct kill_record *kill)
{
	char name[16];

	return report_say(report, "%s from %s (pid %d)", event_signal_name(kill->number, name),
		kill->reporter.comm, kill->reporter.pid);
}

/* A SIGKILL names nobody: what is known of it is when it came. */
static void explain(
	struct report *report, const struct attempt *attempt, struct rank_result *result)
{
	if (result->failure_class == FAILURE_NONE && result->role == ROLE_TERMINATED) {
		result->reason = report_say(report, "no word of an end, after %s",
			say_asked(report, result->process->kill_request->kill));
		return;
	}
	if (result->failure_class == FAILURE_KILLED && result->role == ROLE_TERMINATED)
		result->reason =
			report_say(report, "%s, likely by the launcher after %s", result->reason,
				attempt->has_root ? say_whom(report, attempt)
						  : "the others were told to end");
	else if (result->failure_class == FAILURE_OWN && result->role == ROLE_TERMINATED &&
		 result->ended->kill_request != NULL)
		result->reason = report_say(report, "%s, after %s", result->reason,
			say_asked(report, result->ended->kill_request->kill));
	else if (result->failure_class == FAILURE_NONE && result->process != NULL)
		result->reason =
			result->role == ROLE_SILENT ? "no word of an end" : "still running";
}

void roles_set(const struct attempt_context *context)
{
	struct attempt *attempt = context->attempt;

	for (size_t i = 0; i < attempt->count; i++) {
		struct rank_result *result = &attempt->results[i];

		result->role = is_candidate(attempt, result) ? ROLE_CULPRIT
			       : concurrent_failures_has(context, result)
				       ? ROLE_CONCURRENT
				       : role_of(context, result);
		explain(context->report, attempt, result);
	}
}
