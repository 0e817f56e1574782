/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_stall_report.h - what the report says of a job that stands still, by the events of all hosts,
 * as far as they are in the run directory or on a server.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_directory.h"
#include "core/report/report_of_run.h"
#include "core/transport/server.h"

/* As report_stall() does, of the run in RUNDIR; by the events on SERVER, unless that is NULL or
 * cannot be reached. It may take seconds. */
int stall_report(const struct run_directory *rundir, const struct server *server, struct text *text,
	struct stall_news *ret_news);
