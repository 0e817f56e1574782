/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_monitor.h"

#include "core/cli/run/run_descent.h"
#include "core/cli/run/run_pidfd.h"

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
#define DRAIN_US 200000

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

void monitor_begin(struct monitor *monitor, const struct run_directory *rundir)
{
	*monitor = (struct monitor){.epoll = -1, .signals = -1};
	agent_hostname(monitor->hostname);
	tail_begin(&monitor->tail, rundir->absolute, monitor->hostname);
	monitor->shut_out = (struct shut_out){rundir->absolute, UID_UNKNOWN};
}

static bool listen_for(const struct monitor *monitor, int fd, uint32_t events, const void *what)
{
	struct epoll_event event = {.events = events, .data.ptr = (void *)(uintptr_t)what};

	return fd >= 0 && epoll_ctl(monitor->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void forget(struct monitor *monitor, struct known *known)
{
	known_remove(&monitor->known, known);
}

/* Who waits for KNOWN has vigil in it and lives, as far as is known. */
static bool has_reporter(const struct monitor *monitor, const struct known *known)
{
	const struct known *waiter = known_find(&monitor->known, known->ppid, 0);

	return waiter != NULL && waiter->state == KNOWN_WATCHED;
}

static void set_gone(struct monitor *monitor, struct known *known)
{
	if (known->status == STATUS_UNKNOWN)
		known->status = pidfd_status(known->pidfd);
	if (known->ended.mono_us == 0)
		known->ended = instant_now();
	known_look_for_oom(known);
	known->state = KNOWN_GONE;
	known->patience_us =
		now_us() + (has_reporter(monitor, known) ? PATIENCE_REPORTER_US : PATIENCE_US);
	monitor->patience_us = earlier(monitor->patience_us, known->patience_us);
}

static void emit(struct monitor *monitor, struct known *known)
{
	struct ended ended = {
		.pid = known->pid,
		.status = known->status,
		.at = known->ended,
		.stat = {.ppid = known->ppid, .start_ticks = known->start_ticks},
		.known = known,
		.oom = known->oom,
		.oom_killed = known->oom_killed,
	};

	shut_out_note(&monitor->shut_out, known->user);
	agent_emit(monitor->agent, &ended);
	forget(monitor, known);
}

/*
 * A process that is gone at the first look. Where it is not surely one of ours, time will report:
 * its own end may come, if its number only means nothing here.
 */
static void on_missing(struct monitor *monitor, struct known *known)
{
	if (descends_from_us(&monitor->known, known->ppid))
		set_gone(monitor, known);
	else if (monitor->outermost)
		known->state = KNOWN_LOST;
	else
		forget(monitor, known);
}

/* KNOWN, which is there, is ours to report: its parent may be another by now. */
static bool is_ours(const struct monitor *monitor, const struct known *known)
{
	struct process_stat stat;
	pid_t parent = process_stat(known->pid, &stat) == 0 ? stat.ppid : known->ppid;

	return descends_from_us(&monitor->known, parent) ||
	       (monitor->outermost && descends_from_none(parent));
}

static void set_cgroup(struct monitor *monitor, struct known *known)
{
	struct oom_cgroup *cgroup = oom_cgroup_of(&monitor->oom, known->pid);

	if (cgroup != NULL)
		known->cgroup = cgroup;
}

static void begin_watching(struct monitor *monitor, struct known *known)
{
	int pidfd = pidfd_of(known->pid, known->start_ticks, monitor->pidfds_below);

	if (pidfd == -ESRCH) {
		on_missing(monitor, known);
		return;
	}
	known->pidfd = pidfd < 0 ? -1 : pidfd;
	if (!is_ours(monitor, known)) {
		forget(monitor, known);
		return;
	}
	set_cgroup(monitor, known);
	known->state =
		listen_for(monitor, known->pidfd, EPOLLIN, known) ? KNOWN_WATCHED : KNOWN_UNSEEN;
}

static void watch_fresh(struct monitor *monitor)
{
	for (size_t i = 0; i < monitor->fresh_count; i++) {
		struct known *known = known_find(&monitor->known, monitor->fresh[i], 0);

		if (known != NULL && known->state == KNOWN_NEW)
			begin_watching(monitor, known);
	}
	monitor->fresh_count = 0;
}

static void add_fresh(struct monitor *monitor, pid_t pid)
{
	if (monitor->fresh_count == monitor->fresh_room) {
		size_t room = monitor->fresh_room * 2 + 64;
		pid_t *fresh = reallocarray(monitor->fresh, room, sizeof *fresh);

		if (fresh == NULL)
			return;
		monitor->fresh = fresh;
		monitor->fresh_room = room;
	}
	monitor->fresh[monitor->fresh_count++] = pid;
}

static void on_begin(struct monitor *monitor, const struct event_record *record)
{
	struct known *known;

	if (strcmp(record->boot_id, monitor->agent->boot_id) != 0 || record->start_ticks == 0)
		return;
	monitor->command_began |= record->pid == monitor->command;
	known = known_note(&monitor->known, record);
	if (known == NULL)
		return;
	if (known->state == KNOWN_NEW)
		add_fresh(monitor, known->pid);
	else
		set_cgroup(monitor, known); /* a wrapper goes into another before it executes */
}

/*
 * Somebody reports KNOWN's end. That it was killed for lack of memory he does not know: then we
 * report it, too, as of now, because of two words the later one counts.
 */
static void on_end(struct monitor *monitor, struct known *known, const struct event_record *record)
{
	if (record->source == SOURCE_AGENT && record->end->event.signal.number == SIGKILL) {
		known->status = SIGKILL;
		known_look_for_oom(known);
		if (known->oom_killed) {
			known->ended = instant_now();
			emit(monitor, known);
			return;
		}
	}
	if (record->source == SOURCE_AGENT)
		shut_out_note(&monitor->shut_out, known->user);
	forget(monitor, known);
}

static void take(void *context, const struct event_record *record)
{
	struct monitor *monitor = context;
	struct known *known;

	if (strcmp(record->run_id, monitor->run_id) != 0)
		return;
	if (record->state == NODE_INIT) {
		on_begin(monitor, record);
		return;
	}
	known = known_find(&monitor->known, record->pid, record->start_ticks);
	/* After a program that could not be started, the process has still to end. */
	if (known != NULL && record->end != NULL && record->end->event.cause != CAUSE_EXEC_FAILED)
		on_end(monitor, known, record);
}

/* A monitor below another is one of many: lines of others' processes must not cost it anything. */
static bool wants(void *context, pid_t pid, bool is_init, const char *line, size_t count)
{
	struct monitor *monitor = context;
	char own[32];

	if (!is_init)
		return known_find(&monitor->known, pid, 0) != NULL;
	if (monitor->outermost)
		return true;
	snprintf(own, sizeof own, "pid\":%d,", getpid());
	if (memmem(line, count, own, strlen(own)) != NULL)
		return true; /* our own child, or an ancestor of it is us */
	return descends_from_us(&monitor->known, (pid_t)tail_number(line, count, "\"ppid\":"));
}

static void read_events(struct monitor *monitor)
{
	struct epoll_event again = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = &monitor->tail};

	tail_read(&monitor->tail);
	monitor->was_read_us = now_us();
	watch_fresh(monitor);
	if (monitor->read_us != 0)
		epoll_ctl(monitor->epoll, EPOLL_CTL_MOD, monitor->tail.changes, &again);
	monitor->read_us = 0;
}

/* The process of a pidfd has ended; with EPOLLHUP, which is there since Linux 6.9, also its zombie
 * is gone. */
static void on_pidfd(struct monitor *monitor, struct known *known, uint32_t events)
{
	struct epoll_event event = {.events = 0, .data.ptr = known}; /* EPOLLHUP always comes */

	if (known->state == KNOWN_WATCHED) {
		known->ended = instant_now();
		known->user = user_of_process(known->pid);
		known->status = zombie_status(known->pid, known->start_ticks, NULL);
		known->state = KNOWN_DEAD;
		epoll_ctl(monitor->epoll, EPOLL_CTL_MOD, known->pidfd, &event);
		if (known->status != STATUS_UNKNOWN)
			known_look_for_oom(known);
	}
	if ((events & EPOLLHUP) != 0) {
		epoll_ctl(monitor->epoll, EPOLL_CTL_DEL, known->pidfd, NULL);
		set_gone(monitor, known);
	}
}

/* Returns whether it is a signal. */
static bool on_event(struct monitor *monitor, const struct epoll_event *event)
{
	if (event->data.ptr == &monitor->signals)
		return true;
	if (event->data.ptr == &monitor->tail) {
		tail_read_changes(&monitor->tail);
		monitor->read_us = monitor->was_read_us + GATHER_US;
	} else {
		on_pidfd(monitor, event->data.ptr, event->events);
	}
	return false;
}

static void emit_if_due(void *context, struct known *known)
{
	struct monitor *monitor = context;

	if (known->state != KNOWN_GONE)
		return;
	if (known->patience_us <= now_us())
		emit(monitor, known);
	else
		monitor->patience_us = earlier(monitor->patience_us, known->patience_us);
}

static void do_what_is_due(struct monitor *monitor)
{
	int64_t now = now_us();
	bool is_patience_over = monitor->patience_us != 0 && monitor->patience_us <= now;

	if (is_patience_over || (monitor->read_us != 0 && monitor->read_us <= now))
		read_events(monitor); /* somebody else may have reported by now */
	if (!is_patience_over)
		return;
	monitor->patience_us = 0;
	known_each(&monitor->known, emit_if_due, monitor);
}

/* Wait until something happens or is due; returns whether it is a signal. */
static bool look(struct monitor *monitor)
{
	struct epoll_event events[64];
	int64_t due = earlier(earlier(monitor->read_us, monitor->patience_us), monitor->until_us);
	int64_t left = due == 0 ? -1 : due - now_us();
	int timeout = due == 0 ? -1 : left <= 0 ? 0 : (int)((left + 999) / 1000);
	int count = epoll_wait(monitor->epoll, events, sizeof events / sizeof *events, timeout);
	bool signal = false;

	for (int i = 0; i < count; i++)
		signal |= on_event(monitor, &events[i]);
	do_what_is_due(monitor);
	return signal;
}

bool monitor_wait(struct monitor *monitor)
{
	if (monitor->epoll < 0)
		return false;
	while (!look(monitor))
		;
	return true;
}

bool monitor_drain(struct monitor *monitor)
{
	if (monitor->epoll < 0)
		return false;
	if (monitor->until_us == 0) {
		read_events(monitor);
		known_expect(&monitor->known);
		monitor->until_us = now_us() + DRAIN_US;
	}
	while (known_expects(&monitor->known) && now_us() < monitor->until_us)
		if (look(monitor))
			return true;
	return false;
}

void monitor_open(struct monitor *monitor, const struct run_directory *rundir, struct agent *agent,
	pid_t command)
{
	sigset_t all;

	monitor->agent = agent;
	monitor->command = command;
	monitor->outermost = !rundir->shared;
	snprintf(monitor->run_id, sizeof monitor->run_id, "%s", rundir->run_id);
	monitor->pidfds_below = pidfd_raise_limit();
	oom_watch_begin(&monitor->oom, "/proc/self/mountinfo");
	monitor->cgroup = oom_cgroup_of(&monitor->oom, getpid());
	sigfillset(&all);
	monitor->epoll = epoll_create1(EPOLL_CLOEXEC);
	monitor->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (!listen_for(monitor, monitor->signals, EPOLLIN, &monitor->signals)) {
		close(monitor->epoll);
		monitor->epoll = -1;
		return;
	}
	monitor->tail.wants = wants;
	monitor->tail.takes = take;
	monitor->tail.context = monitor;
	if (tail_open(&monitor->tail) < 0)
		return;
	listen_for(monitor, monitor->tail.changes, EPOLLIN | EPOLLONESHOT, &monitor->tail);
	read_events(monitor); /* what was written before we listened */
}

/* The loader gave up: the command said nothing, although its first word would have been heard. */
static bool is_unstarted(const struct monitor *monitor, const struct ended *ended)
{
	return ended->is_command && !monitor->command_began && monitor->tail.changes >= 0 &&
	       WIFEXITED(ended->status) && WEXITSTATUS(ended->status) == LOADER_FAILED;
}

void monitor_fill(
	struct monitor *monitor, struct ended *ended, bool loaded, struct known *ret_known)
{
	struct known *known;

	read_events(monitor); /* its INIT was written before it ended */
	known = known_find(&monitor->known, ended->pid, ended->stat.start_ticks);
	*ret_known = known == NULL ? (struct known){.cgroup = monitor->cgroup} : *known;
	ret_known->status = ended->status;
	known_look_for_oom(ret_known);
	ended->unstarted = loaded && is_unstarted(monitor, ended);
	ended->oom = ret_known->oom;
	ended->oom_killed = ret_known->oom_killed;
	ended->known = known == NULL ? NULL : ret_known;
	ended->reported = known == NULL && ended->is_command && monitor->command_began;
	if (known != NULL) {
		shut_out_note(&monitor->shut_out, ended->user);
		forget(monitor, known);
	}
}

/* Whatever has ended by now, without waiting. */
static void collect(struct monitor *monitor)
{
	struct epoll_event events[64];
	int count, processes;

	if (monitor->epoll < 0)
		return;
	do {
		count = epoll_wait(monitor->epoll, events, sizeof events / sizeof *events, 0);
		processes = 0;
		for (int i = 0; i < count; i++)
			processes += events[i].data.ptr != &monitor->signals &&
				     events[i].data.ptr != &monitor->tail;
		for (int i = 0; i < count; i++)
			on_event(monitor, &events[i]);
	} while (processes > 0);
}

/* KNOWN has no descriptor that would say so. */
static void look_if_gone(void *context, struct known *known)
{
	if ((known->state == KNOWN_LOST && !somebody_began_at(known->start_ticks)) ||
		(known->state == KNOWN_UNSEEN && !process_is_there(known->pid, known->start_ticks)))
		set_gone(context, known);
}

static void emit_if_ended(void *context, struct known *known)
{
	if (known->state == KNOWN_DEAD || known->state == KNOWN_GONE)
		emit(context, known);
	else
		forget(context, known);
}

void monitor_end(struct monitor *monitor)
{
	int looks = 0;

	read_events(monitor);
	do {
		collect(monitor);
		watch_fresh(monitor);
		known_each(&monitor->known, look_if_gone, monitor);
		tail_read(&monitor->tail); /* what is gone by now has reported its end before */
	} while (monitor->fresh_count > 0 && ++looks < LAST_LOOKS);
	known_each(&monitor->known, emit_if_ended, monitor);
	tail_close(&monitor->tail);
	oom_watch_end(&monitor->oom);
	free(monitor->fresh);
	monitor->fresh = NULL;
	if (monitor->epoll >= 0)
		close(monitor->epoll);
	if (monitor->signals >= 0)
		close(monitor->signals);
	monitor->epoll = monitor->signals = -1;
}
