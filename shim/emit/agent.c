/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/emit/agent.h"

#include "core/events/wait_status.h"
#include "shim/base/late_memory.h"
#include "shim/base/process_state.h"
#include "shim/base/stack.h"
#include "shim/emit/emit.h"
#include "shim/emit/exec_failure.h"
#include "shim/emit/forwarded.h"

#include <signal.h>

/* Set second_hand if the child can have reported its termination itself. It cannot if SIGKILL
 * killed it, or any signal between vfork() and exec. */
static void fill_termination(struct event *event, int status, const struct rusage *usage)
{
	event_wait_status(event, status);
	if (usage != NULL)
		event_wait_usage(event, usage);
	event->second_hand =
		event->signal.number != SIGKILL && !process_was_silent_child(event->pid);
}

struct ended {
	pid_t child;
	int status;
	const struct rusage *usage;
	struct instant at;
};

static void emit_ended(void *what)
{
	const struct ended *ended = what;
	struct event event;

	emit_begin_of_other(&event, ended->child, "wait", &ended->at);
	event.process.ppid = event.reporter.pid;
	fill_termination(&event, ended->status, ended->usage);
	if (exec_failure_fill_child(&event, ended->child))
		event.cause = CAUSE_EXEC_FAILED;
	emit_send_of_other(&event);
	if (event.state == NODE_FAILED)
		forwarded_send();
}

void agent_ended(pid_t child, int status, const struct rusage *usage)
{
	struct ended ended = {
		.child = child, .status = status, .usage = usage, .at = instant_now()};

	stack_call(emit_ended, &ended);
}

struct sent {
	pid_t pid;
	enum event_reach reach;
	int16_t number;
	bool already_dead;
	struct instant at;
};

static void emit_sent(void *what)
{
	const struct sent *sent = what;
	struct event event;

	emit_begin_of_other(&event, sent->pid, "kill", &sent->at);
	event.reach = sent->reach;
	event.signal.number = sent->number;
	event.already_dead = sent->already_dead;
	emit_send_of_other(&event);
}

void agent_sent(pid_t pid, enum event_reach reach, int number, int64_t at_us, bool already_dead)
{
	struct sent sent = {.pid = pid,
		.reach = reach,
		.number = (int16_t)number,
		.at = instant_at(at_us),
		.already_dead = already_dead};

	stack_call(emit_sent, &sent);
}
