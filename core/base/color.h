/* SPDX-License-Identifier: Apache-2.0 */
/*
 * color.h - where the user wants to see colours, by the conventions of no-color.org,
 * force-color.org and bixense.com/clicolors.
 *
 * Signal-safe: color_wanted(), yes; color_where() reads the environment: at configuration only.
 * Threads: any.
 */
#pragma once

#include <stdbool.h>

enum color_where {
	COLOR_NOWHERE,
	COLOR_TERMINALS,
	COLOR_STREAMS,	  /* stdout and stderr, whatever they are */
	COLOR_EVERYWHERE, /* files and sockets, too; no environment variable selects this */
};

/*
 * What ENVIRONMENT (as environ(7), may be NULL) selects. The first condition that is true decides:
 * NO_COLOR is not empty: nowhere; FORCE_COLOR is not empty, or CLICOLOR_FORCE is neither empty nor
 * "0": streams; CLICOLOR is "0", or TERM is "dumb", empty or not set: nowhere; otherwise:
 * terminals.
 */
enum color_where color_where(char *const *environment);

/* Whether WHERE selects colours on FD, which is descriptor 1 or 2, or 0 for an output that is no
 * stream. For COLOR_TERMINALS, asks the kernel whether FD is a terminal now. */
bool color_wanted(enum color_where where, int fd);
