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

/* Appends the merged stacks of the last attempt as a graph that dot and stat-view open. */
void render_dot(const struct report *report, struct text *text);

/* Appends the life of every rank as a trace that Perfetto opens, without a newline. */
void render_perfetto(const struct report *report, struct text *text);

/* Appends what the page of html_page.h shows, as JSON of its own. Returns 0 or -ENOMEM. */
int render_page_data(const struct report *report, struct text *text);

/* How much the readable form says. */
enum detail {
	DETAIL_VERDICT, /* what a launch ends with: who, where, the others, where to read on */
	DETAIL_FULL,	/* also the evidence and the warnings */
};

/* Writes the readable form. COLOR: with escape sequences. */
void render_text(const struct report *report, FILE *to, enum detail detail, bool color);
