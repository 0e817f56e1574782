/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dict_formatter.h - how a formatter of a dictConfig is read: one struct formatter_class a class.
 *
 * Private to core/config. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/config/dict/dict_reader.h"

/* What becomes of characters that steer a terminal, and of newlines. */
enum escapes { ESCAPES_NONE, ESCAPES_CONTROL, ESCAPES_COUNT_ };
enum multiline {
	MULTILINE_UNSAID,
	MULTILINE_RAW,
	MULTILINE_INDENT,
	MULTILINE_ESCAPE,
	MULTILINE_COUNT_
};

struct formatter_class;

/* A formatter as it is read. */
struct formatter_target {
	const struct formatter_class *class;
	struct formatter_options options;
	const struct location *location;
	const struct value *format; /* where errors of the format belong; NULL: it has none */
	enum escapes escapes;
	enum multiline multiline;
	struct color_options color;
};

struct formatter_class {
	const char *name;
	const struct key_spec *keys;
	/* As formatter_new(). */
	int (*make)(struct dict_reader *reader, const struct formatter_target *target,
		struct text *error, struct formatter **ret);
	const struct formatter *fixed; /* the one that there is; NULL: it depends on keys */
};

/* Keys of vigil.ColorFormatter, for a struct formatter_target. */
void dict_formatter_color(
	struct dict_reader *reader, const struct location *location, void *target);
void dict_formatter_abbrev(
	struct dict_reader *reader, const struct location *location, void *target);
