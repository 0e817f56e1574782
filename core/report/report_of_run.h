/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_of_run.h - what `vigil run` asks of the report: the verdict at its end, and where the job
 * stands still before.
 *
 * Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

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
