/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/evidence.h"

#include "core/report/chain.h"
#include "core/report/kills.h"
#include "core/report/ranks.h"

void evidence_add(struct finding *finding, const char *sentence)
{
	if (finding->evidence_count < EVIDENCE_MOST && sentence[0] != '\0')
		finding->evidence[finding->evidence_count++] = sentence;
}

static const char *code_name(int number, int code)
{
	const char *name = event_signal_code_name(number, code);

	return name == NULL ? "si_code > 0" : name;
}

/* What the handler of a fault ended the process with. */
static const char *ended_with(struct report *report, const struct event *event)
{
	char name[16];

	if (event->signal.number == 0)
		return report_say(report, "status %d", event->exit_code);
	if (event->signal.number == event->fault.number)
		return "the same signal";
	return report_say(report, "%s", event_signal_name(event->signal.number, name));
}

static const char *handled_sentence(struct report *report, const struct event *event)
{
	const struct event_fault *fault = &event->fault;
	char name[16];

	return report_say(report,
		"%s (%s) comes from the processor or the kernel: nobody sent it; a handler of its "
		"own had it first, and ended it with %s",
		event_signal_name(fault->number, name), code_name(fault->number, fault->code),
		ended_with(report, event));
}

static const char *earlier_sentence(struct report *report, const struct event_fault *fault)
{
	char name[16];

	return report_say(report,
		"its thread %d had a %s (%s), and stood in the handler of that when it ended",
		fault->tid, event_signal_name(fault->number, name),
		code_name(fault->number, fault->code));
}

static const char *fault_sentence(struct report *report, const struct event *event)
{
	const struct event_signal *signal = &event->signal;
	char buffer[16];
	const char *name = event_signal_name(signal->number, buffer);

	if (event->fault.number != 0)
		return handled_sentence(report, event);
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

static const char *sent_sentence(struct report *report, const struct event_signal *signal)
{
	if (signal->sender_is == SENDER_ANCESTOR)
		return "";
	if (signal->sender_pid <= 0)
		return "nobody knows who sent the signal";
	return report_say(report,
		"the signal was sent by %s (pid %d), which is no launcher of this job",
		signal->sender == NULL ? "a process" : signal->sender, signal->sender_pid);
}

static const char *told_sentence(struct report *report, const struct told_end *end)
{
	const struct event *event = &end->event;

	if (rules_called_abort(end))
		return "it asked for the end of the job itself: it stood in MPI_Abort";
	switch (event->cause) {
	case CAUSE_FAULT:
		return fault_sentence(report, event);
	case CAUSE_ABORT:
		return "it called abort() itself";
	case CAUSE_EXCEPTION:
		return "it told of the exception itself, and nobody caught that";
	case CAUSE_EXIT:
		return report_say(report, "it ended itself with status %d", event->exit_code);
	case CAUSE_EXEC_FAILED:
		return "its program could not be started";
	case CAUSE_TERMINATED:
		return sent_sentence(report, &event->signal);
	default:
		return "";
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
	const struct event_teller *teller = &process->end->end->event.teller;

	if (!kills_would_be_told(&report->job, process))
		return "SIGKILL lets nobody speak: its waiter saw it, and knew of no failure "
		       "before";
	return report_say(report,
		"its waiter %s (pid %d), which tells of its own kill(), sent it none: the SIGKILL "
		"came from outside, or from itself",
		teller->comm, teller->pid);
}

/* Who sent the signal, as the sender's own record says. */
static const char *asked_sentence(struct report *report, const struct process *process)
{
	const struct told_kill *kill = process->asked->kill;
	char name[16];

	if (kills_itself(process))
		return report_say(
			report, "it sent %s to itself", event_signal_name(kill->number, name));
	return report_say(report, "%s (pid %d) told that it sent %s to it",
		kill->teller.comm[0] == '\0' ? "a process" : kill->teller.comm, kill->teller.pid,
		event_signal_name(kill->number, name));
}

static const char *seen_sentence(struct report *report, const struct process *process)
{
	switch (process->end->end->event.cause) {
	case CAUSE_OOM:
		return oom_sentence(report, &process->end->end->event.oom);
	case CAUSE_KILLED:
		return kills_explain(process) ? "SIGKILL lets nobody speak: its waiter saw it"
					      : killed_sentence(report, process);
	case CAUSE_VANISHED:
		return "it is gone, and nobody saw how";
	default:
		return report_say(report, "it said nothing itself: its waiter saw the end%s",
			process->init == NULL ? ", and vigil was not in it" : "");
	}
}

void evidence_of_end(struct report *report, struct finding *finding)
{
	const struct process *process = finding->process;

	if (process == NULL || process->end == NULL)
		return;
	if (process->contradicted)
		evidence_add(finding, report_say(report,
					      "it told of another end (%s), but its waiter saw "
					      "this one, which counts",
					      process->own_end->state == NODE_SUCCEEDED
						      ? "success"
						      : process->own_end->what));
	if (kills_explain(process))
		evidence_add(finding, asked_sentence(report, process));
	if (process->end->source == SOURCE_AGENT)
		evidence_add(finding, seen_sentence(report, process));
	else
		evidence_add(finding, told_sentence(report, process->end->end));
	if (process->end->end->event.fault.tid != 0)
		evidence_add(finding,
			earlier_sentence(report, &process->end->end->event.fault));
}

void evidence_of_family(
	struct report *report, const struct process *leader, struct finding *finding)
{
	const struct process *helper;

	if (leader == NULL || finding->process == NULL)
		return;
	if (finding->process != leader)
		evidence_add(finding, report_say(report,
					      "%s (pid %d), which leads the rank, handed on the "
					      "end of %s (pid %d)",
					      leader->program, leader->pid,
					      finding->process->program, finding->process->pid));
	if (leader->rank != finding->rank)
		evidence_add(finding, "it is the only process of the launcher's that said no word, "
				      "and this the only rank that was never seen");
	if (leader->init != NULL && leader->running == NULL)
		evidence_add(finding, "it never reached RUNNING");
	helper = chain_helper(finding->process, finding->at_us);
	if (helper != NULL)
		evidence_add(finding,
			report_say(report, "its helper %s (pid %d) had failed %.1f ms before: %s",
				helper->program, helper->pid,
				(double)(finding->at_us - helper->end_us) / 1000,
				report_reason(report, helper)));
}

static size_t ranks_in_role(const struct attempt *attempt, enum role role, char *names, size_t size)
{
	struct rank_list list = {.text = ""};
	size_t count = 0;

	for (size_t i = 0; i < attempt->count; i++)
		if (attempt->members[i].role == role) {
			ranks_add(&list, attempt->members[i].rank);
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
		evidence_add(finding, report_say(report, "%s %s", names, did));
}

static const struct member *next_end(const struct attempt *attempt, const struct finding *finding)
{
	const struct member *next = NULL;

	for (size_t i = 0; i < attempt->count; i++) {
		const struct member *member = &attempt->members[i];

		if (member->failed != NULL && member->role != ROLE_CULPRIT &&
			member->at_us >= finding->at_us && member->manner != MANNER_OK &&
			(next == NULL || member->at_us < next->at_us))
			next = member;
	}
	return next;
}

/* So soon after the first one, a fault is hardly what that led to. */
#define SECOND_FAULT_US 10000

static void add_second_faults(
	struct report *report, const struct attempt *attempt, struct finding *finding)
{
	for (size_t i = 0; i < attempt->count; i++) {
		const struct member *member = &attempt->members[i];
		int64_t late_us = member->at_us - finding->at_us;

		if (member->manner == MANNER_OWN && member->role != ROLE_CULPRIT &&
			member->failed->end->end->event.cause == CAUSE_FAULT && late_us >= 0 &&
			late_us <= SECOND_FAULT_US)
			evidence_add(finding, report_say(report,
						      "rank %ld had a fault of its own, too, %.1f "
						      "ms later: it may be "
						      "a second cause",
						      (long)member->rank, (double)late_us / 1000));
	}
}

void evidence_of_others(
	struct report *report, const struct attempt *attempt, struct finding *finding)
{
	const struct member *next = next_end(attempt, finding);

	if (next != NULL && finding->process != NULL && finding->process->end != NULL)
		evidence_add(finding,
			report_say(report, "the next to fail was rank %ld, %.1f ms later by %s",
				(long)next->rank, (double)(next->at_us - finding->at_us) / 1000,
				next->failed->clock == finding->process->clock
					? "the same clock"
					: "another host's clock"));
	if (finding->process != NULL && finding->process->end != NULL)
		add_second_faults(report, attempt, finding);
	add_role(report, attempt, finding, ROLE_PEER_LOSS, "failed after it");
	add_role(
		report, attempt, finding, ROLE_TERMINATED, "ended only after it, by others' doing");
	add_role(report, attempt, finding, ROLE_SILENT, "left no word of an end");
}
