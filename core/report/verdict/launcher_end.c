/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/launcher_end.h"

#include "core/base/path.h"
#include "core/report/job/kills.h"
#include "core/report/job/thresholds.h"

#include <fnmatch.h>
#include <signal.h>
#include <string.h>

/* The base name of the second word of COMMAND, a shell's: the script that an interpreter runs. */
static const char *script_in(const char *command, char *name, size_t size)
{
	const char *word = strchr(command, ' ');

	if (word == NULL)
		return "";
	text_format(name, size, "%.*s", (int)strcspn(word + 1, " "), word + 1);
	return path_base(name);
}

bool launcher_starts_ranks(const struct process *process)
{
	char script[256];
	const char *name = process->program;

	if (fnmatch("python*", name, 0) == 0 && process->init != NULL)
		name = script_in(process->init->command, script, sizeof script);
	return rules_name_is(NAME_LAUNCHER, name) && !rules_name_is(NAME_TIMER, name);
}

/* The innermost launcher of ranks in the job; NULL: there is none. */
static const struct process *starter(const struct report *report)
{
	const struct process *launcher = NULL;

	FOR_EACH_PROCESS (process, &report->job)
		if (launcher_starts_ranks(process) &&
			(launcher == NULL || process_descends(launcher, process)))
			launcher = process;
	return launcher;
}

const struct process *unheard_launcher(const struct report *report)
{
	return report->attempt_count != 1 || report->attempts[0].count > 0 ? NULL : starter(report);
}

static bool died_by_signal(const struct report *report, const struct process *process)
{
	enum failure_class failure_class = rules_failure_class(&report->job, process);

	return failure_class == FAILURE_KILLED ||
	       (failure_class == FAILURE_OWN &&
		       (termination_event(process)->signal.number != 0 ||
			       termination_event(process)->cause == CAUSE_FAULT));
}

const struct process *launcher_that_died(
	const struct attempt_context *context, const struct process *launcher, int64_t before_us)
{
	const struct process *at = launcher;

	for (int depth = 1; at != NULL && depth < PROCESS_DEPTH_MOST; depth++, at = at->parent)
		if (!at->is_rank && died_by_signal(context->report, at) && at->ended_us < before_us)
			return at;
	return NULL;
}

/* The process of the job that sent the kill request to LAUNCHER; NULL: it is none. */
static const struct process *requester(const struct report *report, const struct process *launcher)
{
	return job_find(&report->job, launcher->hostname,
		launcher->kill_request->kill->reporter.pid, launcher->ended_us);
}

/* Whether the kill request to PROCESS came from what starts ranks: one that has lost a rank ends
 * what it has started, also a monitor that stands before a rank. */
static bool was_requested_by_starter(const struct report *report, const struct process *process)
{
	const char *comm = process->kill_request->kill->reporter.comm;
	const struct process *sender = requester(report, process);

	if (sender == process)
		return false;
	return (sender != NULL && launcher_starts_ranks(sender)) ||
	       (comm != NULL && rules_name_is(NAME_LAUNCHER, comm) &&
		       !rules_name_is(NAME_TIMER, comm));
}

static bool was_requested(const struct report *report, const struct process *process)
{
	return process->kill_request != NULL && process->termination != NULL &&
	       !kill_is_own(process) && process->kill_request_us <= process->ended_us &&
	       !was_requested_by_starter(report, process);
}

const struct process *launcher_of(const struct attempt_context *context)
{
	const struct process *launcher;

	FOR_EACH_RESULT (result, context->attempt)
		if (result->process != NULL && result->process->parent != NULL)
			return result->process->parent;
	launcher = starter(context->report);
	return launcher != NULL ? launcher : context->root;
}

const struct process *launcher_that_was_requested(const struct attempt_context *context)
{
	const struct process *at = launcher_of(context), *launcher = NULL;

	for (int depth = 0; at != NULL && depth < PROCESS_DEPTH_MOST; depth++, at = at->parent) {
		if (!at->is_rank && was_requested(context->report, at))
			launcher = at;
		if (at == context->root)
			break;
	}
	if (launcher == NULL && was_requested(context->report, context->root))
		launcher = context->root;
	return launcher;
}

/* All ranks that were seen were killed at once, and more than one was. */
static bool were_killed_together(const struct attempt_context *context)
{
	int64_t first_us = context->first[FAILURE_KILLED]->at_us;

	if (context->count[FAILURE_KILLED] != context->seen || context->seen < 2)
		return false;
	FOR_EACH_RESULT (result, context->attempt)
		if (result->ended != NULL && result->at_us - first_us > KILL_GRACE_US)
			return false;
	return true;
}

bool killed_for_launcher(const struct attempt_context *context, const struct rank_result *killed)
{
	const struct process *requested = launcher_that_was_requested(context);

	if (killed->ended->late_kill != NULL ||
		kills_would_be_recorded(&context->report->job, killed->ended))
		return false;
	if (requested != NULL && requested->clock == killed->ended->clock &&
		requested->kill_request_us <= killed->at_us)
		return true;
	return launcher_that_died(
		       context, launcher_of(context), killed->at_us + LAUNCHER_DEATH_US) != NULL ||
	       were_killed_together(context);
}

bool launcher_decided(const struct attempt_context *context)
{
	const struct process *root = context->root;
	int number;

	if (!process_failed(root) || termination_event(root)->how == HOW_NONE)
		return false;
	number = signal_of_status(termination_event(root)->exit_code);
	return rules_failure_class(&context->report->job, root) != FAILURE_INTERRUPTED &&
	       (number == SIGKILL || !signal_requests_end(number)) &&
	       context->first[FAILURE_INTERRUPTED] == NULL &&
	       context->first[FAILURE_SIGNALLED] == NULL;
}

const char *explain_requested(struct report *report, const struct process *launcher)
{
	const struct kill_record *kill = launcher->kill_request->kill;
	const struct process *sender = requester(report, launcher);

	return report_say(report,
		"nobody failed first: %s (pid %d) was told to end, by %s from %s (pid %d)%s",
		launcher->program, launcher->pid, report_signal(report, kill->number),
		report_sender(report, launcher, kill->reporter.pid, kill->reporter.comm),
		kill->reporter.pid,
		sender != NULL && sender->termination != NULL && rules_is_over(sender)
			? ", whose time was over"
			: "");
}

const char *explain_gone(const struct attempt_context *context)
{
	struct report *report = context->report;
	const struct process *launcher = launcher_of(context);

	if (launcher->termination == NULL)
		return report_say(report,
			"no rank failed first: MPI's library ended the ranks, as their launcher, "
			"%s "
			"(pid %d), was gone; it left no word of an end, as after SIGKILL",
			launcher->program, launcher->pid);
	return report_say(report,
		"no rank failed first: MPI's library ended the ranks, as their launcher, %s (pid "
		"%d), was gone: it had ended before, with %s",
		launcher->program, launcher->pid, report_reason(report, launcher));
}
