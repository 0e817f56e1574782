/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/ended_job.h"

#include "core/events/wrapper.h"
#include "core/report/job/kills.h"

#include <stddef.h>

/* When ENDED was requested to end. */
static int64_t requested_us(const struct process *ended)
{
	return kill_explains(ended) ? ended->kill_request_us : ended->ended_us;
}

/* The process that requested ENDED to end; NULL: it is none of the job's. */
static const struct process *requester_of(const struct report *report, const struct process *ended)
{
	pid_t pid = kill_explains(ended) ? ended->kill_request->kill->reporter.pid
					 : termination_event(ended)->signal.sender_pid;

	return pid <= 0 ? NULL : job_find(&report->job, ended->hostname, pid, requested_us(ended));
}

/* The nearest process that PROCESS and OTHER both descend from, or that one of them is. */
static const struct process *common_ancestor(
	const struct process *process, const struct process *other)
{
	for (int depth = 0; process != NULL && depth < PROCESS_DEPTH_MOST;
		depth++, process = process->parent)
		if (process == other || process_descends(other, process))
			return process;
	return NULL;
}

/* PROCESS failed by itself before AT_US, and by more than an answer. */
static bool failed_by_itself(
	const struct report *report, const struct process *process, int64_t at_us)
{
	enum failure_class failure_class = rules_failure_class(&report->job, process);

	return process_failed(process) && process->ended_us < at_us &&
	       (failure_class == FAILURE_OWN || failure_class == FAILURE_KILLED) &&
	       (rules_is_hard(termination_event(process)) ||
		       !rules_name_is(NAME_QUESTION, process->program));
}

const struct process *ended_for(const struct report *report, const struct process *ended)
{
	const struct process *requester = requester_of(report, ended), *above, *last = NULL;

	if (requester == NULL || rules_name_is(NAME_TIMER, requester->program))
		return NULL;
	above = common_ancestor(requester, ended);
	if (above == NULL || above == ended)
		return NULL;
	FOR_EACH_PROCESS (process, &report->job)
		if (process_descends(process, above) &&
			failed_by_itself(report, process, requested_us(ended)) &&
			(last == NULL || process->ended_us > last->ended_us))
			last = process;
	return last;
}

/* The parent of PROCESS was there at AT_US, and had not gone on as a script does, which runs one
 * program after the other, whatever their statuses. */
static bool is_awaited(const struct process *process, int64_t at_us)
{
	const struct process *parent = process->parent;

	if (parent == NULL || (parent->termination != NULL && parent->ended_us < at_us) ||
		(program_is_shell(parent->program) && !rules_is_hard(termination_event(process))))
		return false;
	for (const struct process *child = parent->child;
		child != NULL && program_is_shell(parent->program); child = child->sibling)
		if (child->first_us > process->ended_us)
			return false;
	return true;
}

const struct process *ended_after(const struct report *report, const struct process *ended)
{
	const struct process *first = NULL;
	int64_t at_us = requested_us(ended);

	FOR_EACH_PROCESS (process, &report->job)
		if (failed_by_itself(report, process, at_us) && is_awaited(process, at_us) &&
			(first == NULL || process->ended_us < first->ended_us))
			first = process;
	return first;
}
