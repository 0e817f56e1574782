/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_monitor.h - sees the ends of processes that `vigil run` does not wait for, and reports those
 * of which nobody else does: SIGKILL, a raw system call, a program that vigil is not in any more.
 *
 * It learns of a process from its INIT in this host's event file and holds a pidfd of it until its
 * end is reported. What has gone without a word is reported a moment later, when its waiter has had
 * time to do so, with the status that the kernel gives. An INIT whose end follows within a moment
 * costs nothing but the parsing, and while nothing is written nobody wakes.
 *
 * Of several monitors on a host each cares for the processes below itself, the outermost also for
 * those of the run that are below none, such as those that slurmd starts.
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_agent.h"
#include "core/cli/run/run_known.h"
#include "core/cli/run/run_shut_out.h"
#include "core/eventfile/tail.h"

struct monitor {
	struct agent *agent;
	char hostname[HOSTNAME_SIZE];
	struct tail tail;
	struct known_table known;
	struct oom_watch oom;
	struct oom_cgroup *cgroup; /* our own */
	char run_id[RUN_ID_SIZE];
	bool outermost;
	pid_t command;
	bool command_began; /* vigil is in it, and has said so */
	int epoll, signals; /* -1: none, and nothing is seen */
	int pidfds_below;   /* the others are for what else has to be opened */
	pid_t *fresh;	    /* pids of the KNOWN_NEW: malloc'ed */
	size_t fresh_count, fresh_room;
	struct shut_out shut_out;
	int64_t was_read_us; /* when the file was read last (mono_us) */
	int64_t read_us;     /* when it is to be read next; 0: it has not grown */
	int64_t patience_us; /* when the first of the gone is to be reported; 0: there is none */
	int64_t until_us;    /* how long the last are drained; 0: the command lives */
};

/* Before the command begins: note where its events will be in the event file of the run at PLACE.
 */
void monitor_begin(struct monitor *monitor, const struct run_directory *rundir);

/*
 * COMMAND has begun, AGENT is open, every signal is blocked, and nothing that the command holds
 * is held any more: watch. The limit of descriptors is raised as far as it goes. What cannot be had
 * is done without.
 */
void monitor_open(struct monitor *monitor, const struct run_directory *rundir, struct agent *agent,
	pid_t command);

/* Watch until a signal is pending. False: that cannot be waited for here. */
bool monitor_wait(struct monitor *monitor);

/*
 * The command has ended, and not well: watch until a signal is pending, which is true, or until
 * none of those is left that were about to end when this was first called, or a moment is over.
 * Those are a job's ranks, who started them, and who is being killed; no daemon is waited for.
 */
bool monitor_drain(struct monitor *monitor);

/*
 * ENDED has been waited for by us, so that the monitor need not care: fills in what is known of the
 * process besides, RET_KNOWN first, which it refers to. LOADED: vigil is in the command if that
 * began at all.
 */
void monitor_fill(
	struct monitor *monitor, struct ended *ended, bool loaded, struct known *ret_known);

/* The run is over: what is gone by now is reported, what lives on is let go. */
void monitor_end(struct monitor *monitor);
