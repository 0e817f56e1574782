/* SPDX-License-Identifier: Apache-2.0 */
/*
 * paint.h - lines for a terminal: bounded, harmless, and coloured where that is wanted.
 *
 * Signal-safe: no. Threads: a FILE's.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#define PAINT_COLUMNS 100

enum style { STYLE_PLAIN, STYLE_HEAD, STYLE_CULPRIT, STYLE_FAINT, STYLE_COUNT_ };

/*
 * TO is a terminal that wants colours. NO_COLOR, and CLICOLOR=0, turn them off; FORCE_COLOR and
 * CLICOLOR_FORCE turn them on where there is no terminal (no-color.org, force-color.org,
 * bixense.com/clicolors).
 */
bool paint_wanted(FILE *to);

/* Writes LINE and a newline: control characters and damaged UTF-8 are shown as \xNN, what passes
 * COLUMNS is cut with "…". */
void paint_line(FILE *to, bool color, enum style style, const char *line, int columns);
