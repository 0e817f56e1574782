/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.h - what the fuzzers of the three format styles do: compile any bytes, then format
 * records.
 *
 * The bytes up to the first NUL are the format, those behind it the date's. What is refused says
 * why; what is compiled formats every record, and into a small buffer what fits of it.
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/logging/format/formatter.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_LINE_SIZE 65536
#define FUZZ_SMALL_SIZE 24

static bool fuzz_attribute(const struct record_extra *extra, const char *name, struct text *text)
{
	(void)extra;
	if (name[0] != 'x')
		return false;
	text_add(text, "it's\n\xc3\xa4\xe2\x80\xa8");
	return true;
}

static const struct record_extra fuzz_extra = {.attribute = fuzz_attribute};

static const struct record_given fuzz_given = {.levelname = "\xc3\xa4",
	.filename = "",
	.module = "m",
	.task_name = "t",
	.has_msecs = true,
	.has_relative_created = true,
	.msecs_us = -1,
	.relative_created_us = INT64_MIN};

static const struct log_record fuzz_records[] = {
	{.message = ""},
	{.name = "a.b",
		.levelno = -7,
		.message = "two\nlines \xf0\x9f\x98\x80 \xff",
		.created = {.real_us = 735379380007000},
		.pathname = "/src/job.c",
		.lineno = 7,
		.func_name = "step",
		.process = 42,
		.thread = INT64_MIN,
		.process_name = "p",
		.thread_name = "t",
		.exc_text = "TB",
		.stack_info = "ST",
		.extra = &fuzz_extra},
	{.name = "",
		.levelno = INT32_MAX,
		.message = "%s{}$x",
		.created = {.real_us = INT64_MIN},
		.lineno = INT32_MIN,
		.process = -1,
		.given = &fuzz_given,
		.extra = &fuzz_extra},
};

/* What is written is a string within SIZE bytes, and the small buffer holds what the large one
 * begins with. */
static inline void fuzz_one_record(
	const struct formatter *formatter, const struct log_record *record)
{
	static char large[FUZZ_LINE_SIZE];
	char *small = malloc(FUZZ_SMALL_SIZE);
	struct text text, cut;
	int error;

	if (small == NULL)
		return;
	text_init(&text, large, sizeof large);
	text_init(&cut, small, FUZZ_SMALL_SIZE);
	error = formatter_format(formatter, record, &text);
	if (error != 0 && error != -ENOENT)
		abort();
	if (formatter_format(formatter, record, &cut) != error)
		abort();
	if (strlen(large) >= sizeof large || strlen(small) >= FUZZ_SMALL_SIZE)
		abort();
	if (!cut.truncated && strcmp(large, small) != 0)
		abort();
	free(small);
}

static inline void fuzz_compile(const struct formatter_options *options)
{
	struct arena arena = {0};
	struct formatter *formatter = NULL;
	char why[512] = "", described[256];
	struct text error, text;
	int got;

	text_init(&error, why, sizeof why);
	got = formatter_new(&arena, options, &error, &formatter);
	if ((got == 0) != (formatter != NULL) || (got == -EINVAL && why[0] == '\0'))
		abort();
	if (got == 0) {
		for (size_t i = 0; i < sizeof fuzz_records / sizeof *fuzz_records; i++)
			fuzz_one_record(formatter, &fuzz_records[i]);
		text_init(&text, described, sizeof described);
		formatter_describe(formatter, &text);
	}
	arena_release(&arena);
}

/* Any bytes as a format of STYLE, validated and not, with defaults and without. */
static inline int fuzz_format(enum format_style style, const uint8_t *data, size_t size)
{
	static const struct format_default defaults[] = {{"d", "default"}, {"x", "\xff"}};
	static const char *const names[] = {"x", "xy", NULL};
	struct log_clock clock = {0};
	struct formatter_options options = {.style = style, .clock = &clock};
	char *copy = malloc(size + 2);

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	copy[size] = copy[size + 1] = '\0';
	options.format = copy;
	options.datefmt = copy + strlen(copy) + 1;
	fuzz_compile(&options);
	options.no_validate = true;
	options.defaults = defaults;
	options.default_count = sizeof defaults / sizeof *defaults;
	fuzz_compile(&options);
	options.extra_names = names;
	fuzz_compile(&options);
	free(copy);
	return 0;
}
