/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/evidence.h"

#include "core/report/verdict/similar.h"
#include "core/report/job/chain.h"
#include "core/report/job/kills.h"
#include "core/report/job/mpi_error.h"
#include "core/report/job/thresholds.h"
#include "core/report/job/ranks.h"

#include <stdarg.h>
#include <string.h>

void evidence_add(struct finding *finding, const char *sentence)
{
	for (size_t i = 0; i < finding->evidence_count; i++)
		if (strcmp(finding->evidence[i], sentence) == 0)
			return;
	if (finding->evidence_count < EVIDENCE_MOST && sentence[0] != '\0')
		finding->evidence[finding->evidence_count++] = sentence;
}

void evidence_say(struct report *report, struct finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	evidence_add(finding, report_vsay(report, format, arguments));
	va_end(arguments);
}

static const char *code_name(int number, int code)
{
	const char *name = event_signal_code_name(number, code);

	return name == NULL ? "si_code > 0" : name;
}

/* For a fault that a handler of the program's own got first, and that ended the program. */
static const char *handled_sentence(struct report *report, const struct event *event)
{
	const struct event_fault *fault = &event->fault;
	int number = event->signal.number;

	return report_say(report,
		"%s (%s) comes from the processor or the kernel: nobody sent it; a handler of its "
		"own had it first, and ended it with %s",
		report_signal(report, fault->number), code_name(fault->number, fault->code),
		number == 0		  ? report_say(report, "status %d", event->exit_code)
		: number == fault->number ? "the same signal"
					  : report_signal(report, number));
}

static const char *fault_sentence(struct report *report, const struct event *event)
{
	const struct event_signal *signal = &event->signal;
	const char *name = report_signal(report, signal->number);

	if (event->fault.number != 0)
		return handled_sentence(report, event);
	if (event_is_broken_pipe(signal))
		return "SIGPIPE comes from the kernel: nobody reads any more what it wrote";
	if (signal->has_code && signal->code > 0)
		return report_say(report,
			"%s (%s) comes from the processor or the kernel: nobody sent it", name,
			code_name(signal->number, signal->code));
	if (signal->sender_is == SENDER_OTHER)
		return report_say(report,
			"%s was sent by %s (pid %d): it is no fault of the program's own", name,
			signal->sender == NULL ? "somebody" : signal->sender, signal->sender_pid);
	return report_say(
		report, "it raised %s itself, as a handler does that passes a fault on", name);
}

static const char *sent_sentence(struct report *report, const struct process *process)
{
	const struct event_signal *signal = &termination_event(process)->signal;
	const char *name = report_signal(report, signal->number);

	if (signal->sender_is == SENDER_ANCESTOR)
		return "";
	if (signal->sender_is == SENDER_SELF)
		return report_say(report, "it sent %s to itself", name);
	if (signal->has_code && signal->code > 0)
		return report_say(report, "%s comes from the kernel: nobody sent it", name);
	if (signal->sender_pid <= 0)
		return "nobody knows who sent the signal";
	return report_say(report,
		"the signal was sent by %s (pid %d), which is no launcher of this job",
		report_sender(report, process, signal->sender_pid, signal->sender),
		signal->sender_pid);
}

static const char *exit_sentence(struct report *report, const struct process *process)
{
	const struct event *event = termination_event(process);
	const char *meaning = rules_meaning(process);

	if (event_was_exiting(event))
		return report_say(report,
			"it ended itself with status %d, and the signal came while it cleaned up",
			event->exit_code);
	if (rules_failure_class(&report->job, process) == FAILURE_OBEYED)
		return report_say(report,
			"it ended itself with status %d, which stands for %s: somebody who is no "
			"launcher of this job sent that, or it chose to",
			event->exit_code,
			report_signal(report, signal_of_status(event->exit_code)));
	if (meaning == NULL)
		return report_say(report, "it ended itself with status %d", event->exit_code);
	return report_say(report, "it ended itself with status %d, by which %s says: %s",
		event->exit_code, process->program, meaning);
}

static const char *reported_sentence(struct report *report, const struct process *process)
{
	const struct termination *end = process->termination->end;
	const struct event *event = &end->event;
	struct mpi_error error;

	if (mpi_error_of(end, &error))
		return report_say(report, "MPI's error handler ended it, with status %d%s%s",
			event->exit_code, error.name == NULL ? "" : ": ",
			error.name == NULL ? "" : error.name);
	if (rules_called_abort(end))
		return "it asked for the end of the job itself: it stood in MPI_Abort";
	if (rules_exits_by_abort(end))
		return report_say(report,
			"it asked its launcher for the end of the whole job, with status %d",
			event->exit_code);
	switch (event->cause) {
	case CAUSE_FAULT: return fault_sentence(report, event);
	case CAUSE_ABORT: return "it called abort() itself";
	case CAUSE_EXCEPTION: return "it told of the exception itself, and nobody caught that";
	case CAUSE_EXIT: return exit_sentence(report, process);
	case CAUSE_EXEC_FAILED: return "its program could not be started";
	case CAUSE_TERMINATED: return sent_sentence(report, process);
	default: return "";
	}
}

static const char *oom_sentence(struct report *report, const struct event_oom *oom)
{
	if (oom->cgroup == NULL)
		return "the kernel killed it for lack of memory, as its waiter's record says";
	return report_say(report,
		"the kernel killed it for lack of memory: its count of such kills in cgroup %s "
		"rose from %ld to %ld",
		oom->cgroup, (long)oom->kills_before, (long)oom->kills_after);
}

static const char *killed_sentence(struct report *report, const struct process *process)
{
	const struct event_reporter *reporter = &termination_event(process)->reporter;

	if (!kills_would_be_recorded(&report->job, process))
		return "SIGKILL lets nobody speak: its waiter saw it, and knew of no failure "
		       "before";
	return report_say(report,
		"its waiter %s (pid %d), which tells of its own kill(), sent it none: the SIGKILL "
		"came from outside, from one of the kernel's limits, or from itself",
		reporter->comm, reporter->pid);
}

static const char *kill_sentence(struct report *report, const struct process *process)
{
	const struct kill_record *kill = process->kill_request->kill;
	const char *name = report_signal(report, kill->number);

	if (kill_is_own(process))
		return report_say(report, "it sent %s to itself", name);
	return report_say(report, "%s (pid %d) told that it sent %s to it",
		report_sender(report, process, kill->reporter.pid, kill->reporter.comm),
		kill->reporter.pid, name);
}

static const char *unreported_sentence(struct report *report, const struct process *process)
{
	return report_say(report, "it said nothing itself: its waiter saw the end%s%s",
		process->init == NULL ? ", and vigil was not in it" : "",
		rules_meaning(process) == NULL
			? ""
			: "; the loader ends a program so whose library is missing, and others "
			  "a program that they cannot start");
}

/* What the waiter saw. It knows that no code of a program ran where the program would have notified
 * `vigil run` of its start. */
static const char *waiter_sentence(struct report *report, const struct process *process)
{
	const struct event *event = termination_event(process);

	switch (event->cause) {
	case CAUSE_EXEC_FAILED:
		return report_say(report,
			"its program could not be started: its waiter saw it end with status %d "
			"before any of its code ran, as it does when a library is missing",
			event->exit_code);
	case CAUSE_OOM: return oom_sentence(report, &event->oom);
	case CAUSE_KILLED:
		return kill_explains(process) ? "SIGKILL lets nobody speak: its waiter saw it"
					      : killed_sentence(report, process);
	case CAUSE_VANISHED: return "it is gone, and nobody saw how";
	default: return unreported_sentence(report, process);
	}
}

/* Adds the process that likely read what PROCESS wrote: of its siblings, the last that ended, with
 * success, before. */
static void add_reader(
	struct report *report, const struct process *process, struct finding *finding)
{
	const struct process *reader = NULL, *parent = process->parent;

	if (parent == NULL || !event_is_broken_pipe(&termination_event(process)->signal))
		return;
	for (const struct process *child = parent->child; child != NULL; child = child->sibling)
		if (child != process && child->termination != NULL && !process_failed(child) &&
			child->ended_us <= process->ended_us &&
			child->ended_us >= process->first_us &&
			(reader == NULL || child->ended_us > reader->ended_us))
			reader = child;
	if (reader != NULL)
		evidence_say(report, finding,
			"%s, which ran beside it, had ended with success %.1f ms before: it is "
			"likely the reader",
			report_subject(report, RANK_UNKNOWN, reader),
			(double)(process->ended_us - reader->ended_us) / 1000);
}

void evidence_of_end(struct report *report, struct finding *finding)
{
	const struct process *process = finding->process;
	const struct event_fault *fault;

	if (process == NULL || process->termination == NULL)
		return;
	fault = &termination_event(process)->fault;
	if (process->contradicted)
		evidence_say(report, finding,
			"it told of another end (%s), but its waiter saw this one, which counts",
			process->own_termination->state == NODE_SUCCEEDED
				? "success"
				: process->own_termination->what);
	if (kill_explains(process))
		evidence_add(finding, kill_sentence(report, process));
	evidence_add(finding, process->termination->source == SOURCE_AGENT
				      ? waiter_sentence(report, process)
				      : reported_sentence(report, process));
	add_reader(report, process, finding);
	if (fault->tid != 0)
		evidence_say(report, finding,
			"its thread %d had a %s (%s), and stood in the handler of that when it "
			"ended",
			fault->tid, report_signal(report, fault->number),
			code_name(fault->number, fault->code));
}

/* The last line of MESSAGE that is not empty: there a parent quotes the exception of its child. */
static const char *last_line(struct report *report, const char *message)
{
	size_t end = strlen(message), from;

	while (end > 0 && message[end - 1] == '\n')
		end--;
	for (from = end; from > 0 && message[from - 1] != '\n';)
		from--;
	return report_say(report, "%.*s", (int)(end - from), message + from);
}

/* Adds the exception that the parent of RANK raised for it: a child that hands its exception to its
 * parent reports only a status. */
static void add_quotation(
	struct report *report, const struct process *rank, struct finding *finding)
{
	const struct process *parent = rank->parent;
	const struct event_exception *exception;

	if (parent == NULL || parent->termination == NULL || parent->ended_us < rank->ended_us ||
		rank->termination == NULL || termination_event(rank)->cause != CAUSE_EXIT)
		return;
	exception = &termination_event(parent)->exception;
	if (rules_quotes_child(exception))
		evidence_say(report, finding, "%s, which began it, raised %s for it: %s",
			report_subject(report, RANK_UNKNOWN, parent), exception->type,
			last_line(report, exception->message));
}

void evidence_of_family(struct report *report, const struct process *rank, struct finding *finding)
{
	const struct process *helper;

	if (rank == NULL || finding->process == NULL)
		return;
	if (finding->process != rank)
		evidence_say(report, finding,
			"%s (pid %d), which leads the rank, handed on the end of %s", rank->program,
			rank->pid, report_subject(report, RANK_UNKNOWN, finding->process));
	if (rank->rank != finding->rank)
		evidence_add(finding, "it is the only process of the launcher's that said no word, "
				      "and this the only rank that was never seen");
	if (rank->init != NULL && rank->running == NULL)
		evidence_add(finding, "it never reached RUNNING");
	add_quotation(report, rank, finding);
	helper = chain_helper(&report->job, finding->process, finding->at_us);
	if (helper != NULL)
		evidence_say(report, finding, "its helper %s had failed %.1f ms before: %s",
			report_subject(report, RANK_UNKNOWN, helper),
			(double)(finding->at_us - helper->ended_us) / 1000,
			report_reason(report, helper));
}

static size_t ranks_in_role(const struct attempt *attempt, enum role role, char *names, size_t size)
{
	struct rank_list list = {.text = ""};
	size_t count = 0;

	FOR_EACH_RESULT (result, attempt)
		if (result->role == role) {
			ranks_add(&list, result->rank);
			count++;
		}
	ranks_finish(&list);
	text_format(names, size, "%s%s", count == 1 ? "rank " : "ranks ", list.text);
	return count;
}

static void add_role(struct report *report, const struct attempt *attempt, struct finding *finding,
	enum role role, const char *did)
{
	char names[RANK_LIST_SIZE + 16];

	if (ranks_in_role(attempt, role, names, sizeof names) > 0)
		evidence_say(report, finding, "%s %s", names, did);
}

static const struct rank_result *next_failure(
	const struct attempt *attempt, const struct finding *finding)
{
	const struct rank_result *next = NULL;

	FOR_EACH_RESULT (result, attempt)
		if (result->ended != NULL && result->role != ROLE_CULPRIT &&
			result->at_us >= finding->at_us && result->failure_class != FAILURE_OK &&
			(next == NULL || result->at_us < next->at_us))
			next = result;
	return next;
}

static void add_concurrent_failures(
	struct report *report, const struct attempt *attempt, struct finding *finding)
{
	char names[RANK_LIST_SIZE + 16];
	size_t count = ranks_in_role(attempt, ROLE_CONCURRENT, names, sizeof names);

	if (count == 1 && attempt->concurrent_count == 1)
		evidence_say(report, finding,
			"%s had a fault of its own, too, %.1f ms later: it may be a second cause",
			names, (double)attempt->concurrent[0].after_us / 1000);
	else if (count > 0)
		evidence_say(report, finding,
			"%s had faults of their own, too, within %d ms: each may be a second cause",
			names, CONCURRENT_US / MILLISECONDS);
}

/* Adds the ranks that failed in the same way. Where there are several, and none failed in another
 * way, the cause is likely in what all ranks share. */
static void add_similar(
	struct report *report, const struct attempt *attempt, struct finding *finding)
{
	struct rank_list list = {.text = ""};
	size_t own, count = similar_ranks(attempt, finding, &list, &own);

	if (count > 0)
		evidence_say(report, finding, "rank%s %s failed in the same way, by %s%s",
			count == 1 ? "" : "s", list.text, count == 1 ? "itself" : "themselves",
			count > 1 && count == own
				? ": likely what all share is at fault (program, input, "
				  "environment), not this rank"
				: "");
}

void evidence_of_others(
	struct report *report, const struct attempt *attempt, struct finding *finding)
{
	const struct rank_result *next = next_failure(attempt, finding);
	bool has_time = finding->process != NULL && finding->process->termination != NULL;

	if (has_time && next != NULL)
		evidence_say(report, finding, "the next to fail was rank %ld, %.1f ms later by %s",
			(long)next->rank, (double)(next->at_us - finding->at_us) / 1000,
			next->ended->clock == finding->process->clock ? "the same clock"
								      : "another host's clock");
	if (has_time)
		add_concurrent_failures(report, attempt, finding);
	add_similar(report, attempt, finding);
	add_role(report, attempt, finding, ROLE_PEER_LOSS, "failed after it");
	add_role(
		report, attempt, finding, ROLE_TERMINATED, "ended only after it, by others' doing");
	add_role(report, attempt, finding, ROLE_SILENT, "left no word of an end");
}
