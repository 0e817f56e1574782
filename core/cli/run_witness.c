/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run_witness.h"

#include "core/cli/run_descent.h"
#include "core/cli/run_pidfd.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The file is read at most once in this time: most of what a build starts is over by then. */
#define GATHER_US 2000

/*
 * How long the waiter of a process that has gone may take to report it; and how long if vigil is
 * in it and it lives, so that it surely will: on a busy machine it may have to wait for its turn.
 */
#define PATIENCE_US 150000
#define PATIENCE_REPORTER_US 2000000

/*
 * How long those that are about to end may take once the command has failed. Whom a launcher killed
 * on its way out (MPICH's ranks) is gone within 30 ms, within 140 with four such jobs on each
 * processor. Who is let down otherwise takes a second or more, or lives on (Open MPI's ranks,
 * torchrun's): too long to wait for.
 */
#define SEE_OFF_US 200000

/* How often what has just begun is waited for at the end of the run. */
#define LAST_LOOKS 8

/* What ld.so ends a program with that it cannot load. */
#define LOADER_FAILED 127

static int64_t now_us(void)
{
	return instant_mono_us();
}

/* The earlier of two moments; 0: never. */
static int64_t earlier(int64_t one, int64_t other)
{
	return one == 0 || (other != 0 && other < one) ? other : one;
}

void witness_begin(struct witness *witness, const struct run_place *place)
{
	*witness = (struct witness){ .epoll = -1, .signals = -1 };
	agent_hostname(witness->hostname);
	tail_begin(&witness->tail, place->absolute, witness->hostname);
	witness->shut_out = (struct shut_out){ place->absolute, UID_UNKNOWN };
}

static bool listen_for(const struct witness *witness, int fd, uint32_t events, const void *what)
{
	struct epoll_event event = { .events = events, .data.ptr = (void *)(uintptr_t)what };

	return fd >= 0 && epoll_ctl(witness->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void forget(struct witness *witness, struct known *known)
{
	known_remove(&witness->known, known);
}

/* Who waits for KNOWN has vigil in it and lives, as far as is known. */
static bool has_reporter(const struct witness *witness, const struct known *known)
{
	const struct known *waiter = known_find(&witness->known, known->ppid, 0);

	return waiter != NULL && waiter->state == KNOWN_WATCHED;
}

static void set_gone(struct witness *witness, struct known *known)
{
	if (known->status == STATUS_UNKNOWN)
		known->status = pidfd_status(known->pidfd);
	if (known->ended.mono_us == 0)
		known->ended = instant_now();
	known_look_for_oom(known);
	known->state = KNOWN_GONE;
	known->patience_us = now_us() + (has_reporter(witness, known) ? PATIENCE_REPORTER_US
								    : PATIENCE_US);
	witness->patience_us = earlier(witness->patience_us, known->patience_us);
}

static void emit(struct witness *witness, struct known *known)
{
	struct ended ended = {
		.pid = known->pid,
		.status = known->status,
		.at = known->ended,
		.stat = { .ppid = known->ppid, .start_ticks = known->start_ticks },
		.known = known,
		.oom = known->oom,
		.oom_killed = known->oom_killed,
	};

	shut_out_note(&witness->shut_out, known->user);
	agent_emit(witness->agent, &ended);
	forget(witness, known);
}

/*
 * A process that is gone at the first look. Where it is not surely one of ours, time will report: its
 * own end may come, if its number only means nothing here.
 */
static void on_missing(struct witness *witness, struct known *known)
{
	if (descends_from_us(&witness->known, known->ppid))
		set_gone(witness, known);
	else if (witness->outermost)
		known->state = KNOWN_LOST;
	else
		forget(witness, known);
}

/* KNOWN, which is there, is ours to report: its parent may be another by now. */
static bool is_ours(const struct witness *witness, const struct known *known)
{
	struct process_stat stat;
	pid_t parent = process_stat(known->pid, &stat) == 0 ? stat.ppid : known->ppid;

	return descends_from_us(&witness->known, parent) ||
	       (witness->outermost && descends_from_none(parent));
}

static void set_cgroup(struct witness *witness, struct known *known)
{
	struct oom_cgroup *cgroup = oom_cgroup_of(&witness->oom, known->pid);

	if (cgroup != NULL)
		known->cgroup = cgroup;
}

static void begin_watching(struct witness *witness, struct known *known)
{
	int pidfd = pidfd_of(known->pid, known->start_ticks, witness->pidfds_below);

	if (pidfd == -ESRCH) {
		on_missing(witness, known);
		return;
	}
	known->pidfd = pidfd < 0 ? -1 : pidfd;
	if (!is_ours(witness, known)) {
		forget(witness, known);
		return;
	}
	set_cgroup(witness, known);
	known->state = listen_for(witness, known->pidfd, EPOLLIN, known) ? KNOWN_WATCHED
									  : KNOWN_UNSEEN;
}

static void watch_fresh(struct witness *witness)
{
	for (size_t i = 0; i < witness->fresh_count; i++) {
		struct known *known = known_find(&witness->known, witness->fresh[i], 0);

		if (known != NULL && known->state == KNOWN_NEW)
			begin_watching(witness, known);
	}
	witness->fresh_count = 0;
}

static void add_fresh(struct witness *witness, pid_t pid)
{
	if (witness->fresh_count == witness->fresh_room) {
		size_t room = witness->fresh_room * 2 + 64;
		pid_t *fresh = reallocarray(witness->fresh, room, sizeof *fresh);

		if (fresh == NULL)
			return;
		witness->fresh = fresh;
		witness->fresh_room = room;
	}
	witness->fresh[witness->fresh_count++] = pid;
}

static void on_begin(struct witness *witness, const struct event_record *record)
{
	struct known *known;

	if (strcmp(record->boot_id, witness->agent->boot_id) != 0 || record->start_ticks == 0)
		return;
	witness->command_began |= record->pid == witness->command;
	known = known_note(&witness->known, record);
	if (known == NULL)
		return;
	if (known->state == KNOWN_NEW)
		add_fresh(witness, known->pid);
	else
		set_cgroup(witness, known); /* a wrapper goes into another before it executes */
}

/*
 * Somebody reports KNOWN's end. That it was killed for lack of memory he does not know: then we
 * report it, too, as of now, because of two words the later one counts.
 */
static void on_end(struct witness *witness, struct known *known, const struct event_record *record)
{
	if (record->source == SOURCE_AGENT && record->end->event.signal.number == SIGKILL) {
		known->status = SIGKILL;
		known_look_for_oom(known);
		if (known->oom_killed) {
			known->ended = instant_now();
			emit(witness, known);
			return;
		}
	}
	if (record->source == SOURCE_AGENT)
		shut_out_note(&witness->shut_out, known->user);
	forget(witness, known);
}

static void take(void *context, const struct event_record *record)
{
	struct witness *witness = context;
	struct known *known;

	if (strcmp(record->run_id, witness->run_id) != 0)
		return;
	if (record->state == NODE_INIT) {
		on_begin(witness, record);
		return;
	}
	known = known_find(&witness->known, record->pid, record->start_ticks);
	/* After a program that could not be started, the process has still to end. */
	if (known != NULL && record->end != NULL && record->end->event.cause != CAUSE_EXEC_FAILED)
		on_end(witness, known, record);
}

/* A witness below another is one of many: lines of others' processes must not cost it anything. */
static bool wants(void *context, pid_t pid, bool is_init, const char *line, size_t count)
{
	struct witness *witness = context;
	char own[32];

	if (!is_init)
		return known_find(&witness->known, pid, 0) != NULL;
	if (witness->outermost)
		return true;
	snprintf(own, sizeof own, "pid\":%d,", getpid());
	if (memmem(line, count, own, strlen(own)) != NULL)
		return true; /* our own child, or an ancestor of it is us */
	return descends_from_us(&witness->known, (pid_t)tail_number(line, count, "\"ppid\":"));
}

static void read_events(struct witness *witness)
{
	struct epoll_event again = { .events = EPOLLIN | EPOLLONESHOT, .data.ptr = &witness->tail };

	tail_read(&witness->tail);
	witness->was_read_us = now_us();
	watch_fresh(witness);
	if (witness->read_us != 0)
		epoll_ctl(witness->epoll, EPOLL_CTL_MOD, witness->tail.changes, &again);
	witness->read_us = 0;
}

/* The process of a pidfd has ended; with EPOLLHUP, which is there since Linux 6.9, also its zombie
 * is gone. */
static void on_pidfd(struct witness *witness, struct known *known, uint32_t events)
{
	struct epoll_event event = { .events = 0, .data.ptr = known }; /* EPOLLHUP always comes */

	if (known->state == KNOWN_WATCHED) {
		known->ended = instant_now();
		known->user = user_of_process(known->pid);
		known->status = zombie_status(known->pid, known->start_ticks, NULL);
		known->state = KNOWN_DEAD;
		epoll_ctl(witness->epoll, EPOLL_CTL_MOD, known->pidfd, &event);
		if (known->status != STATUS_UNKNOWN)
			known_look_for_oom(known);
	}
	if ((events & EPOLLHUP) != 0) {
		epoll_ctl(witness->epoll, EPOLL_CTL_DEL, known->pidfd, NULL);
		set_gone(witness, known);
	}
}

/* Returns whether it is a signal. */
static bool on_event(struct witness *witness, const struct epoll_event *event)
{
	if (event->data.ptr == &witness->signals)
		return true;
	if (event->data.ptr == &witness->tail) {
		tail_heard(&witness->tail);
		witness->read_us = witness->was_read_us + GATHER_US;
	} else {
		on_pidfd(witness, event->data.ptr, event->events);
	}
	return false;
}

static void emit_if_due(void *context, struct known *known)
{
	struct witness *witness = context;

	if (known->state != KNOWN_GONE)
		return;
	if (known->patience_us <= now_us())
		emit(witness, known);
	else
		witness->patience_us = earlier(witness->patience_us, known->patience_us);
}

static void do_what_is_due(struct witness *witness)
{
	int64_t now = now_us();
	bool is_patience_over = witness->patience_us != 0 && witness->patience_us <= now;

	if (is_patience_over || (witness->read_us != 0 && witness->read_us <= now))
		read_events(witness); /* somebody else may have reported by now */
	if (!is_patience_over)
		return;
	witness->patience_us = 0;
	known_each(&witness->known, emit_if_due, witness);
}

/* Wait until something happens or is due; returns whether it is a signal. */
static bool look(struct witness *witness)
{
	struct epoll_event events[64];
	int64_t due = earlier(earlier(witness->read_us, witness->patience_us), witness->until_us);
	int64_t left = due == 0 ? -1 : due - now_us();
	int timeout = due == 0 ? -1 : left <= 0 ? 0 : (int)((left + 999) / 1000);
	int count = epoll_wait(witness->epoll, events, sizeof events / sizeof *events, timeout);
	bool signal = false;

	for (int i = 0; i < count; i++)
		signal |= on_event(witness, &events[i]);
	do_what_is_due(witness);
	return signal;
}

bool witness_wait(struct witness *witness)
{
	if (witness->epoll < 0)
		return false;
	while (!look(witness))
		;
	return true;
}

bool witness_see_off(struct witness *witness)
{
	if (witness->epoll < 0)
		return false;
	if (witness->until_us == 0) {
		read_events(witness);
		known_expect(&witness->known);
		witness->until_us = now_us() + SEE_OFF_US;
	}
	while (known_expects(&witness->known) && now_us() < witness->until_us)
		if (look(witness))
			return true;
	return false;
}

void witness_open(struct witness *witness, const struct run_place *place, struct agent *agent,
	pid_t command)
{
	sigset_t all;

	witness->agent = agent;
	witness->command = command;
	witness->outermost = !place->shared;
	snprintf(witness->run_id, sizeof witness->run_id, "%s", place->run_id);
	witness->pidfds_below = pidfd_raise_limit();
	oom_watch_begin(&witness->oom, "/proc/self/mountinfo");
	witness->cgroup = oom_cgroup_of(&witness->oom, getpid());
	sigfillset(&all);
	witness->epoll = epoll_create1(EPOLL_CLOEXEC);
	witness->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (!listen_for(witness, witness->signals, EPOLLIN, &witness->signals)) {
		close(witness->epoll);
		witness->epoll = -1;
		return;
	}
	witness->tail.wants = wants;
	witness->tail.takes = take;
	witness->tail.context = witness;
	if (tail_open(&witness->tail) < 0)
		return;
	listen_for(witness, witness->tail.changes, EPOLLIN | EPOLLONESHOT, &witness->tail);
	read_events(witness); /* what was written before we listened */
}

/* The loader gave up: the command said nothing, although its first word would have been heard. */
static bool is_unstarted(const struct witness *witness, const struct ended *ended)
{
	return ended->is_command && !witness->command_began && witness->tail.changes >= 0 &&
	       WIFEXITED(ended->status) && WEXITSTATUS(ended->status) == LOADER_FAILED;
}

void witness_fill(
	struct witness *witness, struct ended *ended, bool loaded, struct known *ret_known)
{
	struct known *known;

	read_events(witness); /* its INIT was written before it ended */
	known = known_find(&witness->known, ended->pid, ended->stat.start_ticks);
	*ret_known = known == NULL ? (struct known){ .cgroup = witness->cgroup } : *known;
	ret_known->status = ended->status;
	known_look_for_oom(ret_known);
	ended->unstarted = loaded && is_unstarted(witness, ended);
	ended->oom = ret_known->oom;
	ended->oom_killed = ret_known->oom_killed;
	ended->known = known == NULL ? NULL : ret_known;
	ended->reported = known == NULL && ended->is_command && witness->command_began;
	if (known != NULL) {
		shut_out_note(&witness->shut_out, ended->user);
		forget(witness, known);
	}
}

/* Whatever has ended by now, without waiting. */
static void collect(struct witness *witness)
{
	struct epoll_event events[64];
	int count, processes;

	if (witness->epoll < 0)
		return;
	do {
		count = epoll_wait(witness->epoll, events, sizeof events / sizeof *events, 0);
		processes = 0;
		for (int i = 0; i < count; i++)
			processes += events[i].data.ptr != &witness->signals &&
				     events[i].data.ptr != &witness->tail;
		for (int i = 0; i < count; i++)
			on_event(witness, &events[i]);
	} while (processes > 0);
}

/* KNOWN has no descriptor that would say so. */
static void look_if_gone(void *context, struct known *known)
{
	if ((known->state == KNOWN_LOST && !somebody_began_at(known->start_ticks)) ||
		(known->state == KNOWN_UNSEEN &&
			!process_is_there(known->pid, known->start_ticks)))
		set_gone(context, known);
}

static void emit_if_ended(void *context, struct known *known)
{
	if (known->state == KNOWN_DEAD || known->state == KNOWN_GONE)
		emit(context, known);
	else
		forget(context, known);
}

void witness_end(struct witness *witness)
{
	int looks = 0;

	read_events(witness);
	do {
		collect(witness);
		watch_fresh(witness);
		known_each(&witness->known, look_if_gone, witness);
		tail_read(&witness->tail); /* what is gone by now has reported its end before */
	} while (witness->fresh_count > 0 && ++looks < LAST_LOOKS);
	known_each(&witness->known, emit_if_ended, witness);
	tail_close(&witness->tail);
	oom_watch_end(&witness->oom);
	free(witness->fresh);
	witness->fresh = NULL;
	if (witness->epoll >= 0)
		close(witness->epoll);
	if (witness->signals >= 0)
		close(witness->signals);
	witness->epoll = witness->signals = -1;
}
