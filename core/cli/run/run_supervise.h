/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_supervise.h - stays with the command until it ends: hands on signals, stops with it, reaps
 * what is orphaned.
 *
 * What came, and what is done:
 *
 *	a child or an orphan ended	reported, reaped; was it the command, that is the end
 *	another process ended		the monitor sees to it (run_monitor.h)
 *	the command stopped		we stop by the same signal: the shell sees its job stopped
 *	a signal to us alone		handed on to the command, once
 *	a signal to our whole group	the command has it already: nothing
 *	a signal of the terminal	the same
 *	a timer's that we inherited	the command has lost it by being our child: handed on
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_common.h"
#include "core/cli/run/run_agent.h"
#include "core/cli/run/run_sentinel.h"
#include "core/cli/run/run_monitor.h"

struct supervision {
	pid_t command;
	char comm[64];			    /* of the command when it began, "" unknown */
	char exe[PATH_MAX];		    /* the same */
	bool loaded;			    /* vigil is in the command, if that began at all */
	const struct run_directory *rundir; /* where it says so if it cannot be */
	bool one_by_one; /* who signals our group may do so a process at a time */
	struct sentinel *sentinel;
	struct agent *agent;
	struct monitor *monitor;
};

/* Note what COMMAND, which has just begun, is. */
void supervision_begin(struct supervision *supervision, pid_t command);

/*
 * Every signal must be blocked. Returns the command's wait status, when it has ended and everything
 * that is dead by then has been reaped. What lives on is not waited for, but that after a failure
 * those that are about to end have a moment (monitor_drain()).
 */
int supervise(struct supervision *supervision);
