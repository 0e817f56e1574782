/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/unheard.h"

#include "core/report/job/chain.h"
#include "core/report/job/kills.h"
#include "core/report/job/ranks.h"
#include "core/report/verdict/attribution.h"
#include "core/report/verdict/evidence.h"
#include "core/report/verdict/launcher_end.h"

#include <unistd.h>

/* What keeps the preload out of a program. */
#define WHY                                                                      \
	"their environment may have been dropped (srun --export=NONE, env -i), " \
	"LD_PRELOAD replaced in it, or the programs are static or for another architecture"

/* PROCESS, of which only the waiter reported, failed, and LAUNCHER or its daemon had not requested
 * that. */
static bool failed_unheard(
	const struct report *report, const struct process *launcher, const struct process *process)
{
	enum failure_class failure_class;

	if (process->init != NULL || process->own_termination != NULL || !process_failed(process) ||
		!process_descends(process, launcher) || launcher_starts_ranks(process))
		return false;
	failure_class = rules_failure_class(&report->job, process);
	return failure_class == FAILURE_OWN || failure_class == FAILURE_KILLED ||
	       failure_class == FAILURE_SIGNALLED;
}

const struct process *unheard_failure(const struct report *report, const struct process *launcher,
	int64_t before_us, size_t *ret_count)
{
	const struct process *first = NULL;

	*ret_count = 0;
	FOR_EACH_PROCESS (process, &report->job) {
		if (!failed_unheard(report, launcher, process) || process->ended_us >= before_us)
			continue;
		++*ret_count;
		if (first == NULL || process->ended_us < first->ended_us)
			first = process;
	}
	return first;
}

/* LAUNCHER ended by a signal, or with a status that stands for one: it hands on that of a rank. */
static bool stands_for_a_rank(const struct process *launcher)
{
	const struct event *event = termination_event(launcher);

	return event->how != HOW_NONE && signal_of_status(event->exit_code) != 0;
}

static void blame(struct attempt_context *context, const struct process *process,
	const struct process *launcher, enum confidence confidence)
{
	struct report *report = context->report;

	candidate_add_process(context, &(struct chain){.cause = process});
	context->attempt->candidates[0].confidence = confidence;
	context->attempt->explanation =
		report_say(report, "no rank of %s (pid %d) was heard of%s%s", launcher->program,
			launcher->pid, rules_meaning(process) == NULL ? ": " WHY : "",
			process == launcher ? "; or it started none" : "");
}

bool blame_unheard(struct attempt_context *context)
{
	struct report *report = context->report;
	const struct process *launcher = unheard_launcher(report), *failed, *first, *requested;
	size_t count;

	if (launcher == NULL || !process_failed(launcher) ||
		launcher_that_died(context, launcher, INT64_MAX) != NULL ||
		termination_event(launcher)->exec.path != NULL) /* it says what it lacked */
		return false;
	failed = chain_of(&report->job, report->root).cause;
	first = unheard_failure(report, launcher, INT64_MAX, &count);
	requested = launcher_that_was_requested(context);
	if (failed != launcher && failed != first && process_descends(failed, launcher))
		return false;
	if (first == NULL && requested == NULL && rules_is_hard(termination_event(launcher)))
		return false;
	if (requested != NULL)
		context->attempt->explanation = report_say(report, "%s; no rank was heard of: " WHY,
			explain_requested(report, requested));
	else if (first != NULL)
		blame(context, first, launcher, count == 1 ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE);
	else if (stands_for_a_rank(launcher))
		context->attempt->explanation = report_say(report,
			"it is not known who failed first: %s (pid %d) ended with %s, and no rank "
			"of it was heard of: " WHY,
			launcher->program, launcher->pid, report_reason(report, launcher));
	else
		blame(context, launcher, launcher, CONFIDENCE_UNSURE);
	return true;
}

int note_unheard(const struct attempt_context *context)
{
	struct rank_list list = {.text = ""};
	struct report *report = context->report;
	const char *sentence;
	size_t count = 0;

	if (context->seen == 0 ||
		(context->root->termination == NULL && context->attempt->outcome != OUTCOME_FAILED))
		return 0; /* they may come yet */
	FOR_EACH_RESULT (result, context->attempt)
		if (result->process == NULL) {
			ranks_add(&list, result->rank);
			count++;
		}
	if (count == 0)
		return 0;
	ranks_finish(&list);
	sentence = report_say(report,
		"%s %s %s never heard of: %s may have recorded into a directory of its own (its "
		"/tmp/vigil-%u/%s, where the run's is not there), which vigil report reads beside "
		"this one; " WHY "; or %s never started",
		count == 1 ? "rank" : "ranks", list.text, count == 1 ? "was" : "were",
		count == 1 ? "its host" : "each host", geteuid(), report->job.run_id,
		count == 1 ? "it was" : "they were");
	if (context->attempt->outcome == OUTCOME_SUCCEEDED || context->attempt->explanation != NULL)
		return reading_warn(&report->reading, "%s", sentence);
	context->attempt->explanation = sentence;
	return 0;
}
