/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_monitor.h - notices the termination of processes that `vigil run` does not wait for, and
 * reports those that nobody else reports: SIGKILL, a raw system call, a program without the
 * preload.
 *
 * It learns of a process from the INIT event in this host's event file, and polls a pidfd of it
 * until an event says that it has terminated (run_tracked.h has the states between). Where no event
 * comes, its parent may still be about to write one: a process that is gone has a grace period,
 * then the monitor reports it, with the status that the kernel gives. While nothing is written
 * nobody wakes, and a process that terminates within a moment of its start costs no more than the
 * parsing of its events.
 *
 * Several monitors on a host each have the processes below themselves; the outermost has also those
 * of the run that are below none of them, such as those that slurmd starts.
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_tracked.h"
#include "core/eventfile/tail.h"

struct monitor {
	struct tracking tracking;
	char hostname[HOSTNAME_SIZE];
	struct tail tail;
	pid_t command;
	bool command_has_preload; /* if it was started at all */
	bool command_began;	  /* its INIT was read */
	int signals;		  /* a signalfd; -1: none */
	pid_t *fresh; /* pids of the TRACKED_NEW in the order of their INITs; malloc'ed */
	size_t fresh_count, fresh_room;
	int64_t was_read_us;   /* when the event file was read last (mono_us) */
	int64_t read_at_us;    /* when it is to be read next; 0: it has not grown */
	int64_t drain_ends_us; /* when monitor_drain() gives up; 0: the command lives */
};

/* Before the command starts: note how long the event files in RUNDIR, which is kept, are. */
void monitor_begin(struct monitor *monitor, const struct run_directory *rundir);

/*
 * COMMAND has started, with the preload if HAS_PRELOAD, AGENT is open, every signal is blocked, and
 * no descriptor of the command is held any more: watch. Raises the limit of descriptors. What
 * cannot be had is done without.
 */
void monitor_open(struct monitor *monitor, struct agent *agent, pid_t command, bool has_preload);

/* Watch until a signal is pending. False: that cannot be waited for here. */
bool monitor_wait(struct monitor *monitor);

/*
 * The command has terminated, and not well: watch until a signal is pending, which is true, or
 * until everything has terminated that seemed about to when this was first called, or a moment is
 * over. That is the job's ranks, the processes that started them, and what is being killed; no
 * daemon is waited for.
 */
bool monitor_drain(struct monitor *monitor);

/* ENDED has been reaped by us: add what is known of it, report it, and forget it. */
void monitor_reaped(struct monitor *monitor, struct ended_process *ended);

/*
 * The run is over: report what is gone, forget the rest, and say on stderr, once, if processes of
 * another user could not write to the run directory.
 */
void monitor_end(struct monitor *monitor);
