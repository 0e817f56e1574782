/* SPDX-License-Identifier: Apache-2.0 */
/* Processes of a job without ranks that may talk to each other. */
#include "core/report/verdict/attribution.h"

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

const struct process *partner_that_failed(const struct report *report, const struct process *loser)
{
	const struct process *first = NULL;

	if (loser->termination == NULL || !lost_partner(report, loser))
		return NULL;
	FOR_EACH_PROCESS (process, &report->job)
		if (process->termination != NULL && is_partner(loser, process) &&
			failed_meanwhile(report, loser, process) &&
			(first == NULL || process->ended_us < first->ended_us))
			first = process;
	return first;
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
