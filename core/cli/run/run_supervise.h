/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_supervise.h - stays with the command until it terminates: forwards signals, stops with it,
 * reaps orphans.
 *
 * What happens, and what is done:
 *
 *	a child or an orphan terminates	it is reaped and reported; after the command, we end
 *	another process terminates	the monitor reports it (run_monitor.h)
 *	the command stops		we stop by the same signal, as a shell expects of a job
 *	a signal to us alone		forwarded to the command, once
 *	a signal to our process group	nothing: the command has it already
 *	a signal of the terminal	the same
 *	a signal of an inherited timer	forwarded: a child inherits no timers
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_monitor.h"
#include "core/cli/run/run_sentinel.h"

struct supervision {
	pid_t command;
	char comm[64];	    /* the comm of the command at its start; "": unknown */
	char exe[PATH_MAX]; /* its executable at its start; "": unknown */
	bool one_by_one;    /* a signal to our process group may reach its processes one by one */
	struct sentinel *sentinel;
	struct monitor *monitor;
};

/* Note the comm and the executable of COMMAND, which has just been started. */
void supervision_begin(struct supervision *supervision, pid_t command);

/* Every signal must be blocked. Returns the command's wait status, once it has terminated and every
 * zombie has been reaped. It does not wait for other processes; but after a failure it gives those
 * that are about to terminate a short time (monitor_drain()). */
int supervise(struct supervision *supervision);
