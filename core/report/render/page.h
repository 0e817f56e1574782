/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - the output of the readable form: one line at a time, none too long, harmless to a
 * terminal, and coloured where that is wanted.
 *
 * Signal-safe: no. Threads: a FILE's.
 */
#pragma once

#include "core/base/text.h"
#include "core/report/render/render.h"

#define PAINT_COLUMNS 100 /* where nothing says how wide the output is */

enum style { STYLE_PLAIN, STYLE_HEAD, STYLE_CULPRIT, STYLE_FAINT, STYLE_COUNT_ };

/* Whether TO gets colours: it is a terminal, or the environment demands them; see color_where(). */
bool paint_wanted(FILE *to);

/* How many columns TO has: where it is a terminal, what COLUMNS says or else the terminal, within
 * limits; else PAINT_COLUMNS. */
int paint_columns(FILE *to);

/* Writes LINE and a newline. Control characters and damaged UTF-8 are written as \xNN; what exceeds
 * COLUMNS is replaced by "…". */
void paint_line(FILE *to, bool color, enum style style, const char *line, int columns);

#define PAGE_LINE_SIZE 2048
#define NAME_COLUMNS_LEAST 16 /* of any name that is shortened */

struct page {
	const struct report *report;
	FILE *to;
	enum detail detail;
	bool color;
	int columns;
	char buffer[PAGE_LINE_SIZE];
	struct text line;
};

/* Begins a line: returns it, empty; valid until the next call. */
struct text *page_begin_line(struct page *page);

/* Writes the line, cut to the page's columns. */
void page_end_line(struct page *page, enum style style);

/* As page_end_line(), but continues what does not fit on further lines, indented by INDENT columns;
 * at most six lines in all. */
void page_end_paragraph(struct page *page, enum style style, size_t indent);

/* Writes a line of its own: "… 12 more frames". */
void page_more(struct page *page, size_t count, const char *what);

/* Appends NAME in at most COLUMNS (but NAME_COLUMNS_LEAST) columns, with "…" for the rest. */
void page_add_cut(struct text *line, const char *name, int columns);

/* Writes the stacks, and in full detail the registers, of PROCESS's termination (stack_text.c);
 * nothing where PROCESS is NULL or has not terminated. */
void stack_print(struct page *page, const struct process *process);

/* Writes the last lines of what FINDING's process said, unless its trace has them
 * (last_words_text.c); nothing where that is not known. */
void last_words_print(struct page *page, const struct finding *finding);

/* Writes at most MOST of the COUNT FRAMES that are native, of a recursion the first ones; NOTES has
 * one for each frame, or is NULL (stack_text.c). */
void stack_print_frames(struct page *page, const struct frame *frames, size_t count,
	const struct frame_note *notes, size_t most);

/* How many lines at the beginning of END's trace are another language's traceback. The lines behind
 * them are native frames and other threads, which the event has as such, too. */
size_t stack_foreign_lines(const struct termination *end);

/* Appends a span of time: "120 ms", "3.0 s", "12 min 5 s", "3 h 20 min". */
void page_add_duration(struct text *line, int64_t us);

/* Writes that the ranks of ATTEMPT stood still, where the monitors of the run saw that
 * (positions_text.c). */
void stall_print(struct page *page, const struct attempt *attempt);

/* Writes where the ranks of ATTEMPT stood, the outliers first, and of which ranks no stack is known
 * (positions_text.c); nothing where somebody failed first. */
void positions_print(struct page *page, const struct attempt *attempt);

/* Writes how far the ranks of ATTEMPT got in their collectives, by dumps (collectives_text.c). */
void collectives_print(struct page *page, const struct attempt *attempt);

/* Writes the merged stacks of ATTEMPT, on one screen (tree_text.c); nothing where fewer than two
 * ranks have a stack. */
void tree_print(struct page *page, const struct attempt *attempt);

/* Appends US microseconds: "+4 ms", "+0.4 ms", "-1.2 s". */
void page_add_delta(struct text *line, int64_t us);

/* Appends who failed first: "rank 3 failed first (proven)", "all 4 ranks failed alike (likely a
 * common cause)". */
void page_add_verdict(struct text *line, const struct attempt *attempt);

/* Appends "1 process crashed", "12 processes crashed". */
void page_add_crashes(struct text *line, const struct report *report);
