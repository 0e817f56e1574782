/* SPDX-License-Identifier: Apache-2.0 */
/*
 * formatter.h - turns a record into text: Python's logging.Formatter, vigil.ColorFormatter and
 * vigil.JsonFormatter.
 *
 * A format is compiled at configuration into a list of operations. Formatting executes that list
 * and calls neither printf() nor strftime(), so that nothing in a user's format reaches them.
 * Signal-safe: formatter_format(), yes; formatter_new(), no. Threads: any for formatter_format().
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/color.h"
#include "core/base/escape.h"
#include "core/logging/format/asctime.h"
#include "core/logging/record.h"

struct format_op;

/* A logger's name, and its replacement in the names of loggers below it: "detectron2", "d2". */
struct abbreviation {
	const char *name, *text;
};

struct formatter {
	/* See formatter_format(). */
	int (*format)(const struct formatter *formatter, const struct log_record *record,
		struct text *text);
	/* See formatter_describe(). NULL: class_name, or else label, is the description. */
	void (*describe)(const struct formatter *formatter, struct text *text);
	const char *class_name; /* "vigil.JsonFormatter"; NULL: see `describe` and `label` */
	const char *label;	/* the formatter's name in the config; NULL: none */
	const char *source;	/* the config's format; NULL: the default */
	const struct format_op *ops;
	size_t op_count;
	const char *datefmt; /* NULL: the default, with milliseconds */
	struct log_clock *clock;
	/* enum escape_flags, for the record's attributes, and for exc_text and stack_info below
	 * them */
	unsigned escape, escape_below;
	/* The formatter for coloured output, and where to use it; NULL: none. */
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
	bool no_validate; /* a format without a field is accepted */
	/* The names of a record's `extra`, NULL at the end; NULL: not known, so that any name is
	 * accepted. */
	const char *const *extra_names;
	const struct format_default *defaults; /* default_count of them, with distinct names */
	size_t default_count;
	struct log_clock *clock; /* outlives the formatter */
	unsigned escape;	 /* enum escape_flags, for all text of the record */
};

/*
 * Make a logging.Formatter. Returns 0 and a formatter that ARENA owns; -EINVAL, and the reason in
 * ERROR, in Python's words if Python has a message for it (also for an error such as "%(name)d",
 * which Python only finds when it formats a record); or -ENOMEM. The strings of OPTIONS are copied.
 */
int formatter_new(struct arena *arena, const struct formatter_options *options, struct text *error,
	struct formatter **ret_formatter);

/* The `color` of vigil.ColorFormatter: the environment decides AUTO. */
enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER, COLOR_CHOICE_COUNT_ };

struct color_options {
	enum color_choice choice;
	enum color_where automatic; /* the meaning of COLOR_AUTO, by color_where() */
	/* NULL, or ended by a NULL name; outlives the formatter. */
	const struct abbreviation *abbreviations;
};

/* The names of the choices in a config, by enum color_choice; NULL ends them. */
extern const char *const color_choice_names[];

/*
 * Make a vigil.ColorFormatter: detectron2's lines. Without colours, it is a Formatter with another
 * default format and datefmt. With colours, the text before the message is green (by default
 * "[%(asctime)s %(name)s]: "), names are abbreviated, and a red WARNING or ERROR (also for
 * CRITICAL) precedes the line. Returns as formatter_new().
 */
int color_formatter_new(struct arena *arena, const struct formatter_options *options,
	const struct color_options *color, struct text *error, struct formatter **ret_formatter);

/*
 * FORMATTER, or its coloured form if FD takes colours; FD is 1 or 2, or 0 if records go elsewhere.
 * To be called for each record, as a program may redirect its output at any time; makes a system
 * call only if there is a coloured form.
 */
const struct formatter *formatter_on(const struct formatter *formatter, int fd);

/*
 * Append RECORD to TEXT as FORMATTER formats it, with exc_text on lines of its own. Returns 0, or
 * -errno, and TEXT may have grown: -ENOENT when RECORD lacks an attribute that the format names
 * (Python's "Formatting field not found in record"), -ENOBUFS when a JSON object does not fit. Text
 * that does not fit is cut, which is no error.
 */
int formatter_format(
	const struct formatter *formatter, const struct log_record *record, struct text *text);

/* The `format` of formatters with ops: as formatter_format(). */
int format_by_ops(
	const struct formatter *formatter, const struct log_record *record, struct text *text);

/* The attribute for which formatter_format() returned -ENOENT, in the formatter's storage; NULL:
 * RECORD has all attributes that FORMATTER names. */
const char *formatter_missing(const struct formatter *formatter, const struct log_record *record);

/* Formatter(): "%(message)s". */
extern const struct formatter formatter_default;

/* The same for text of unknown origin on a terminal: control characters are escaped, and so are
 * newlines, except those of the trace. */
extern const struct formatter formatter_harmless;

/* vigil.JsonFormatter: one JSON object a record: the record's own form if it has one, else its
 * attributes by Python's names. */
extern const struct formatter formatter_json;

/* Append FORMATTER's description, as logging_tree prints it: "fmt='%(message)s' datefmt=None". */
void formatter_describe(const struct formatter *formatter, struct text *text);
