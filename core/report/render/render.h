/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render.h - the forms of a finished report.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/base/text.h"
#include "core/report/verdict/model.h"

#include <stdio.h>

/* Appends schema vigil.report/1, without a newline. */
void render_json(const struct report *report, struct text *text);

/* Appends the verdict alone, for who is notified, without a newline: schema vigil.verdict/1.
 * HEADLINE and READABLE are its first line and the readable form. */
void render_verdict_json(
	const struct report *report, const char *headline, const char *readable, struct text *text);

/* Appends the merged stacks of the last attempt as a graph that dot and stat-view open. */
void render_dot(const struct report *report, struct text *text);

/* Appends the timeline of every rank as a trace that Perfetto opens, without a newline. */
void render_perfetto(const struct report *report, struct text *text);

/* Appends the data of the page for a browser, as JSON that only the page's scripts read
 * (core/report/render/html). Returns 0 or -ENOMEM. */
int render_page_data(const struct report *report, struct text *text);

/* Writes the page, with its styles and scripts, around the COUNT bytes of DATA. */
void html_page_write(FILE *to, const char *data, size_t count);

/* Writes the styles of that page. */
void html_style_write(FILE *to);

/* How much the readable form says. */
enum detail {
	DETAIL_VERDICT, /* what `vigil run` prints: who failed first, where, the others, where the
			   events are */
	DETAIL_FULL,	/* also the evidence and the warnings */
};

/* Appends the first line of the readable form, without its newline and without escapes. */
void render_headline(const struct report *report, struct text *line);

/* Writes the readable form. COLOR: with escape sequences. */
void render_text(const struct report *report, FILE *to, enum detail detail, bool color);
