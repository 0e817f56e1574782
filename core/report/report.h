/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - who failed first, and why: the report of a run, made from its event files.
 *
 * The rest of core/report is behind this: reading (read.h, follow.h), processes (process.h),
 * attempts and roles (attempts.h, attribute.h), the forms (render.h). Signal-safe: no. Threads: a
 * report belongs to one; different reports, any.
 */
#pragma once

#include "core/report/request.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct report;

/*
 * Reads and attributes. Returns 0 and a report that the CALLER OWNS in *RET_REPORT, to be released
 * with report_free(). On failure *RET_REPORT is as it was, and one line about it is in COMPLAINT
 * (of COMPLAINT_SIZE bytes): -ENOENT and the like for a path that cannot be read, -ENODATA where
 * there is no event (of that run), -ENOMEM.
 */
int report_make(const struct report_request *request, struct report **ret_report, char *complaint,
	size_t complaint_size);

struct following;

/* The same from what FOLLOWING (follow.h) has read so far, which must stay as it is while the
 * report lives. */
int report_make_so_far(const struct report_request *request, const struct following *following,
	struct report **ret_report, char *complaint, size_t complaint_size);

/* The job is over: its first process has an end, and those that were begun by themselves on other
 * hosts have one, unless it began them. */
bool report_is_final(const struct report *report);

/*
 * Follows REQUEST's paths until the job has ended or *STOP is set, and writes the readable form on
 * TO whenever the verdict is another; if TO is a terminal, whenever there are new events, each time
 * in the place of the last one. Returns 0, -EINTR after *STOP, or as report_make(), with COMPLAINT.
 */
int report_follow(const struct report_request *request, FILE *to, const volatile sig_atomic_t *stop,
	char *complaint, size_t complaint_size);

/* Releases REPORT and everything it gave out; NULL is allowed. */
void report_free(struct report *report);

/* Writes schema vigil.report/1, one line. Returns 0, -ENOMEM, or -EIO when TO did not take it all.
 */
int report_print_json(const struct report *report, FILE *to);

/* Write the merged stacks of the last attempt for Graphviz and stat-view; the life of every rank
 * for Perfetto; a page for a browser, which needs nothing beside itself. Return as above. */
int report_print_dot(const struct report *report, FILE *to);
int report_print_perfetto(const struct report *report, FILE *to);
int report_print_html(const struct report *report, FILE *to);

/* Writes the readable form: at most 100 columns, coloured if TO is a terminal that wants it.
 * Returns as above. */
int report_print_text(const struct report *report, FILE *to);

/*
 * What `vigil run` says at the end of run RUN_ID (NULL: the newest) in DIRECTORY: the readable form
 * on TO, and nothing for a job that succeeded unless ALWAYS. Returns 0 when it is printed or there
 * is nothing to say, -errno when the events cannot be read (-ENODATA: there are none).
 */
int report_verdict(const char *directory, const char *run_id, FILE *to, bool always);
