/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render.h - the forms of a finished report.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/base/text.h"
#include "core/report/model.h"

/* Appends schema vigil.report/1, without a newline. */
void render_json(const struct report *report, struct text *text);

/* How much the readable form says. */
enum detail {
	DETAIL_VERDICT, /* what a launch ends with: who, where, the others, where to read on */
	DETAIL_FULL,	/* also the evidence and the warnings */
};

/* Writes the readable form. COLOR: with escape sequences. */
void render_text(const struct report *report, FILE *to, enum detail detail, bool color);
