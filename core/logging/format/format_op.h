/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format_op.h - the operations that a format is compiled into: format_compile.c makes them,
 * formatter.c executes them.
 *
 * Private to core/logging. Signal-safe: plain data. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Attributes of a record, by Python's names. */
enum attribute {
	ATTRIBUTE_NONE, /* literal text */
	ATTRIBUTE_NAME,
	ATTRIBUTE_LEVELNO,
	ATTRIBUTE_LEVELNAME,
	ATTRIBUTE_MESSAGE,
	ATTRIBUTE_ASCTIME,
	ATTRIBUTE_CREATED,
	ATTRIBUTE_MSECS,
	ATTRIBUTE_RELATIVE_CREATED,
	ATTRIBUTE_PROCESS,
	ATTRIBUTE_THREAD,
	ATTRIBUTE_PROCESS_NAME,
	ATTRIBUTE_THREAD_NAME,
	ATTRIBUTE_TASK_NAME,
	ATTRIBUTE_PATHNAME,
	ATTRIBUTE_FILENAME,
	ATTRIBUTE_MODULE,
	ATTRIBUTE_LINENO,
	ATTRIBUTE_FUNC_NAME,
	ATTRIBUTE_EXC_TEXT,
	ATTRIBUTE_COUNT_,
	ATTRIBUTE_EXTRA = ATTRIBUTE_COUNT_, /* one of the record's extra, by its name */
};

/* What Python has in that attribute, which decides the conversions that it takes. */
enum attribute_type { TYPE_STRING, TYPE_INT, TYPE_FLOAT, TYPE_ANY };

/* Widths and precisions above these are refused: more than anybody means, and numbers fit their
 * buffers. */
#define WIDTH_MOST 1000
#define PRECISION_MOST 40

/* A conversion: flags, width, precision (-1: none), and its kind, one of "sdiouxXeEfFgGc"; in style
 * '{' also "bn%", and 'r' for a float that prints itself. */
struct conversion {
	bool left, zero, plus, blank, alternate;
	bool minus; /* style '{': a sign as numbers have it, which only numbers may have */
	int width, precision;
	char kind;
	bool repr;    /* Python's repr(): kind is 's' then */
	bool ascii;   /* its ascii(), which is repr() with all else escaped */
	char align;   /* style '{': one of "<>^"; 0: by `left`, as printf does it */
	char fill[5]; /* style '{': what pads, one code point; "": a blank, or '0' by `zero` */
	char group;   /* style '{': what stands between groups of digits; 0: nothing */
	/* Style '{', "{message:{lineno}}": the whole numbers that are the width and the precision;
	 * ATTRIBUTE_NONE: those above. */
	enum attribute width_from, precision_from;
};

struct format_op {
	enum attribute attribute;
	const char *text; /* literal text, or the name of an extra attribute */
	size_t length;
	struct conversion how;
	const char *otherwise; /* of an extra attribute that a record does not have; NULL: none */
};
