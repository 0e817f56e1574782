/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_monitor.h"

#include "core/base/grow.h"
#include "core/cli/cli.h"
#include "core/cli/run/run_pidfd.h"
#include "core/report/job/kills.h"
#include "core/report/unwatched_text.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long to wait after the event file has grown before it is read: by then most of the processes
 * that a build starts have terminated again. */
#define GATHER_US 2000

/* How long, after the command has failed, to wait for processes that are about to terminate. Those
 * that a launcher kills as it exits (MPICH's ranks) are gone within 30 ms, or 140 with four such
 * jobs on each processor. Others take more than a second, or stay (Open MPI's ranks,
 * torchrun's). */
#define DRAIN_US 200000

/* How often we look, at the end of the run, for processes that have just started. */
#define LAST_LOOKS 8

/* The exit status of ld.so when it cannot load a program. */
#define LOADER_FAILED 127

/* How the comms of vigil's helpers begin, which are no processes of the job: the preload's tracer
 * (shim/base/tracer.h), and those of a monitor below. They outlive the process that they work for
 * if that is killed, and are ours then. */
#define OWN_HELPERS "vigil-"

static bool is_vigils(const char *comm)
{
	return strncmp(comm, OWN_HELPERS, sizeof OWN_HELPERS - 1) == 0;
}

/* The earlier of two moments; 0: never. */
static int64_t earlier(int64_t one, int64_t other)
{
	return one == 0 || (other != 0 && other < one) ? other : one;
}

static bool listen_for(const struct monitor *monitor, int fd, uint32_t events, const void *what)
{
	struct epoll_event event = {.events = events, .data.ptr = (void *)(uintptr_t)what};

	return fd >= 0 && epoll_ctl(monitor->tracking.epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void examine_fresh(struct monitor *monitor)
{
	for (size_t i = 0; i < monitor->fresh_count; i++) {
		struct tracked *process = tracked_find(&monitor->tracking, monitor->fresh[i], 0);

		if (process != NULL &&
			!(monitor->command_is_gone && process->pid == monitor->command))
			tracked_fire(&monitor->tracking, process, ON_FIRST_LOOK);
	}
	monitor->fresh_count = 0;
}

static void on_init(struct monitor *monitor, const struct event_record *record)
{
	struct tracked *process;

	if (strcmp(record->boot_id, monitor->tracking.agent->boot_id) != 0 ||
		record->start_ticks == 0)
		return;
	monitor->command_began |= record->pid == monitor->command;
	process = tracked_note(&monitor->tracking, record);
	if (process == NULL)
		return;
	if (record->pid == monitor->command)
		monitor->command_init = process->init;
	if (process->state != TRACKED_NEW)
		tracked_set_cgroup(&monitor->tracking, process);
	else if (grow(&monitor->fresh, &monitor->fresh_room, monitor->fresh_count,
			 sizeof *monitor->fresh))
		monitor->fresh[monitor->fresh_count++] = process->pid;
}

/* What starts the ranks is requested to end, by a parent such as timeout, or by a user's process.
 */
static void on_kill(struct monitor *monitor, const struct event_record *record)
{
	const struct tracked *process = tracked_find(&monitor->tracking, record->pid, 0);

	if (process != NULL && process->has_started_ranks && !record->kill->already_dead &&
		signal_requests_end(record->kill->number))
		monitor_end_requested(monitor, 0);
}

/* Called by the tail with RECORD, an INIT, a kill() or an event about a termination. */
static void take_event(void *context, const struct event_record *record)
{
	struct monitor *monitor = context;
	struct tracked *process;

	if (strcmp(record->run_id, monitor->tracking.rundir->run_id) != 0)
		return;
	if (record->state == NODE_INIT) {
		on_init(monitor, record);
		return;
	}
	if (record->kill != NULL)
		on_kill(monitor, record);
	if (record->end == NULL)
		return;
	process = tracked_find(&monitor->tracking, record->pid, record->start_ticks);
	if (process != NULL)
		tracked_take_report(&monitor->tracking, process, record);
}

/* Called by the tail: the monitor wants the event in LINE. A monitor below another is one of many,
 * and events of others must not cost it much. */
static bool is_wanted(
	const struct monitor *monitor, pid_t pid, bool is_init, const char *line, size_t count)
{
	char own[32];

	if (monitor->command_is_gone)
		return pid == monitor->command;
	if (!is_init)
		return tracked_find(&monitor->tracking, pid, 0) != NULL;
	if (monitor->tracking.outermost)
		return true;
	snprintf(own, sizeof own, "pid\":%d,", getpid());
	if (memmem(line, count, own, strlen(own)) != NULL)
		return true; /* from our own child, or a descendant that names us */
	return descends_from_us(&monitor->tracking, (pid_t)tail_number(line, count, "\"ppid\":"));
}

static bool wants_event(void *context, pid_t pid, bool is_init, const char *line, size_t count)
{
	struct monitor *monitor = context;
	bool wanted = is_wanted(monitor, pid, is_init, line, count);

	if (wanted)
		run_copy_add(&monitor->tracking.agent->copy, line, count);
	return wanted;
}

static void read_events(struct monitor *monitor)
{
	struct epoll_event again = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = &monitor->tail};

	tail_read(&monitor->tail);
	monitor->was_read_us = instant_mono_us();
	examine_fresh(monitor);
	if (monitor->read_at_us != 0)
		epoll_ctl(monitor->tracking.epoll, EPOLL_CTL_MOD, monitor->tail.changes, &again);
	monitor->read_at_us = 0;
}

/* Called with TEXT of the kernel's log, a LINE about a process or a GPU. */
static void take_kernel_line(
	void *context, const struct kernel_line *line, const char *text, int64_t at_us)
{
	struct monitor *monitor = context;
	const struct tracked *process = tracked_find(&monitor->tracking, line->pid, 0);

	agent_emit_system(monitor->tracking.agent, EVENT_WHAT_KERNEL, line->pid,
		process == NULL ? NULL : &process->init, text, at_us);
}

static void read_kernel_log(struct monitor *monitor)
{
	if (!kernel_log_read(&monitor->kernel_log, take_kernel_line, monitor))
		kernel_log_close(&monitor->kernel_log);
}

/* Handle the descriptors that become ready within TIMEOUT milliseconds (-1: no limit). Returns
 * whether a signal is pending, and in *RET_PROCESSES how many pidfds were ready. */
static bool poll_once(struct monitor *monitor, int timeout, int *ret_processes)
{
	struct epoll_event events[64];
	int count = epoll_wait(monitor->tracking.epoll, events, sizeof events / sizeof *events,
		answer_look(&monitor->answering, &monitor->tracking, timeout));
	bool signal = false;

	*ret_processes = 0;
	for (int i = 0; i < count; i++) {
		void *what = events[i].data.ptr;

		if (what == &monitor->signals) {
			signal = true;
		} else if (what == &monitor->tail) {
			tail_read_changes(&monitor->tail);
			monitor->read_at_us = monitor->was_read_us + GATHER_US;
		} else {
			++*ret_processes;
			tracked_fire(&monitor->tracking, what, ON_ENDED);
			if ((events[i].events & EPOLLHUP) != 0)
				tracked_fire(&monitor->tracking, what, ON_REAPED);
		}
	}
	if (*ret_processes > 0)
		read_kernel_log(monitor);
	return signal;
}

static void do_what_is_due(struct monitor *monitor)
{
	int64_t now = instant_mono_us();
	bool is_grace_over =
		monitor->tracking.grace_ends_us != 0 && monitor->tracking.grace_ends_us <= now;

	int64_t look_us = stall_next_us(&monitor->stall, &monitor->tracking);

	if (look_us != 0 && look_us <= now)
		stall_look(&monitor->stall, &monitor->tracking);
	if (is_grace_over || (monitor->read_at_us != 0 && monitor->read_at_us <= now))
		read_events(monitor); /* a parent may have reported by now */
	if (!is_grace_over)
		return;
	monitor->tracking.grace_ends_us = 0;
	tracked_fire_all(&monitor->tracking, ON_GRACE_OVER);
}

/* Wait until a descriptor is ready or a time has come. Returns whether a signal is pending. */
static bool wait_once(struct monitor *monitor)
{
	int64_t due = earlier(earlier(monitor->read_at_us, monitor->tracking.grace_ends_us),
		earlier(monitor->drain_ends_us,
			stall_next_us(&monitor->stall, &monitor->tracking)));
	int64_t left = due == 0 ? -1 : due - instant_mono_us();
	int processes, timeout = due == 0 ? -1 : left <= 0 ? 0 : (int)((left + 999) / 1000);
	bool signal = poll_once(monitor, timeout, &processes);

	do_what_is_due(monitor);
	return signal;
}

void monitor_end_requested(struct monitor *monitor, int64_t most_ms)
{
	stall_last_look(&monitor->stall, &monitor->tracking, most_ms);
}

bool monitor_wait(struct monitor *monitor)
{
	if (monitor->tracking.epoll < 0)
		return false;
	while (!wait_once(monitor))
		;
	return true;
}

/* Whether PROCESS is likely to terminate now that the command has failed. */
static bool is_about_to_end(const struct tracked *process)
{
	struct process_stat stat;

	return process->init.rank != RANK_UNKNOWN || process->has_started_ranks ||
	       (process_stat(process->pid, &stat) == 0 && stat.is_ending);
}

static void begin_drain(struct monitor *monitor)
{
	struct tracked *process = NULL;

	read_events(monitor);
	while ((process = tracked_next(&monitor->tracking, process)) != NULL)
		process->is_awaited = is_about_to_end(process);
	monitor->drain_ends_us = instant_mono_us() + DRAIN_US;
}

static bool is_drained(const struct monitor *monitor)
{
	struct tracked *process = NULL;

	while ((process = tracked_next(&monitor->tracking, process)) != NULL)
		if (process->is_awaited && process->state == TRACKED_POLLED)
			return false;
	return true;
}

bool monitor_drain(struct monitor *monitor)
{
	if (monitor->tracking.epoll < 0)
		return false;
	if (monitor->drain_ends_us == 0)
		begin_drain(monitor);
	while (!is_drained(monitor) && instant_mono_us() < monitor->drain_ends_us)
		if (wait_once(monitor))
			return true;
	return false;
}

static void begin(struct monitor *monitor, const struct run_directory *rundir, bool is_late)
{
	*monitor = (struct monitor){.tracking = {.rundir = rundir, .epoll = -1},
		.command_is_gone = is_late,
		.tail = {.from_start = is_late},
		.kernel_log = {.fd = -1},
		.signals = -1};
	agent_hostname(monitor->hostname);
	tail_begin(&monitor->tail, rundir->absolute, monitor->hostname);
	answer_begin(&monitor->answering, &monitor->tracking);
}

void monitor_begin(struct monitor *monitor, const struct run_directory *rundir)
{
	begin(monitor, rundir, false);
}

void monitor_begin_late(struct monitor *monitor, const struct run_directory *rundir)
{
	begin(monitor, rundir, true);
}

void monitor_open(struct monitor *monitor, struct agent *agent, pid_t command, bool has_preload)
{
	struct tracking *tracking = &monitor->tracking;
	sigset_t all;

	monitor->command = command;
	monitor->command_has_preload = has_preload;
	tracking->agent = agent;
	tracking->outermost = !tracking->rundir->shared;
	tracking->pidfds_below = pidfd_raise_limit();
	oom_watch_begin(&tracking->oom, "/proc/self/mountinfo");
	tracking->cgroup = oom_cgroup_of(&tracking->oom, getpid());
	kernel_log_open(&monitor->kernel_log, KERNEL_LOG_PATH);
	sigfillset(&all);
	monitor->tracking.epoll = epoll_create1(EPOLL_CLOEXEC);
	monitor->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (!listen_for(monitor, monitor->signals, EPOLLIN, &monitor->signals)) {
		close(monitor->tracking.epoll);
		monitor->tracking.epoll = -1;
		return;
	}
	monitor->tail.wants = wants_event;
	monitor->tail.takes = take_event;
	monitor->tail.context = monitor;
	if (tail_open(&monitor->tail) < 0)
		return;
	listen_for(monitor, monitor->tail.changes, EPOLLIN | EPOLLONESHOT, &monitor->tail);
	read_events(monitor); /* what was written before we listened */
}

/* The loader could not start the command ENDED: if the command itself had failed, it would have
 * emitted INIT before. */
static bool is_unstarted(const struct monitor *monitor, const struct ended_process *ended)
{
	const struct run_directory *rundir = monitor->tracking.rundir;

	return ended->is_command && monitor->command_has_preload && !monitor->command_began &&
	       monitor->tail.changes >= 0 && WIFEXITED(ended->status) &&
	       WEXITSTATUS(ended->status) == LOADER_FAILED &&
	       !unwatched_any(rundir->absolute, rundir->run_id);
}

void monitor_reaped(struct monitor *monitor, struct ended_process *ended)
{
	const struct tracked *process;

	read_events(monitor); /* for the INIT of ENDED, which it wrote before it terminated */
	read_kernel_log(monitor);
	process = tracked_find(&monitor->tracking, ended->pid, ended->stat.start_ticks);
	ended->unstarted = is_unstarted(monitor, ended);
	ended->reported = process == NULL && ended->is_command && monitor->command_began;
	if (ended->reported)
		ended->init = &monitor->command_init; /* its own report came first */
	tracked_reaped(&monitor->tracking, ended, !is_vigils(ended->stat.comm));
}

void monitor_end(struct monitor *monitor)
{
	int looks = 0, processes;

	read_events(monitor);
	do {
		if (monitor->tracking.epoll >= 0)
			do
				poll_once(monitor, 0, &processes);
			while (processes > 0);
		examine_fresh(monitor);
		tracked_fire_all(&monitor->tracking, ON_LAST_LOOK);
		tail_read(&monitor->tail); /* for the events of processes that are gone */
	} while (monitor->fresh_count > 0 && ++looks < LAST_LOOKS);
	tracked_fire_all(&monitor->tracking, ON_RUN_END);
	read_kernel_log(monitor);
	kernel_log_close(&monitor->kernel_log);
	tail_close(&monitor->tail);
	answer_end(&monitor->answering, &monitor->tracking);
	oom_watch_end(&monitor->tracking.oom);
	free(monitor->fresh);
	monitor->fresh = NULL;
	if (monitor->tracking.epoll >= 0)
		close(monitor->tracking.epoll);
	if (monitor->signals >= 0)
		close(monitor->signals);
	monitor->tracking.epoll = monitor->signals = -1;
	if (monitor->tracking.denied_user != 0)
		complain("%s: user %u, as whom processes of this run ran, may not write there: how "
			 "they fared is only known from outside (make a directory that all may "
			 "write to, mode 1777, and name it by -d)",
			monitor->tracking.rundir->absolute, monitor->tracking.denied_user);
}
