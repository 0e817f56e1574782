/* SPDX-License-Identifier: Apache-2.0 */
/*
 * formatter.h - from a record to its text: Python's logging.Formatter, and vigil.JsonFormatter.
 *
 * A format is compiled at configuration into a list of operations; formatting walks that list and
 * calls neither printf nor strftime, so that nothing in a user's format can reach them.
 * Signal-safe: formatter_format(), yes; formatter_new(), no. Threads: any for formatter_format().
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/color.h"
#include "core/base/escape.h"
#include "core/logging/format/asctime.h"
#include "core/logging/record.h"

struct format_op;

/* A logger's name, and what replaces it in the names of loggers below it: "detectron2", "d2". */
struct abbreviation {
	const char *name, *text;
};

struct formatter {
	/* Returns 0 or -errno. */
	int (*format)(const struct formatter *formatter, const struct log_record *record,
		struct text *text);
	/* See formatter_describe(). NULL: append class_name, or else label. */
	void (*describe)(const struct formatter *formatter, struct text *text);
	const char *class_name; /* "vigil.JsonFormatter"; NULL: it is described otherwise */
	const char *label;	/* what the config calls it; NULL: nothing */
	const char *source;	/* the format as the config has it; NULL: the default one */
	const struct format_op *ops;
	size_t op_count;
	const char *datefmt; /* NULL: the default, with milliseconds */
	struct log_clock *clock;
	/* enum escape_flags, of the record's attributes, and of what stands below them: exc_text
	 * and stack_info */
	unsigned escape, escape_below;
	/* The coloured form, and where it is used; NULL: there is none. */
	const struct formatter *colored;
	enum color_where color;
	const struct abbreviation *abbreviations; /* NULL, or ended by a NULL name */
};

enum format_style { STYLE_PERCENT, STYLE_BRACE, STYLE_DOLLAR };

/* The text of an attribute for records that do not have it: Python's `defaults`. */
struct format_default {
	const char *name, *text;
};

/* The settings of one formatter. All zero but for clock is Formatter(). */
struct formatter_options {
	const char *format;  /* NULL or "": the default of the style */
	const char *datefmt; /* NULL or "": the default */
	enum format_style style;
	bool no_validate; /* a format without a field is let through */
	/* The names that a record's `extra` knows, NULL at the end; NULL: not known, any name is
	 * let through. */
	const char *const *extra_names;
	const struct format_default *defaults; /* default_count of them, with names of their own */
	size_t default_count;
	struct log_clock *clock; /* outlives the formatter */
	unsigned escape;	 /* enum escape_flags, of all that comes from the record */
};

/*
 * logging.Formatter. Returns 0 and a formatter that ARENA owns; -EINVAL, and why in ERROR, in
 * Python's words where Python has a message for it (also for what Python would only find when a
 * record comes: "%(name)d"); -ENOMEM. The strings of OPTIONS are copied.
 */
int formatter_new(struct arena *arena, const struct formatter_options *options, struct text *error,
	struct formatter **ret_formatter);

/* The `color` of vigil.ColorFormatter: AUTO is decided by the environment. */
enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER, COLOR_CHOICE_COUNT_ };

struct color_options {
	enum color_choice choice;
	enum color_where automatic; /* what COLOR_AUTO means here: color_where() */
	/* NULL, or ended by a NULL name; outlives the formatter. */
	const struct abbreviation *abbreviations;
};

/* The name of CHOICE in a config, NULL outside the range. */
const char *color_choice_name(enum color_choice choice);

/*
 * vigil.ColorFormatter: detectron2's lines. Plain, they are Formatter's with another default format
 * and datefmt. Coloured, what stands before the message is green (by default "[%(asctime)s
 * %(name)s]: "), names are abbreviated, and WARNING or ERROR, also for CRITICAL, stands in red
 * before the line. As formatter_new().
 */
int color_formatter_new(struct arena *arena, const struct formatter_options *options,
	const struct color_options *color, struct text *error, struct formatter **ret_formatter);

/*
 * The form of FORMATTER for FD: 1 or 2, or 0 where records go elsewhere. To be called for each
 * record, as a program may redirect its output at any time; only a formatter that has two forms
 * makes a system call.
 */
const struct formatter *formatter_on(const struct formatter *formatter, int fd);

/*
 * Append RECORD to TEXT as FORMATTER formats it, and after a newline its exc_text. Returns 0, or
 * -errno and what had been appended by then: -ENOENT when the format names an attribute that the
 * record does not have (Python's "Formatting field not found in record"), -ENOBUFS when a JSON
 * object does not fit. A text that does not fit is cut, and that is no error.
 */
int formatter_format(
	const struct formatter *formatter, const struct log_record *record, struct text *text);

/* The `format` of formatters with ops: as formatter_format(). */
int format_by_ops(
	const struct formatter *formatter, const struct log_record *record, struct text *text);

/* The attribute for which formatter_format() returned -ENOENT, in the formatter's storage; NULL:
 * RECORD has all that FORMATTER names. */
const char *formatter_missing(const struct formatter *formatter, const struct log_record *record);

/* Formatter(): "%(message)s". */
extern const struct formatter formatter_default;

/* The same for a terminal, for texts of unknown origin: control characters are escaped, and
 * newlines but those of the trace, too. */
extern const struct formatter formatter_harmless;

/* vigil.JsonFormatter: one JSON object; the record's own form if it has one, else its attributes by
 * Python's names. */
extern const struct formatter formatter_json;

/* Append what the formatter is, as logging_tree prints it: "fmt='%(message)s' datefmt=None". */
void formatter_describe(const struct formatter *formatter, struct text *text);
