/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/crashes.h"

#include "core/base/order.h"
#include "core/base/signal_table.h"
#include "core/report/job/chain.h"
#include "core/report/job/rules.h"
#include "core/report/verdict/attribution.h"
#include "core/report/verdict/verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* PROCESS, with its program on the command line, only found out that something is not there:
 * "python3 -c 'import numpy'", as scripts do. */
static bool is_probe(const struct process *process)
{
	const char *type = termination_event(process)->exception.type;

	return type != NULL && rules_name_is(NAME_ABSENCE, type) &&
	       strstr(process->command, " -c ") != NULL;
}

static bool has_crashed(const struct process *process)
{
	const struct event *event = termination_event(process);

	switch (event->cause) {
	case CAUSE_OOM:
	case CAUSE_KILLED: return true;
	case CAUSE_EXCEPTION: return !is_probe(process);
	default:
		return event->signal.number != SIGQUIT &&
		       signal_is_in(SIGNALS_CORE, event->signal.number);
	}
}

bool is_crash(const struct job *job, const struct process *process)
{
	enum failure_class failure_class;

	if (!process_failed(process) || rules_is_wrapper(process->program) || !has_crashed(process))
		return false;
	failure_class = rules_failure_class(job, process);
	return (failure_class == FAILURE_OWN || failure_class == FAILURE_KILLED) &&
	       chain_of(job, process).count == 0;
}

static bool is_candidate(const struct report *report, const struct process *process)
{
	for (size_t i = 0; i < report->attempt_count; i++)
		FOR_EACH_CANDIDATE (candidate, &report->attempts[i])
			if (candidate->process == process)
				return true;
	return false;
}

/* When the first failure was of a job that failed; what comes later may follow from that. */
static int64_t failed_at(const struct report *report)
{
	const struct attempt *last = &report->attempts[report->attempt_count - 1];

	return report->outcome != OUTCOME_SUCCEEDED && last->has_root ? last->candidates[0].at_us
								      : INT64_MAX;
}

static bool is_wanted(const struct report *report, const struct process *process, int64_t before_us)
{
	return process != report->root && !process->is_rank && process_failed(process) &&
	       process->ended_us < before_us && is_crash(&report->job, process) &&
	       !is_candidate(report, process);
}

static int compare_times(const void *a, const void *b)
{
	const struct process *one = *(const struct process *const *)a,
			     *other = *(const struct process *const *)b;

	return COMPARE(one->ended_us, other->ended_us) ?: COMPARE(one->pid, other->pid);
}

static struct finding crash_of(struct report *report, const struct process *process)
{
	return (struct finding){
		.process = process,
		.rank = process->rank,
		.at_us = process->ended_us,
		.reason = report_reason(report, process),
		.confidence = CONFIDENCE_UNSURE,
		.error_trace = finding_trace(report, process),
	};
}

int crashes_set(struct report *report)
{
	const struct process **crashed = reallocarray(NULL, report->job.count, sizeof *crashed);
	int64_t before_us = failed_at(report);
	size_t count = 0;

	report->crashes = report_alloc(report, CRASHES_MOST * sizeof *report->crashes);
	if (crashed == NULL || report->crashes == NULL) {
		free(crashed);
		return -ENOMEM;
	}
	FOR_EACH_PROCESS (process, &report->job)
		if (is_wanted(report, process, before_us))
			crashed[count++] = process;
	qsort(crashed, count, sizeof *crashed, compare_times);
	for (size_t i = 0; i < count && i < CRASHES_MOST; i++)
		report->crashes[i] = crash_of(report, crashed[i]);
	report->crash_count = count;
	free(crashed);
	return 0;
}
