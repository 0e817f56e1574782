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
#include "core/cli/run/run_notify.h"
#include "core/transport/server.h"

/* What is done with the verdict. */
struct verdict_end {
	bool prints, always; /* ALWAYS: also when nothing failed */
	const struct run_notify *notify;
};

/* Print the verdict of the run in RUNDIR and hand it on, as END says. SERVER: the events of all
 * hosts are there; NULL: they are in RUNDIR. COPY: our own events, where RUNDIR has lost some. */
void run_verdict_end(const struct run_directory *rundir, const struct server *server,
	const struct run_copy *copy, const struct verdict_end *end);
