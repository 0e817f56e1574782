/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/agent.h"

#include "core/base/sys.h"
#include "core/events/event_log.h"
#include "core/events/wait_status.h"
#include "shim/life.h"
#include "shim/stack.h"
#include "shim/tell.h"

#include <time.h>

/* As many threads can tell at once. Others wait for their turn, at most so many times this long. */
#define PLACES 4
#define TURNS 400
#define TURN_NS 50000L

static struct place {
	struct event event;
	char scratch[EVENT_SCRATCH_SIZE];
} places[PLACES];

/* A place that is now the caller's; -1: there is none. */
static int find_place(void)
{
	for (int i = 0; i < PLACES; i++)
		if ((atomic_fetch_or(&life.agents, 1u << i) & 1u << i) == 0)
			return i;
	return -1;
}

/* One holds a place for as long as a write takes. */
static int take_place(void)
{
	struct timespec turn = { .tv_nsec = TURN_NS };
	int place = find_place();

	for (int i = 0; place < 0 && i < TURNS; i++) {
		sys_call(SYS_nanosleep, (long)&turn, 0, 0, 0, 0, 0);
		place = find_place();
	}
	if (place < 0)
		atomic_fetch_add(&life.dropped, 1);
	return place;
}

static void give_back(int place)
{
	atomic_fetch_and(&life.agents, ~(1u << place));
}

/* Of a child whom SIGKILL ended, or another signal between vfork and exec, nobody else will. */
static void fill_end(struct event *event, int status, const struct rusage *usage)
{
	event_wait_status(event, status);
	if (usage != NULL)
		event_wait_usage(event, usage);
	event->second_hand = event->signal.number != SIGKILL && !life_was_mute_child(event->pid);
}

struct ended {
	pid_t child;
	int status;
	const struct rusage *usage;
	struct instant at;
};

static void tell_ended(void *what)
{
	const struct ended *ended = what;
	int place = take_place();
	struct event *event;

	if (place < 0)
		return;
	event = &places[place].event;
	tell_begin_of_other(event, ended->child, "wait", &ended->at);
	event->process.ppid = event->teller.pid;
	fill_end(event, ended->status, ended->usage);
	tell_send_of_other(event, places[place].scratch);
	give_back(place);
}

void agent_ended(pid_t child, int status, const struct rusage *usage)
{
	struct ended ended = {
		.child = child, .status = status, .usage = usage, .at = instant_now() };

	stack_call(tell_ended, &ended);
}

struct sent {
	pid_t pid;
	enum event_reach reach;
	int number;
	const struct instant *at;
};

static void tell_sent(void *what)
{
	const struct sent *sent = what;
	int place = take_place();
	struct event *event;

	if (place < 0)
		return;
	event = &places[place].event;
	tell_begin_of_other(event, sent->pid, "kill", sent->at);
	event->state = NODE_RUNNING;
	event->reach = sent->reach;
	event->signal.number = sent->number;
	tell_send_of_other(event, places[place].scratch);
	give_back(place);
}

void agent_sent(pid_t pid, enum event_reach reach, int number, const struct instant *at)
{
	struct sent sent = { .pid = pid, .reach = reach, .number = number, .at = at };

	stack_call(tell_sent, &sent);
}
