/* SPDX-License-Identifier: Apache-2.0 */
/*
 * escape.h - text of unknown origin made harmless, so that it can neither control a terminal nor
 * forge a line.
 *
 * Signal-safe: yes. Threads: one at a time per text.
 */
#pragma once

#include "core/base/text.h"

enum escape_flags {
	/*
	 * Control characters as control.h defines them, but TAB and newline: those of ASCII, and
	 * bytes that are no UTF-8, become \xNN (carriage return \r), the others \uNNNN or
	 * \UNNNNNNNN.
	 */
	ESCAPE_CONTROL = 1,
	ESCAPE_NEWLINE = 2,   /* newline and carriage return become \n and \r */
	ESCAPE_BACKSLASH = 4, /* a backslash becomes two, so that escapes differ from the
				 text's own backslashes */
	ESCAPE_INDENT = 8,    /* four blanks are put behind each newline that stays */
};

/* What ESCAPE_INDENT puts in. */
#define ESCAPE_INDENTATION "    "

/*
 * What TEXT ends with from START on is replaced by its escaped form, as FLAGS say. What does not
 * fit is left out, by whole characters.
 */
void escape_tail(struct text *text, size_t start, unsigned flags);
