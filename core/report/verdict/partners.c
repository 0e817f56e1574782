/* SPDX-License-Identifier: Apache-2.0 */
/* Processes of a job without ranks that may talk to each other. */
#include "core/report/verdict/attribution.h"
#include "core/report/verdict/straggler.h"

#include <string.h>

#include <string.h>

static bool lost_partner(const struct report *report, const struct process *process)
{
	enum failure_class failure_class = rules_failure_class(&report->job, process);

	return failure_class == FAILURE_PEER_LOST || failure_class == FAILURE_PEER_TIMEOUT;
}

/* OTHER is a program of the job's that PROCESS may have talked to: no shell or launcher, nor one
 * that PROCESS runs below. */
static bool is_partner(const struct process *process, const struct process *other)
{
	return other != process && !process_descends(process, other) && process_is_named(other) &&
	       !rules_is_wrapper(other->program) && !rules_name_is(NAME_LAUNCHER, other->program) &&
	       !rules_name_is(NAME_QUESTION, other->program);
}

/* OTHER failed by itself, while PROCESS ran; and where PROCESS began it, not as a tool does whose
 * status PROCESS looks at. */
static bool failed_meanwhile(
	const struct report *report, const struct process *process, const struct process *other)
{
	enum failure_class failure_class = rules_failure_class(&report->job, other);

	return (failure_class == FAILURE_OWN || failure_class == FAILURE_KILLED) &&
	       (rules_is_hard(termination_event(other)) || failure_class == FAILURE_KILLED ||
		       !process_descends(other, process) ||
		       strcmp(process->program, other->program) == 0) &&
	       other->ended_us >= process->began_us &&
	       other->ended_us - rules_lateness_us(other) <= process->ended_us;
}

static const struct process *first_failed(const struct report *report, const struct process *loser)
{
	const struct process *first = NULL;

	FOR_EACH_PROCESS (process, &report->job)
		if (process->termination != NULL && is_partner(loser, process) &&
			failed_meanwhile(report, loser, process) &&
			(first == NULL || process->ended_us < first->ended_us))
			first = process;
	return first;
}

const struct process *partner_that_failed(const struct report *report, const struct process *loser)
{
	return loser->termination != NULL && lost_partner(report, loser)
		       ? first_failed(report, loser)
		       : NULL;
}

/* PROCESS was ended after LOSER had failed, and ran the same program. */
static bool was_ended_behind(
	const struct report *report, const struct process *loser, const struct process *process)
{
	enum failure_class failure_class;

	if (process->termination == NULL || process->ended_us < loser->ended_us ||
		!is_partner(loser, process) || strcmp(process->program, loser->program) != 0)
		return false;
	failure_class = rules_failure_class(&report->job, process);
	return failure_class == FAILURE_TERMINATED || failure_class == FAILURE_SIGNALLED;
}

/* The process that alone stood elsewhere when it was ended; NULL: there is none. */
static const struct process *one_elsewhere(const struct report *report, const struct process *loser)
{
	const struct process *elsewhere = NULL;

	FOR_EACH_PROCESS (process, &report->job) {
		enum standing standing;

		if (!was_ended_behind(report, loser, process))
			continue;
		standing = standing_by(termination_event(process));
		if (standing == STANDING_UNKNOWN ||
			(standing == STANDING_ELSEWHERE && elsewhere != NULL))
			return NULL;
		if (standing == STANDING_ELSEWHERE)
			elsewhere = process;
	}
	return elsewhere;
}

const struct process *partner_that_did_not_come(
	const struct report *report, const struct process *loser)
{
	return loser->termination != NULL &&
			       rules_failure_class(&report->job, loser) == FAILURE_PEER_TIMEOUT
		       ? one_elsewhere(report, loser)
		       : NULL;
}

bool partner_may_explain(const struct report *report, const struct process *process)
{
	return process->termination != NULL && process->termination->source == SOURCE_AGENT &&
	       termination_event(process)->cause == CAUSE_EXIT &&
	       (first_failed(report, process) != NULL || one_elsewhere(report, process) != NULL);
}

bool partner_may_have_failed(const struct report *report, const struct process *loser)
{
	if (loser->termination == NULL || !lost_partner(report, loser))
		return false;
	FOR_EACH_PROCESS (process, &report->job)
		if (is_partner(loser, process) && process->first_us < loser->ended_us &&
			(process->termination == NULL || process->ended_us >= loser->began_us))
			return true;
	return false;
}
