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

/* TO wants colours: it is a terminal, or the environment says so; see color_where(). */
bool paint_wanted(FILE *to);

/* Writes LINE and a newline: control characters and damaged UTF-8 are shown as \xNN, what passes
 * COLUMNS is cut with "…". */
void paint_line(FILE *to, bool color, enum style style, const char *line, int columns);
