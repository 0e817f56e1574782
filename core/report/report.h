/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - who failed first, and why: the report of a run, made from its event files.
 *
 * In: a request (request.h). Out: a report, and its forms. report.c says which rooms are between.
 * Signal-safe: no. Threads: a report belongs to one; different reports, any.
 */
#pragma once

#include "core/base/text.h"
#include "core/report/request.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct report;

/* Makes the report of REQUEST, whose event files are read unless REQUEST follows them. Returns 0
 * and a report that the CALLER OWNS in *RET_REPORT, to be released with report_free(). On failure
 * *RET_REPORT is as it was, and one line about it is in COMPLAINT (of COMPLAINT_SIZE bytes):
 * -ENOENT and the like for a path that cannot be read, -ENODATA where there is no event (of that
 * run), -ENOMEM. */
int report_make(const struct report_request *request, struct report **ret_report, char *complaint,
	size_t complaint_size);

/* Whether the job is over: no `vigil run` of it still watches, its first process has a termination,
 * and so have the processes without a parent on other hosts, unless the first process started them.
 */
bool report_is_final(const struct report *report);

/* Follows REQUEST's paths until the job has ended or *STOP is set. Writes the readable form on TO
 * whenever the verdict has changed; if TO is a terminal, whenever there are new events, each time
 * in the place of the form before. Returns as report_make(), with COMPLAINT, or -EINTR after
 * *STOP. */
int report_follow(const struct report_request *request, FILE *to, const volatile sig_atomic_t *stop,
	char *complaint, size_t complaint_size);

/* Releases REPORT and every string that came from it; NULL is allowed. */
void report_free(struct report *report);

enum report_form {
	REPORT_TEXT, /* for people: at most 100 columns, coloured if TO is a terminal that wants it
		      */
	REPORT_JSON, /* schema vigil.report/1, one line */
	REPORT_DOT,  /* the merged stacks of the last attempt, for Graphviz and stat-view */
	REPORT_PERFETTO, /* the timeline of every rank, for ui.perfetto.dev */
	REPORT_HTML,	 /* a page for a browser, which loads no other file */
};

/* Writes REPORT in FORM to TO. Returns 0, -ENOMEM, or -EIO when TO did not take it all. */
int report_print(const struct report *report, enum report_form form, FILE *to);
