/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/roles.h"

#include "core/report/own_faults.h"

static bool is_candidate(const struct attempt *attempt, const struct member *member)
{
	for (size_t i = 0; i < attempt->candidate_count; i++)
		if (attempt->candidates[i].rank == member->rank)
			return true;
	return false;
}

/* Others have ended, so that a process without an end is not simply still at work. */
static bool others_ended(const struct scene *scene)
{
	return scene->report->root->end != NULL || scene->count[MANNER_NONE] < scene_seen(scene);
}

/* It ended itself after it had been asked to, and after the first failure: what its handler made of
 * that, as far as anybody can report. */
static bool gave_in(const struct scene *scene, const struct member *member)
{
	const struct process *process = member->failed;
	const struct attempt *attempt = scene->attempt;

	return finding_has_time(attempt) && member->manner == MANNER_OWN &&
	       process->end->end->event.cause == CAUSE_EXIT &&
	       !rules_was_leaving(&process->end->end->event) && process->asked != NULL &&
	       rules_asked_by_launcher(&scene->report->job, process) &&
	       process->asked_us > attempt->candidates[0].at_us &&
	       process->asked_us < member->at_us;
}

static enum role role_of(const struct scene *scene, const struct member *member)
{
	const struct attempt *attempt = scene->attempt;
	bool failure = attempt->has_root || scene_first_ended(scene) != NULL;

	switch (member->manner) {
	case MANNER_NONE:
		if (scene_was_killed_unheard(scene, member))
			return ROLE_TERMINATED;
		return others_ended(scene) ? ROLE_SILENT : ROLE_SURVIVOR;
	case MANNER_OK:
		return attempt->has_root && member->at_us > attempt->candidates[0].at_us
			       ? ROLE_SURVIVOR
			       : ROLE_OK;
	case MANNER_OWN:
	case MANNER_PEER_LOST:
	case MANNER_PEER_TIMEOUT:
		if (failure && (scene_was_asked(scene, member) || gave_in(scene, member)))
			return ROLE_TERMINATED;
		return attempt->has_root ? ROLE_PEER_LOSS : ROLE_TERMINATED;
	case MANNER_KILLED:
		return failure ? ROLE_TERMINATED : ROLE_KILLED;
	default:
		return ROLE_TERMINATED;
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
static void explain(struct report *report, const struct attempt *attempt, struct member *member)
{
	if (member->manner == MANNER_NONE && member->role == ROLE_TERMINATED) {
		member->reason = report_say(report, "no word of an end, after %s",
			say_asked(report, member->leader->asked->kill));
		return;
	}
	if (member->manner == MANNER_KILLED && member->role == ROLE_TERMINATED)
		member->reason =
			report_say(report, "%s, likely by the launcher after %s", member->reason,
				attempt->has_root ? say_whom(report, attempt)
						  : "the others were told to end");
	else if (member->manner == MANNER_OWN && member->role == ROLE_TERMINATED &&
		 member->failed->asked != NULL)
		member->reason = report_say(report, "%s, after %s", member->reason,
			say_asked(report, member->failed->asked->kill));
	else if (member->manner == MANNER_NONE && member->leader != NULL)
		member->reason =
			member->role == ROLE_SILENT ? "no word of an end" : "still running";
}

void roles_set(const struct scene *scene)
{
	struct attempt *attempt = scene->attempt;

	for (size_t i = 0; i < attempt->count; i++) {
		struct member *member = &attempt->members[i];

		member->role =
			is_candidate(attempt, member)	    ? ROLE_CULPRIT
			: own_faults_has(scene, member) ? ROLE_OWN_FAULT
							: role_of(scene, member);
		explain(scene->report, attempt, member);
	}
}
