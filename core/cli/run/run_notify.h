/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_notify.h - hands the verdict on, at the end of `vigil run`: to the standard input of a
 * program, or to a URL.
 *
 *	--notify COMMAND	sh -c COMMAND, in a session of its own; its output is on our
 *standard error
 *	--notify https://…	a POST; the body is the JSON, or a file with ${headline} and its
 *like in it (--notify-template), as chat services want it
 *
 * It takes 5 seconds at most, and changes nothing about how `vigil run` ends. Signal-safe: no.
 * Threads: one.
 */
#pragma once

#include "core/cli/run/run_directory.h"

struct run_notify {
	const char *to; /* NULL: nobody is notified */
	bool is_url;
	char *body; /* the template, malloc'ed; NULL: the JSON as it is */
};

/* Read TO, the value of --notify, NULL: VIGIL_NOTIFY's, unless that is for the `vigil run` above
 * (IS_BELOW), and the file TEMPLATE; NULL: none. Returns 0; or -EINVAL after one line on stderr. */
int run_notify_plan(struct run_notify *notify, const char *to, const char *template, bool is_below);

/* Hand on the verdict on the run in RUNDIR, whose events are in PATH, which the user calls SHOWN; a
 * run of several `vigil run`s once. COPY: more events; NULL: none. A line on stderr says what goes
 * wrong. */
void run_notify_send(const struct run_notify *notify, const struct run_directory *rundir,
	const char *path, const char *shown, const int *copy);
