/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_verdict.h - the verdict at the end of `vigil run`, of all hosts that have sent their events
 * by then.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_copy.h"
#include "core/cli/run/run_directory.h"
#include "core/transport/server.h"

/* Print the verdict of the run in RUNDIR. SERVER: the events of all hosts are there; NULL: they are
 * in RUNDIR. COPY: our own events, where RUNDIR has lost some. ALWAYS: also when nothing failed. */
void run_verdict_print(const struct run_directory *rundir, const struct server *server,
	const struct run_copy *copy, bool always);
