/* SPDX-License-Identifier: Apache-2.0 */
/*
 * escape.h - text from elsewhere made harmless: that it neither steers a terminal nor forges a
 * line.
 *
 * Signal-safe: yes. Threads: one at a time per text.
 */
#pragma once

#include "core/base/text.h"

enum escape_flags {
	/*
	 * Of what control.h names, C0 but TAB and newline and DEL, and bytes that are no UTF-8,
	 * become \xNN (carriage return \r), the others \uNNNN or \UNNNNNNNN.
	 */
	ESCAPE_CONTROL = 1,
	ESCAPE_NEWLINE = 2,   /* newline and carriage return become \n and \r */
	ESCAPE_BACKSLASH = 4, /* a backslash becomes two: what was escaped can be reported */
	ESCAPE_INDENT = 8,    /* behind each newline that stays come four blanks */
};

/* What ESCAPE_INDENT puts in. */
#define ESCAPE_INDENTATION "    "

/*
 * What TEXT ends with from START on is replaced by its escaped form, as FLAGS say. Of what does not
 * fit, whole characters are left out.
 */
void escape_tail(struct text *text, size_t start, unsigned flags);
