/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwatched_text.h - why programs of a run were not watched, in lines for people, from the notes in
 * its directory (core/events/unwatched.h).
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include <stdbool.h>

/* Calls SAY with CONTEXT once for each reason why programs of run RUN_ID (NULL: of any run) were
 * not watched, with a line of printable ASCII that names the programs. Where DIRECTORY has no
 * notes, or is no directory, SAY is not called. */
void unwatched_say(const char *directory, const char *run_id,
	void (*say)(void *context, const char *line), void *context);

/* Whether there is a note of run RUN_ID in DIRECTORY. */
bool unwatched_any(const char *directory, const char *run_id);
