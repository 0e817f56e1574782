/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/evidence.h"

#include "core/events/wrapper.h"
#include "core/report/job/chain.h"
#include "core/report/job/kills.h"
#include "core/report/job/mpi_error.h"
#include "core/report/job/thresholds.h"
#include "core/report/job/ranks.h"

#include <signal.h>
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
	if (event->exec.path != NULL)
		return report_say(report,
			"it ended itself with status %d; its command line names %s, which could "
			"not be %s then",
			event->exit_code, event->exec.path,
			program_is_interpreter(process->program) ? "read" : "started");
	if (meaning == NULL)
		return report_say(report, "it ended itself with status %d", event->exit_code);
	return report_say(report, "it ended itself with status %d, by which %s says: %s",
		event->exit_code, process->program, meaning);
}

/* How the process ended after the exception, and how much later, where its waiter knows that. */
static const char *exception_sentence(struct report *report, const struct process *process)
{
	static const char uncaught[] = "it told of the exception itself, and nobody caught that";
	const struct event *event = termination_event(process);
	const struct event_record *waited = process->agent_termination;

	if (strcmp(process->termination->what, EVENT_WHAT_RAISED) == 0 && waited == NULL)
		return report_say(report, "%s; there is no word of its end", uncaught);
	if (event->signal.number == 0)
		return uncaught;
	if (waited == NULL || waited->mono_us == 0 || process->termination->mono_us == 0)
		return report_say(report, "%s; %s ended it while it cleaned up", uncaught,
			report_signal(report, event->signal.number));
	return report_say(report, "%s; %s ended it %.1f s later, while it cleaned up", uncaught,
		report_signal(report, event->signal.number),
		(double)(waited->mono_us - process->termination->mono_us) / SECONDS);
}

static const char *exec_sentence(struct report *report, const struct event *event)
{
	const char *path = event->exec.path == NULL ? "a program" : event->exec.path;

	if (event->signal.number != 0)
		return report_say(report,
			"it called exec for %s, which failed, and then it ended, by %s", path,
			report_signal(report, event->signal.number));
	return report_say(report,
		"it called exec for %s, which failed, and then it ended, with status %d", path,
		event->exit_code);
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
	if (rules_exits_by_abort(process))
		return report_say(report,
			"it asked its launcher for the end of the whole job, with status %d",
			event->exit_code);
	switch (event->cause) {
	case CAUSE_FAULT: return fault_sentence(report, event);
	case CAUSE_ABORT: return "it called abort() itself";
	case CAUSE_EXCEPTION: return exception_sentence(report, process);
	case CAUSE_EXIT: return exit_sentence(report, process);
	case CAUSE_EXEC_FAILED: return exec_sentence(report, event);
	case CAUSE_TERMINATED: return sent_sentence(report, process);
	default: return "";
	}
}

static const char *oom_sentence(struct report *report, const struct process *process)
{
	const struct event_oom *oom = &termination_event(process)->oom;

	if (process->oom_message != NULL &&
		(oom->cgroup == NULL || oom->kills_after <= oom->kills_before))
		return "the kernel killed it for lack of memory, as its log says";
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

	if (process->late_kill != NULL)
		return report_say(report,
			"%s (pid %d) sent it SIGKILL when it was dead already: what killed it came "
			"from outside, from one of the kernel's limits, or from itself",
			process->late_kill->kill->reporter.comm,
			process->late_kill->kill->reporter.pid);
	if (!kills_would_be_recorded(&report->job, process))
		return "SIGKILL lets nobody speak: its waiter saw it, and knew of no failure "
		       "before";
	if (report->job.lost > 0)
		return report_say(report,
			"its waiter %s (pid %d) is not known to have sent it SIGKILL, but events "
			"are missing",
			reporter->comm, reporter->pid);
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
	const char *why = "";

	if (rules_lacked_symbol(process))
		why = "; the loader ends a program so that calls a function which no library has, "
		      "and prints its name";
	else if (rules_had_no_room(process))
		why = ", as after a stack overflow that leaves a handler no room (ulimit -s; of "
		      "threads, OMP_STACKSIZE)";
	else if (rules_meaning(process) != NULL)
		why = "; the loader ends a program so whose library is missing, and others a "
		      "program that they cannot start";
	return report_say(report, "it said nothing itself: its waiter saw the end%s%s",
		process->init == NULL ? ", and vigil was not in it" : "", why);
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
	case CAUSE_OOM: return oom_sentence(report, process);
	case CAUSE_KILLED:
		return kill_explains(process) ? "SIGKILL lets nobody speak: its waiter saw it"
					      : killed_sentence(report, process);
	case CAUSE_VANISHED:
		return process->gone_when_asked
			       ? "it is gone, and nobody saw how: it had ended before slurmstepd "
				 "requested the ranks to end, or else it would have reported that"
			       : "it is gone, and nobody saw how";
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

static const char *const mentioned[] = {
	[MENTION_NONE] = "",
	[MENTION_SOME] = "speaks of the end of a process",
	[MENTION_NAME] = "names its program",
	[MENTION_STATUS] = "says how it ended",
	[MENTION_PID] = "names its pid",
};

/* How STEP of the chain followed from the failure of BELOW. */
static const char *step_sentence(
	struct report *report, const struct chain_step *step, const struct process *below)
{
	const char *later = report_say(report, "%s failed %.1f ms later",
		report_subject(report, RANK_UNKNOWN, step->process),
		(double)(step->process->ended_us - below->ended_us) / 1000);

	if (step->link == LINK_MENTION)
		return report_say(report, "%s, and its error %s", later, mentioned[step->mention]);
	if (step->link == LINK_STATUS)
		return report_say(report, "%s, and handed on its status", later);
	if (step->link == LINK_COMMON)
		return report_say(report,
			"%s with the same status; but that is common, and it had run others since",
			later);
	return report_say(
		report, "%s; that may have a cause of its own: nothing else links the two", later);
}

/* A shell, make and the like fail for what they ran: only the topmost is worth a sentence. */
static bool is_usual(const struct chain_step *step)
{
	return step->link == LINK_STATUS &&
	       (rules_is_wrapper(step->process->program) ||
		       rules_name_is(NAME_DRIVER, step->process->program));
}

void consequences_set(struct report *report, struct finding *finding)
{
	const struct process *below = finding->process;

	for (size_t i = 0; i < finding->chain.count; i++) {
		const struct chain_step *step = &finding->chain.steps[i];
		const char *reason = report_reason(report, step->process);

		finding->step_reasons[i] = reason;
		if (!is_usual(step))
			finding->consequences[finding->consequence_count++] = report_say(report,
				"%s failed %.1f ms later%s: %s",
				report_subject(report, RANK_UNKNOWN, step->process),
				(double)(step->process->ended_us - below->ended_us) / 1000,
				step->link <= LINK_TIME ? ", perhaps by itself" : "", reason);
		below = step->process;
	}
}

static void add_steps(struct report *report, struct finding *finding)
{
	const struct process *below = finding->process;

	for (size_t i = 0; i < finding->chain.count; i++) {
		const struct chain_step *step = &finding->chain.steps[i];

		if (!is_usual(step))
			evidence_add(finding, step_sentence(report, step, below));
		below = step->process;
	}
}

void evidence_of_chain(struct report *report, struct finding *finding)
{
	size_t count = finding->chain.count;

	add_steps(report, finding);
	if (count > 0 && is_usual(&finding->chain.steps[count - 1]))
		evidence_say(report, finding, "%s (pid %d), which began the job, failed after it",
			report->root->program, report->root->pid);
}

/* Adds what led from the failure to that of RANK, which began it. */
static void add_lead(struct report *report, const struct process *rank, struct finding *finding)
{
	size_t count = finding->chain.count;

	add_steps(report, finding);
	if (finding->process != rank && (count == 0 || is_usual(&finding->chain.steps[count - 1])))
		evidence_say(report, finding,
			"%s (pid %d), which leads the rank, handed on the end of %s", rank->program,
			rank->pid, report_subject(report, RANK_UNKNOWN, finding->process));
}

void evidence_of_family(struct report *report, const struct process *rank, struct finding *finding)
{
	const struct process *helper;

	if (rank == NULL || finding->process == NULL)
		return;
	add_lead(report, rank, finding);
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
