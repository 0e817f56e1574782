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

/* Wait until the other `vigil run`s of run RUN_ID, as far as DIRECTORY shows them, have ended, at
 * most MOST_MS milliseconds. */
void report_await_others(const char *directory, const char *run_id, int64_t most_ms);

/* Writes on TO what `vigil run` prints at the end of run RUN_ID (NULL: the newest) in DIRECTORY,
 * which the user calls SHOWN (NULL: the same):
 * the readable form, which begins on a line of its own; nothing for a job that succeeded, unless
 * ALWAYS. COPY: a file of more events, which DIRECTORY may have lost; NULL: there is none. HEADLINE
 * gets the verdict in one line, where it is printed, without a newline; NULL: it is not wanted.
 * Returns 0 when it is printed or there is nothing to say, -errno when the events cannot be read
 * (-ENODATA: there are none). */
int report_verdict(const char *directory, const char *shown, const char *run_id, const int *copy,
	FILE *to, bool always, struct text *headline);

/* Makes the verdict on run RUN_ID in DIRECTORY, with SHOWN and COPY as above, as JSON of schema
 * vigil.verdict/1 in *RET_JSON, which the CALLER frees; NULL where other hosts' `vigil run`s are to
 * say how it ends. Returns 0; or -errno, and *RET_JSON is NULL. */
int report_verdict_json(const char *directory, const char *shown, const char *run_id,
	const int *copy, char **ret_json);
/* What report_stall() says beside its sentence. */
struct stall_news {
	size_t unknown; /* ranks of which nothing is known, as other hosts have not spoken yet */
	bool is_over;	/* ranks have moved again */
};

/* Appends that the ranks of run RUN_ID in DIRECTORY stand still, and where: "no rank moved for 10
 * min: …"; nothing where they never did. Returns 0, or a negative errno as report_make(). */
int report_stall(
	const char *directory, const char *run_id, struct text *text, struct stall_news *ret_news);
