/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs without failed ranks: which process failed first. */
#include "core/report/verdict/attribution.h"

#include "core/events/wrapper.h"
#include "core/report/job/chain.h"
#include "core/report/verdict/crashes.h"
#include "core/report/verdict/ended_job.h"
#include "core/report/verdict/evidence.h"

#include <signal.h>

/* A process whose parent is unknown failed: the chain of failures may lead there. */
static bool stray_failed(const struct report *report)
{
	FOR_EACH_PROCESS (process, &report->job)
		if (process->parent == NULL && process != report->root && process_failed(process))
			return true;
	return false;
}

/* The process at the end of CHAIN may have failed because of one that is not in CHAIN: its error
 * speaks of another, or another crashed before. OF_STRAY: one whose parent is unknown.
 */
static bool may_follow(const struct report *report, const struct chain *chain, bool of_stray)
{
	if (!of_stray && chain->count == 0 && mention_any(chain->cause->termination->end))
		return true;
	FOR_EACH_PROCESS (process, &report->job)
		if (process != chain->cause && is_crash(&report->job, process) &&
			process->ended_us < chain->cause->ended_us &&
			(!of_stray || process->parent == NULL))
			return true;
	return false;
}

/* A shell ran PROCESS, and did not hand on its status: it may have gone on without it. */
static bool was_tolerated(const struct process *process)
{
	const struct process *parent = process->parent;

	return parent != NULL && parent->termination != NULL && program_is_shell(parent->program) &&
	       !rules_hands_on(parent, process);
}

/* How sure it is that the process at the end of CHAIN failed first, in a job without failed ranks.
 * A process that hands on the status of another proves nothing of its own; and a process without a
 * known termination may be the one whose status it handed on. */
static enum confidence confidence_in_process(const struct report *report, const struct chain *chain)
{
	const struct process *process = chain->cause;
	bool hard = rules_is_hard(termination_event(process));
	bool hands_on =
		rules_is_wrapper(process->program) || rules_name_is(NAME_DRIVER, process->program);
	bool unreported = report->unfinished > 0 || report->job.lost > 0 ||
			  report->reading.torn > 0 || stray_failed(report);

	if (chain->common || chain_is_beside_crash(process))
		return CONFIDENCE_UNSURE;
	if (chain->count == 0 &&
		may_follow(report, chain, process->termination->source == SOURCE_WORKER))
		return CONFIDENCE_UNSURE;
	if (unreported && report->root->termination != NULL)
		return hard ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE;
	if (!chain->sure || process->termination->source != SOURCE_WORKER ||
		may_follow(report, chain, false) ||
		event_is_broken_pipe(&termination_event(process)->signal) ||
		rules_was_handling(termination_event(process)) || was_tolerated(process))
		return CONFIDENCE_LIKELY;
	return hard || (process == report->root && !hands_on) ? CONFIDENCE_PROVEN
							      : CONFIDENCE_LIKELY;
}

/* The process of CHAIN that may have failed for another reason: its status is a common one. */
static const struct process *common_parent(const struct chain *chain)
{
	size_t i = 0;

	while (i + 1 < chain->count && chain->steps[i].link != LINK_COMMON)
		i++;
	return chain->steps[i].process;
}

/* As confidence_in_process(); that of one process among others that may talk to each other. */
static enum confidence confidence_among(const struct report *report, const struct chain *chain)
{
	enum confidence confidence = confidence_in_process(report, chain);

	if (partner_may_explain(report, chain->cause))
		return CONFIDENCE_UNSURE;
	return confidence == CONFIDENCE_PROVEN && partner_may_have_failed(report, chain->cause)
		       ? CONFIDENCE_LIKELY
		       : confidence;
}

/* Blames the partner that LOSER lost or waited for. Returns whether there is one. */
static bool blame_partner(struct attempt_context *context, const struct process *loser)
{
	struct report *report = context->report;
	struct attempt *attempt = context->attempt;
	const struct process *failed = partner_that_failed(report, loser),
			     *late = failed == NULL ? partner_that_did_not_come(report, loser)
						    : NULL;
	const struct process *partner = failed != NULL ? failed : late;
	struct chain chain;

	if (partner == NULL)
		return false;
	chain = chain_of(&report->job, partner);
	candidate_add_process(context, &chain);
	attempt->candidates[0].confidence = confidence_among(report, &chain);
	if (attempt->candidates[0].confidence == CONFIDENCE_PROVEN)
		attempt->candidates[0].confidence = CONFIDENCE_LIKELY;
	attempt->explanation = report_say(report,
		late != NULL
			? "%s did not come, and was ended for that: %s only said that it waited in "
			  "vain: %s"
			: "%s had failed by itself: %s failed, too, and only said that another was "
			  "gone: %s",
		report_subject(report, RANK_UNKNOWN, partner),
		report_subject(report, RANK_UNKNOWN, loser), report_reason(report, loser));
	return true;
}

const char *explain_ended(struct report *report, const char *reason)
{
	return report_say(report, "nobody failed first: it was ended from outside (%s)", reason);
}

/* ENDED, at the end of the chain of failures, was requested to end: blames the process that had
 * failed before. It is likely the cause where another process of the job sent the request; else
 * nobody saw whether the job waited for it, or went on. Where none had failed, explains that. */
static void blame_before_end(struct attempt_context *context, const struct process *ended)
{
	struct report *report = context->report;
	struct attempt *attempt = context->attempt;
	const struct process *cause = ended_for(report, ended);
	bool likely = cause != NULL;

	if (!likely)
		cause = ended_after(report, ended);
	if (cause == NULL) {
		attempt->ended = ended;
		attempt->explanation = explain_ended(report, report_reason(report, ended));
		return;
	}
	candidate_add_process(context, &(struct chain){.cause = cause});
	attempt->candidates[0].confidence = likely ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE;
	evidence_say(report, &attempt->candidates[0],
		"%s was ended only after it, %.1f ms later (%s)%s",
		report_subject(report, RANK_UNKNOWN, ended),
		(double)(ended->ended_us - cause->ended_us) / 1000, report_reason(report, ended),
		likely ? "" : ": it may have waited for this one");
}

/* Blames the process at the end of the chain of failures that begins at the job's first process. */
void blame_process(struct attempt_context *context)
{
	struct report *report = context->report;
	struct attempt *attempt = context->attempt;
	struct chain chain = chain_of(&report->job, report->root);
	const struct process *process = chain.cause;
	enum failure_class failure_class = rules_failure_class(&report->job, process);

	if (rules_class_is_ended(failure_class) &&
		(failure_class != FAILURE_OBEYED ||
			signal_of_status(termination_event(process)->exit_code) != SIGKILL)) {
		blame_before_end(context, process);
		return;
	}
	if (blame_partner(context, process))
		return;
	candidate_add_process(context, &chain);
	if (chain.common)
		candidate_add_process(context, &(struct chain){.cause = common_parent(&chain)});
	FOR_EACH_CANDIDATE (candidate, attempt)
		candidate->confidence = confidence_among(report, &chain);
}
