/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/model.h"

#include "core/base/signal_table.h"
#include "core/report/job/kills.h"

#include <stdio.h>

#define SENTENCE_MAX 1024

static const char *const outcomes[] = {
	[OUTCOME_SUCCEEDED] = "SUCCEEDED",
	[OUTCOME_FAILED] = "FAILED",
	[OUTCOME_RUNNING] = "RUNNING",
	[OUTCOME_UNKNOWN] = "UNKNOWN",
};
_Static_assert(sizeof outcomes / sizeof *outcomes == OUTCOME_COUNT_, "an outcome has no name");

static const char *const roles[] = {
	[ROLE_CULPRIT] = "culprit",
	[ROLE_CONCURRENT] = "own_fault",
	[ROLE_PEER_LOSS] = "peer_loss",
	[ROLE_TERMINATED] = "terminated",
	[ROLE_KILLED] = "killed",
	[ROLE_SURVIVOR] = "survivor",
	[ROLE_OK] = "ok",
	[ROLE_SILENT] = "silent",
};
_Static_assert(sizeof roles / sizeof *roles == ROLE_COUNT_, "a role has no name");

static const char *const confidences[] = {
	[CONFIDENCE_UNSURE] = "unsure",
	[CONFIDENCE_LIKELY] = "likely",
	[CONFIDENCE_PROVEN] = "proven",
};
_Static_assert(
	sizeof confidences / sizeof *confidences == CONFIDENCE_COUNT_, "a confidence has no name");

static const char *const parts[] = {
	[STEP_PROGRAM] = "program",
	[STEP_LIBRARY] = "library",
	[STEP_ENTRY] = "entry",
	[STEP_INSIDE] = "inside",
};
_Static_assert(sizeof parts / sizeof *parts == STEP_PART_COUNT_, "a part has no name");

const char *outcome_name(enum outcome outcome)
{
	return outcome < OUTCOME_COUNT_ ? outcomes[outcome] : "UNKNOWN";
}

const char *role_name(enum role role)
{
	return role < ROLE_COUNT_ ? roles[role] : "unknown";
}

const char *confidence_name(enum confidence confidence)
{
	return confidence < CONFIDENCE_COUNT_ ? confidences[confidence] : "unknown";
}

const char *step_part_name(enum step_part part)
{
	return part < STEP_PART_COUNT_ ? parts[part] : "unknown";
}

const char *result_state(const struct rank_result *result)
{
	if (result->process == NULL)
		return NULL;
	if (result->ended != NULL)
		return node_state_name(result->ended->termination->state);
	return node_state_name(result->process->running != NULL ? NODE_RUNNING : NODE_INIT);
}

bool attempt_has_candidate(const struct attempt *attempt, int64_t rank)
{
	FOR_EACH_CANDIDATE (candidate, attempt)
		if (candidate->rank == rank)
			return true;
	return false;
}

bool report_is_notable(const struct report *report)
{
	for (size_t i = 0; i < report->attempt_count; i++)
		if (report->attempts[i].outcome != OUTCOME_SUCCEEDED ||
			report->attempts[i].has_root)
			return true;
	return report->outcome != OUTCOME_SUCCEEDED || report->crash_count > 0;
}

const char *report_vsay(struct report *report, const char *format, va_list arguments)
{
	char sentence[SENTENCE_MAX];
	const char *kept;

	vsnprintf(sentence, sizeof sentence, format, arguments);
	kept = arena_strdup(&report->reading.arena, sentence);
	return kept == NULL ? "" : kept;
}

const char *report_say(struct report *report, const char *format, ...)
{
	const char *sentence;
	va_list arguments;

	va_start(arguments, format);
	sentence = report_vsay(report, format, arguments);
	va_end(arguments);
	return sentence;
}

void *report_alloc(struct report *report, size_t size)
{
	return arena_alloc(&report->reading.arena, size);
}

const char *report_signal(struct report *report, int number)
{
	char buffer[16];
	const char *name = signal_name(number, buffer);

	return name == buffer ? report_say(report, "%s", name) : name;
}

const char *report_sender(
	struct report *report, const struct process *process, pid_t pid, const char *comm)
{
	const struct process *sender =
		pid <= 0 || pid == process->pid
			? NULL
			: job_find(&report->job, process->hostname, pid, process->last_us);

	if (comm == NULL || comm[0] == '\0')
		comm = "a process";
	if (sender == NULL || sender->rank == RANK_UNKNOWN || sender->rank == process->rank)
		return comm;
	return report_say(report, "rank %ld's %s", (long)sender->rank, comm);
}

/* `vigil run` only forwards signals: its kill requests name who sent them. */
static bool was_forwarded(const struct event_signal *signal)
{
	return signal->sender != NULL && strcmp(signal->sender, "vigil") == 0;
}

/* Appends why PROCESS terminated. Where siginfo does not name the sender, as that of SIGKILL does
 * not, the kill request does. */
static void add_reason(struct report *report, const struct process *process, struct text *text)
{
	struct event event = *termination_event(process);
	const struct kill_record *kill =
		kill_explains(process) ? process->kill_request->kill : NULL;
	const char *sender = kill == NULL ? NULL
					  : report_sender(report, process, kill->reporter.pid,
						    kill->reporter.comm);
	const char *meaning = rules_meaning(process);

	if (kill != NULL && event.signal.number == kill->number &&
		(event.signal.sender_pid <= 0 || was_forwarded(&event.signal))) {
		if (kill_is_own(process))
			event.signal.sender_is = SENDER_SELF;
		event.signal.sender_pid = kill->reporter.pid;
		event.signal.sender = sender;
	} else if (event.signal.sender_pid > 0 && event.signal.sender_is == SENDER_OTHER) {
		event.signal.sender = report_sender(
			report, process, event.signal.sender_pid, event.signal.sender);
	}
	if (rules_exits_by_abort(process->termination->end))
		event.how = HOW_MPI_ABORT;
	if (event.state == NODE_SUCCEEDED)
		text_add(text, "exit 0");
	else
		event_reason(&event, text);
	if (event.cause == CAUSE_OOM)
		text_add(text, " (out of memory)");
	if (meaning != NULL)
		text_printf(text, " (%s)", meaning);
	if (kill != NULL && event.signal.number != kill->number)
		text_printf(text, ", after %s from %s (pid %d)",
			report_signal(report, kill->number), sender, kill->reporter.pid);
}

const char *report_reason(struct report *report, const struct process *process)
{
	char buffer[SENTENCE_MAX];
	enum failure_class failure_class;
	struct text text;

	if (process == NULL || process->termination == NULL)
		return "";
	failure_class = rules_failure_class(&report->job, process);
	text_init(&text, buffer, sizeof buffer);
	if (rules_called_abort(process->termination->end))
		text_add(&text, "MPI_Abort, then ");
	add_reason(report, process, &text);
	if (failure_class == FAILURE_KILLED && kills_would_be_recorded(&report->job, process))
		text_add(&text, ", not from its launcher");
	if (failure_class == FAILURE_LAUNCHER_LOST)
		text_add(&text, ", as its launcher was gone");
	return report_say(report, "%s", buffer);
}

void subject_add(struct text *text, int64_t rank, const struct process *process)
{
	if (rank != RANK_UNKNOWN) {
		text_printf(text, "rank %ld", (long)rank);
		return;
	}
	process_add_name(process, text);
	text_printf(text, " (pid %d)", process->pid);
}

const char *report_subject(struct report *report, int64_t rank, const struct process *process)
{
	char buffer[SENTENCE_MAX];
	struct text subject;

	text_init(&subject, buffer, sizeof buffer);
	subject_add(&subject, rank, process);
	return report_say(report, "%s", buffer);
}
