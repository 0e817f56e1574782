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
	/* Control characters (control.h) except TAB and newline: ASCII ones and bytes that are not
	 * UTF-8 become \xNN (carriage return \r), other characters \uNNNN or \UNNNNNNNN. */
	ESCAPE_CONTROL = 1,
	ESCAPE_NEWLINE = 2,   /* newline and carriage return become \n and \r */
	ESCAPE_BACKSLASH = 4, /* a backslash becomes two, so that escapes differ from the
				 text's own backslashes */
	ESCAPE_INDENT = 8,    /* four blanks are inserted behind each newline that is kept */
};

/* What ESCAPE_INDENT inserts. */
#define ESCAPE_INDENTATION "    "

/* Replace the part of TEXT from START on by its escaped form according to FLAGS, enum escape_flags.
 * What does not fit is left out, by whole characters. */
void escape_tail(struct text *text, size_t start, unsigned flags);
