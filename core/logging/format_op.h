/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format_op.h - the operations that a format is compiled into: format_compile.c makes them,
 * formatter.c carries them out.
 *
 * Private to core/logging. Signal-safe: plain data. Threads: any.
 */
#pragma once

#include "core/logging/formatter.h"

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

/* A printf conversion: flags, width, precision (-1: none), and one of "sdiouxXfF". */
struct conversion {
	bool left, zero, plus, blank, alternate;
	int width, precision;
	char kind;
};

struct format_op {
	enum attribute attribute;
	const char *text; /* literal text, or the name of an extra attribute */
	size_t length;
	struct conversion how;
};

/* Compiles OPTIONS' format into FORMATTER's ops. As formatter_new(). */
int format_compile(struct arena *arena, const struct formatter_options *options, struct text *error,
	struct formatter *formatter);
