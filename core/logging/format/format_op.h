/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format_op.h - the operations that a format is compiled into: format_compile.c makes them,
 * formatter.c executes them.
 *
 * Private to core/logging. Signal-safe: yes. Threads: any.
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
	ATTRIBUTE_EXTRA = ATTRIBUTE_COUNT_, /* an attribute of the record's extra, by its name */
};

/* Python's type of an attribute, which decides the conversions that the attribute takes. */
enum attribute_type { TYPE_STRING, TYPE_INT, TYPE_FLOAT, TYPE_ANY };

/* The attribute whose name is the LENGTH bytes at NAME; ATTRIBUTE_EXTRA: none of Python's own. */
enum attribute attribute_by_name(const char *name, size_t length);

/* The type of ATTRIBUTE; TYPE_ANY for literal text and for attributes of a record's extra. */
enum attribute_type attribute_type(enum attribute attribute);

/* Greater widths and precisions are refused, so that numbers fit their buffers. */
#define WIDTH_MOST 1000
#define PRECISION_MOST 40

/* A conversion: flags, width, precision (-1: none), and its kind, one of "sdiouxXeEfFgGc"; in style
 * '{' also "bn%", and 'r' for a float that prints itself. */
struct conversion {
	bool left, zero, plus, blank, alternate;
	bool minus; /* style '{': the sign '-', which only numbers may have */
	int width, precision;
	char kind;
	bool repr;    /* Python's repr(): kind is 's' then */
	bool ascii;   /* Python's ascii(): repr() with every character beyond ASCII escaped */
	char align;   /* style '{': one of "<>^"; 0: by `left`, as printf does it */
	char fill[5]; /* style '{': one code point to pad with; "": a blank, or '0' by `zero` */
	char group;   /* style '{': separates groups of digits; 0: nothing */
	/* Style '{', "{message:{lineno}}": the attributes that determine width and precision;
	 * ATTRIBUTE_NONE: the members above do. */
	enum attribute width_from, precision_from;
};

struct format_op {
	enum attribute attribute;
	const char *text; /* literal text, or the name of an extra attribute */
	size_t length;
	struct conversion how;
	const char *otherwise; /* the text for a record without this extra attribute; NULL: none */
};
