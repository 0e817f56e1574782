/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/agent.h"

#include "core/base/busy.h"
#include "core/base/patience.h"
#include "core/base/sys.h"
#include "core/events/event_log.h"
#include "core/events/wait_status.h"
#include "shim/life.h"
#include "shim/tell.h"

/* As many threads can tell at once. Others wait for their turn, at most so long. */
#define PLACES 4
#define TURN_MS 20
#define PAUSE_US 50

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
	struct patience patience = { .most_ms = TURN_MS };
	int place = find_place();

	while (place < 0 && patience_left(&patience) > 0) {
		busy_pause(PAUSE_US);
		place = find_place();
	}
	patience_end(&patience, place >= 0);
	if (place < 0)
		atomic_fetch_add(&life.dropped, 1);
	return place;
}

static void give_back(int place)
{
	atomic_fetch_and(&life.agents, ~(1u << place));
}

static uint64_t block_signals(void)
{
	uint64_t all = ~(uint64_t)0, before = 0;

	sys_sigprocmask(SIG_SETMASK, &all, &before);
	return before;
}

/* Of a child whom SIGKILL ended, or another signal between vfork and exec, nobody else will. */
static void fill_end(struct event *event, int status, const struct rusage *usage)
{
	event_wait_status(event, status);
	if (usage != NULL)
		event_wait_usage(event, usage);
	event->second_hand = event->signal.number != SIGKILL && !life_was_mute_child(event->pid);
}

void agent_ended(pid_t child, int status, const struct rusage *usage)
{
	struct instant now = instant_now();
	uint64_t before = block_signals();
	int place = take_place();

	if (place >= 0) {
		struct event *event = &places[place].event;

		tell_begin_of_other(event, child, "wait", &now);
		event->process.ppid = event->teller.pid;
		fill_end(event, status, usage);
		tell_send_of_other(event, places[place].scratch);
		give_back(place);
	}
	sys_sigprocmask(SIG_SETMASK, &before, NULL);
}

void agent_sent(pid_t pid, enum event_reach reach, int number, const struct instant *at)
{
	uint64_t before = block_signals();
	int place = take_place();

	if (place >= 0) {
		struct event *event = &places[place].event;

		tell_begin_of_other(event, pid, "kill", at);
		event->state = NODE_RUNNING;
		event->reach = reach;
		event->signal.number = number;
		tell_send_of_other(event, places[place].scratch);
		give_back(place);
	}
	sys_sigprocmask(SIG_SETMASK, &before, NULL);
}
