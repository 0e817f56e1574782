/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwatched_text.h - what is to be said of the programs that a run has not watched: the notes in
 * its directory (core/events/unwatched.h), in lines for people.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include <stdbool.h>

/*
 * Calls SAY with CONTEXT for each reason why programs of run RUN_ID (NULL: of any run in it) were
 * not watched, with a line of printable ASCII that names them. Nothing where DIRECTORY has no
 * notes, or is no directory.
 */
void unwatched_say(const char *directory, const char *run_id,
	void (*say)(void *context, const char *line), void *context);

/* Whether there is a note of run RUN_ID in DIRECTORY. */
bool unwatched_any(const char *directory, const char *run_id);
