/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_line.h - writes an event's line, with what must hold of every one, and gives it parsed to
 * the test.
 */
#pragma once

#include "core/events/event.h"
#include "tests/support/cmocka.h"

#include <cjson/cJSON.h>
#include <string.h>

#define CANARY 64

/* The line of the last event, and behind the SIZE bytes that it may have, bytes that must stay. */
static char line_buffer[EVENT_LINE_MAX + 4096 + CANARY];
static struct text line;

/* Writes EVENT into SIZE bytes and returns it parsed; NULL when it does not fit, which must have
 * been said. */
static inline cJSON *written_in(const struct event *event, size_t size)
{
	size_t limit = size < EVENT_LINE_MAX ? size : EVENT_LINE_MAX;

	memset(line_buffer, 0x5A, size + CANARY);
	text_init(&line, line_buffer, size);
	event_json(event, &line);
	assert_int_equal(line.size, size);
	assert_true(line.length < limit);
	assert_int_equal(line.length, strlen(line_buffer));
	for (size_t i = limit; i < size + CANARY; i++)
		assert_int_equal(line_buffer[i], 0x5A);
	for (size_t i = 0; i < line.length; i++)
		assert_uint_in_range(line_buffer[i], 0x20, 0x7E);
	cJSON *object = cJSON_ParseWithOpts(line_buffer, NULL, 1);

	assert_true(line.truncated || object != NULL);
	return object;
}

static inline cJSON *written(const struct event *event)
{
	cJSON *object = written_in(event, EVENT_LINE_MAX);

	assert_non_null(object);
	assert_false(line.truncated);
	return object;
}

static inline bool says_truncated(const cJSON *object)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "truncated"));
}

static inline const char *string_of(const cJSON *object, const char *name)
{
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	assert_non_null(value);
	return value;
}

static inline const cJSON *item_of(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	assert_non_null(item);
	return item;
}

static inline double number_of(const cJSON *object, const char *name)
{
	const cJSON *item = item_of(object, name);

	assert_true(cJSON_IsNumber(item));
	return item->valuedouble;
}

static inline size_t count_of(const cJSON *object, const char *name)
{
	return (size_t)cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(object, name));
}
