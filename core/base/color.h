/* SPDX-License-Identifier: Apache-2.0 */
/*
 * color.h - where the user wants to see colours, by the conventions of no-color.org,
 * force-color.org and bixense.com/clicolors.
 *
 * Signal-safe: yes; color_where() reads the environment, so at configuration only. Threads: any.
 */
#pragma once

#include <stdbool.h>

enum color_where {
	COLOR_NOWHERE,
	COLOR_TERMINALS,
	COLOR_STREAMS,	  /* stdout and stderr, whatever they are */
	COLOR_EVERYWHERE, /* files and sockets, too: no variable of the environment means that */
};

/*
 * What ENVIRONMENT (as environ(7), may be NULL) says, the first of: NO_COLOR, set and not empty,
 * nowhere; FORCE_COLOR, not empty, or CLICOLOR_FORCE, not empty nor "0", the streams; CLICOLOR "0",
 * and TERM "dumb", empty or not set, nowhere; else terminals.
 */
enum color_where color_where(char *const *environment);

/* Whether colours are wanted on FD, the descriptor 1 or 2, or 0 for what is no stream. Asks the
 * kernel what FD is now, where WHERE is terminals. */
bool color_wanted(enum color_where where, int fd);
