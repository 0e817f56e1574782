/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_monitor.h - notices the termination of processes that `vigil run` does not wait for, and
 * reports those that nobody else reports: by SIGKILL, by a raw system call, of a program without
 * the preload.
 *
 * It learns of a process from the INIT event in this host's event file, and polls a pidfd of it
 * until an event says that it has terminated (run_tracked.h has the states between). A process that
 * is gone without such an event has a grace period, in which its parent may still write one; then
 * the monitor reports it, with the status that the kernel gives. While nothing is written the
 * monitor sleeps, and a process that terminates soon after its start costs no more than the parsing
 * of its events.
 *
 * Each of several monitors on a host watches its own descendants; the outermost also watches the
 * processes of the run that descend from none of them, such as those that slurmd starts.
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_answer.h"
#include "core/cli/run/run_kernel_log.h"
#include "core/cli/run/run_stall.h"
#include "core/cli/run/run_tracked.h"
#include "core/eventfile/tail.h"

struct monitor {
	struct tracking tracking;
	struct stall_watch stall; /* all zero: the ranks are not watched */
	char hostname[HOSTNAME_SIZE];
	struct kernel_log kernel_log;
	struct answering answering; /* of vigil stacks on another host */
	struct tail tail;
	pid_t command;
	bool command_has_preload; /* libvigil is preloaded into it */
	bool command_began;	  /* its INIT was read, and says: */
	struct init_facts command_init;
	bool command_is_gone; /* it had terminated before we began, and is no child of ours */
	int signals;	      /* a signalfd; -1: none */
	pid_t *fresh;	      /* malloc'ed: pids in the state TRACKED_NEW, by their INITs */
	size_t fresh_count, fresh_room;
	int64_t was_read_us;   /* when the event file was last read (mono_us) */
	int64_t read_at_us;    /* when it will be read next; 0: it has not grown */
	int64_t drain_ends_us; /* when monitor_drain() gives up; 0: it has not begun */
};

/* Before the command starts: note the lengths of the event files in RUNDIR, which is kept. */
void monitor_begin(struct monitor *monitor, const struct run_directory *rundir);

/* As monitor_begin(), where the command has terminated already and is no child of ours: what it
 * wrote in RUNDIR is read for monitor_reaped(). */
void monitor_begin_late(struct monitor *monitor, const struct run_directory *rundir);

/* Start watching. COMMAND has started, with the preload if HAS_PRELOAD; AGENT is open; every signal
 * is blocked; and we hold no descriptor of the command any more. Raises the limit of descriptors.
 * Where something cannot be had, the monitor goes on without it. */
void monitor_open(struct monitor *monitor, struct agent *agent, pid_t command, bool has_preload);

/* The job is requested to end: note where the ranks are (run_stall.h). Where the signal has yet to
 * be forwarded, wait for that, at most MOST_MS. */
void monitor_end_requested(struct monitor *monitor, int64_t most_ms);

/* Watch until a signal is pending. Returns false where we cannot wait for that. */
bool monitor_wait(struct monitor *monitor);

/* Call when the command has failed: watch until a signal is pending, and return true; or until
 * every process has terminated that was about to when this was first called, or a short time is
 * over, and return false. Those processes are the job's ranks, the processes that started them, and
 * those that are being killed; no daemon is waited for. */
bool monitor_drain(struct monitor *monitor);

/* Report ENDED, which we have reaped, with what is known of it, and forget it. */
void monitor_reaped(struct monitor *monitor, struct ended_process *ended);

/* End the run: report the processes that are gone, forget the rest, and print one line on stderr if
 * processes of another user could not write to the run directory. */
void monitor_end(struct monitor *monitor);
