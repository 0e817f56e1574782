/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_tracked.h"

#include "core/base/number.h"
#include "core/cli/run/run_pidfd.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

/* The grace period in which the parent of a process that is gone may report it. It is longer where
 * the parent has the preload and lives, since that will report as soon as it gets a processor. */
#define GRACE_US 150000
#define GRACE_REPORTER_US 2000000

/* The comm of every `vigil run`. */
#define OWN_COMM "vigil"

/* The longest chain of parents that is followed; no real one is longer. */
#define DEPTH_MOST 256

/* What is done at a transition: it changes the state, or forgets PROCESS. */
typedef void action(struct tracking *tracking, struct tracked *process);

static action examine, mark_zombie, mark_gone, emit_due, check_pid, check_start, emit, forget;

/* clang-format off */
static action *const actions[TRACKED_STATE_COUNT_][TRACKED_EVENT_COUNT_] = {
	/*                    FIRST_LOOK ENDED        REAPED     GRACE_OVER LAST_LOOK    RUN_END */
	[TRACKED_NEW]      = {examine,   NULL,        NULL,      NULL,      NULL,        forget},
	[TRACKED_POLLED]   = {NULL,      mark_zombie, NULL,      NULL,      NULL,        forget},
	[TRACKED_UNPOLLED] = {NULL,      NULL,        NULL,      NULL,      check_pid,   forget},
	[TRACKED_ABSENT]   = {NULL,      NULL,        NULL,      NULL,      check_start, forget},
	[TRACKED_ZOMBIE]   = {NULL,      NULL,        mark_gone, NULL,      NULL,        emit},
	[TRACKED_GONE]     = {NULL,      NULL,        NULL,      emit_due,  NULL,        emit},
};
/* clang-format on */

void tracked_fire(struct tracking *tracking, struct tracked *process, enum tracked_event event)
{
	action *act = actions[process->state][event];

	if (act != NULL)
		act(tracking, process);
}

void tracked_fire_all(struct tracking *tracking, enum tracked_event event)
{
	struct tracked *process = tracked_next(tracking, NULL), *next;

	for (; process != NULL; process = next) {
		next = tracked_next(tracking, process);
		tracked_fire(tracking, process, event);
	}
}

static size_t slot_of(pid_t pid)
{
	return (size_t)pid % TRACKED_SLOTS;
}

struct tracked *tracked_find(const struct tracking *tracking, pid_t pid, uint64_t start_ticks)
{
	struct tracked *process = tracking->slots[slot_of(pid)];

	while (process != NULL &&
		(process->pid != pid || (start_ticks != 0 && process->start_ticks != start_ticks)))
		process = process->next;
	return process;
}

struct tracked *tracked_next(const struct tracking *tracking, const struct tracked *after)
{
	size_t slot = after == NULL ? 0 : slot_of(after->pid) + 1;

	if (after != NULL && after->next != NULL)
		return after->next;
	while (slot < TRACKED_SLOTS && tracking->slots[slot] == NULL)
		slot++;
	return slot < TRACKED_SLOTS ? tracking->slots[slot] : NULL;
}

static struct tracked *add(struct tracking *tracking, pid_t pid, uint64_t start_ticks)
{
	struct tracked **slot = &tracking->slots[slot_of(pid)];
	struct tracked *process = malloc(sizeof *process);

	if (process == NULL)
		return NULL;
	*process = (struct tracked){.next = *slot,
		.pid = pid,
		.start_ticks = start_ticks,
		.pidfd = -1,
		.status = STATUS_UNKNOWN,
		.user = UID_UNKNOWN};
	return *slot = process;
}

struct tracked *tracked_note(struct tracking *tracking, const struct event_record *record)
{
	struct tracked *process = tracked_find(tracking, record->pid, record->start_ticks);
	struct tracked *parent = tracked_find(tracking, record->ppid, 0);

	if (process == NULL)
		process = add(tracking, record->pid, record->start_ticks);
	if (process == NULL)
		return NULL;
	process->init = (struct init_facts){
		.ppid = record->ppid,
		.launcher = record->launcher,
		.rank = record->rank,
		.local_id = record->local_id,
		.world_size = record->world_size,
		.attempt = record->attempt,
		.leader = record->leader,
	};
	snprintf(process->init.program, sizeof process->init.program, "%s", record->program);
	if (parent != NULL && record->rank != RANK_UNKNOWN)
		parent->has_started_ranks = true;
	return process;
}

static void forget(struct tracking *tracking, struct tracked *process)
{
	struct tracked **at = &tracking->slots[slot_of(process->pid)];

	while (*at != process)
		at = &(*at)->next;
	*at = process->next;
	if (process->pidfd >= 0)
		close(process->pidfd);
	free(process);
}

/* Note USER, whose process terminated without an event, if that could not write one. */
static void note_denied(struct tracking *tracking, uid_t user)
{
	if (user != UID_UNKNOWN && !run_directory_lets_write(tracking->rundir, user))
		tracking->denied_user = user;
}

static void emit(struct tracking *tracking, struct tracked *process)
{
	struct ended_process ended = {
		.pid = process->pid,
		.status = process->status,
		.at = process->ended,
		.stat = {.start_ticks = process->start_ticks},
		.init = &process->init,
		.oom = process->oom,
		.oom_killed = process->oom_killed,
	};

	note_denied(tracking, process->user);
	agent_emit(tracking->agent, &ended);
	forget(tracking, process);
}

/* Make the end of the grace period of PROCESS the next one to wait for, if it is the first. */
static void await_grace(struct tracking *tracking, const struct tracked *process)
{
	if (tracking->grace_ends_us == 0 || process->grace_until_us < tracking->grace_ends_us)
		tracking->grace_ends_us = process->grace_until_us;
}

static void emit_due(struct tracking *tracking, struct tracked *process)
{
	if (process->grace_until_us <= instant_mono_us())
		emit(tracking, process);
	else
		await_grace(tracking, process);
}

static bool may_be_killed(int status)
{
	return status == STATUS_UNKNOWN || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Check at once whether PROCESS was killed because memory ran out: others may be next. */
static void check_oom(struct tracked *process)
{
	if (process->oom_killed || !may_be_killed(process->status))
		return;
	if (process->oom.cgroup == NULL)
		process->oom = oom_look(process->cgroup);
	if (process->status == STATUS_UNKNOWN ||
		process->oom.kills_after <= process->oom.kills_before)
		return;
	process->oom_killed = true;
	oom_explain(process->cgroup);
}

/* The parent of PROCESS has the preload and lives, as far as is known. */
static bool has_reporter(const struct tracking *tracking, const struct tracked *process)
{
	const struct tracked *parent = tracked_find(tracking, process->init.ppid, 0);

	return parent != NULL && parent->state == TRACKED_POLLED;
}

static void mark_gone(struct tracking *tracking, struct tracked *process)
{
	int64_t grace_us = has_reporter(tracking, process) ? GRACE_REPORTER_US : GRACE_US;

	epoll_ctl(tracking->epoll, EPOLL_CTL_DEL, process->pidfd, NULL);
	if (process->status == STATUS_UNKNOWN)
		process->status = pidfd_status(process->pidfd);
	if (process->ended.mono_us == 0)
		process->ended = instant_now();
	check_oom(process);
	process->state = TRACKED_GONE;
	process->grace_until_us = instant_mono_us() + grace_us;
	await_grace(tracking, process);
}

static void mark_zombie(struct tracking *tracking, struct tracked *process)
{
	struct epoll_event event = {.events = 0, .data.ptr = process}; /* EPOLLHUP always comes */

	process->ended = instant_now();
	process->user = process_user(process->pid);
	process->status = zombie_status(process->pid, process->start_ticks);
	process->state = TRACKED_ZOMBIE;
	epoll_ctl(tracking->epoll, EPOLL_CTL_MOD, process->pidfd, &event);
	if (process->status != STATUS_UNKNOWN)
		check_oom(process);
}

static void check_pid(struct tracking *tracking, struct tracked *process)
{
	if (!process_is_there(process->pid, process->start_ticks))
		mark_gone(tracking, process);
}

/* Look for the start time of PROCESS, which has another pid in another pid namespace. */
static void check_start(struct tracking *tracking, struct tracked *process)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	bool found = false;

	while (directory != NULL && !found && (entry = readdir(directory)) != NULL) {
		pid_t pid = (pid_t)number_prefix(entry->d_name);

		found = pid > 0 && process_is_there(pid, process->start_ticks);
	}
	if (directory != NULL)
		closedir(directory);
	if (!found)
		mark_gone(tracking, process);
}

/* PID is ours or that of a tracked process; a pid that is absent here is nobody's parent. */
static bool is_ours(const struct tracking *tracking, pid_t pid)
{
	const struct tracked *process = tracked_find(tracking, pid, 0);

	return pid == getpid() || (process != NULL && process->state != TRACKED_ABSENT);
}

/* The first process that is ours (none is where TRACKING is NULL) in the chain of parents from PID
 * upwards. 0 where the chain leads above the first process; -1 where it leads to another `vigil
 * run` or a process that is gone. */
static pid_t ancestor(const struct tracking *tracking, pid_t pid)
{
	struct process_stat stat;

	for (int depth = 0; pid > 0 && depth < DEPTH_MOST; depth++) {
		if (tracking != NULL && is_ours(tracking, pid))
			return pid;
		if (process_stat(pid, &stat) < 0 || strcmp(stat.comm, OWN_COMM) == 0)
			return -1;
		pid = stat.ppid;
	}
	return pid == 0 ? 0 : -1;
}

bool descends_from_us(const struct tracking *tracking, pid_t pid)
{
	return ancestor(tracking, pid) > 0;
}

/* PROCESS is gone at the first look. Unless it is surely ours, we wait: its pid may be that of
 * another namespace, and its own event about its termination may come. */
static void on_missing(struct tracking *tracking, struct tracked *process)
{
	if (descends_from_us(tracking, process->init.ppid))
		mark_gone(tracking, process);
	else if (tracking->outermost)
		process->state = TRACKED_ABSENT;
	else
		forget(tracking, process);
}

/* PROCESS, which is there, is ours to report. Its parent may have changed since its INIT. */
static bool is_ours_to_report(const struct tracking *tracking, const struct tracked *process)
{
	struct process_stat stat;
	pid_t parent = process_stat(process->pid, &stat) == 0 ? stat.ppid : process->init.ppid;

	return descends_from_us(tracking, parent) ||
	       (tracking->outermost && ancestor(NULL, parent) == 0);
}

void tracked_set_cgroup(struct tracking *tracking, struct tracked *process)
{
	struct oom_cgroup *cgroup = oom_cgroup_of(&tracking->oom, process->pid);

	if (cgroup != NULL)
		process->cgroup = cgroup;
}

static void examine(struct tracking *tracking, struct tracked *process)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = process};
	int pidfd = pidfd_of(process->pid, process->start_ticks, tracking->pidfds_below);

	if (pidfd == -ESRCH) {
		on_missing(tracking, process);
		return;
	}
	process->pidfd = pidfd < 0 ? -1 : pidfd;
	if (!is_ours_to_report(tracking, process)) {
		forget(tracking, process);
		return;
	}
	tracked_set_cgroup(tracking, process);
	process->state = TRACKED_UNPOLLED;
	if (pidfd >= 0 && epoll_ctl(tracking->epoll, EPOLL_CTL_ADD, pidfd, &event) == 0)
		process->state = TRACKED_POLLED;
}

void tracked_take_report(
	struct tracking *tracking, struct tracked *process, const struct event_record *record)
{
	bool is_parents = record->source == SOURCE_AGENT;

	if (is_parents && record->end->event.signal.number == SIGKILL) {
		process->status = SIGKILL;
		check_oom(process);
		if (process->oom_killed) {
			process->ended = instant_now(); /* of two reports the later one counts */
			emit(tracking, process);
			return;
		}
	}
	if (is_parents)
		note_denied(tracking, process->user);
	forget(tracking, process);
}

void tracked_reaped(struct tracking *tracking, struct ended_process *ended, bool is_of_job)
{
	struct tracked unknown = {.cgroup = tracking->cgroup}, *counted = &unknown;
	struct tracked *process = tracked_find(tracking, ended->pid, ended->stat.start_ticks);

	if (process != NULL) {
		counted = process;
		ended->init = &process->init;
		note_denied(tracking, ended->user);
	}
	counted->status = ended->status;
	check_oom(counted);
	ended->oom = counted->oom;
	ended->oom_killed = counted->oom_killed;
	if (is_of_job)
		agent_emit(tracking->agent, ended);
	if (process != NULL)
		forget(tracking, process);
}
