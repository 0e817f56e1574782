/* SPDX-License-Identifier: Apache-2.0 */
/*
 * last_words.h - what a process said last, by where it said it.
 *
 * Plain data in the report's memory. Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* An interpreter's text, standard error, standard output. */
#define LAST_WORDS_MOST 3

struct said {
	const char *from; /* "stderr", "stdout", "output": both lead to the same; "interpreter" */
	bool shared;	  /* others write there, too, so that the text may be theirs */
	const char *text; /* its last EVENT_SAID_MAX bytes, not escaped */
};

/* The one that says most of the cause first. */
struct last_words {
	struct said said[LAST_WORDS_MOST];
	size_t count;
};

/* The last line of TEXT (a carriage return ends one, too) that has letters in it, without blanks
 * around it: its start, and its length in *RET_LENGTH; NULL: there is none. */
const char *last_line_of(const char *text, size_t *ret_length);
