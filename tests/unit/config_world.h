/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations as text, and what is wrong with them. */
#pragma once

#include "core/config/config.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct arena arena;
static struct config_errors errors;

static int parse(const char *text, bool validate_only, struct logging **ret)
{
	struct config_context context = {
		.validate_only = validate_only, .run = {.directory = "/tmp", .rank = 3}};

	memset(&errors, 0, sizeof errors);
	errors.arena = &arena;
	errors.path = "f";
	return config_parse(
		&arena, arena_strdup(&arena, text), strlen(text), &context, ret, &errors);
}

static struct logging *good(const char *text)
{
	struct logging *logging = NULL;
	int error = parse(text, false, &logging);

	if (error < 0)
		print_error("%s\n", errors.count > 0 ? errors.lines[0] : "?");
	assert_int_equal(error, 0);
	return logging;
}

/* TEXT is "version: 1" and one thing wrong, at its end. */
static void assert_refused(const char *text, const char *expected)
{
	char whole[512];
	struct logging *logging = NULL;

	snprintf(whole, sizeof whole, "version: 1\n%s\n", text);
	assert_int_equal(parse(whole, false, &logging), -EINVAL);
	assert_null(logging);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.lines[0], expected);
}

static const char *formatted(const struct logging *logging, const struct record_extra *extra)
{
	static char buffer[256];
	struct log_record record = {.name = "n", .levelno = 20, .message = "m", .extra = extra};
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	assert_int_equal(
		handler_format(logger_setup(&logging->root)->handlers->items[0], &record, &text),
		0);
	return buffer;
}
