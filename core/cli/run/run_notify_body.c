/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_notify_body.h"

#include "core/base/json.h"
#include "core/base/json_out.h"
#include "core/base/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VERDICT "verdict"

/* The length of the name that AT, behind "${", begins with; 0: it is none, or not closed. */
static size_t name_length(const char *at)
{
	size_t length = 0;

	while (is_word(at[length]) || at[length] == '.')
		length++;
	return at[length] == '}' ? length : 0;
}

bool notify_template_is_sound(const char *template)
{
	for (const char *at = template; (at = strstr(at, "${")) != NULL; at += 2)
		if (name_length(at + 2) == 0)
			return false;
	return true;
}

/* The value in VALUE at the path of LENGTH bytes, NAMES with dots between them; NULL: there is
 * none.
 */
static const struct json *value_at(const struct json *value, const char *names, size_t length)
{
	while (length > 0) {
		const char *dot = memchr(names, '.', length);
		size_t count = dot == NULL ? length : (size_t)(dot - names);
		const struct json *item;

		if (!json_is(value, JSON_OBJECT))
			return NULL;
		FOR_EACH_JSON (item, value)
			if (strlen(item->key) == count && memcmp(item->key, names, count) == 0)
				break;
		value = item;
		names += count + (dot != NULL);
		length -= count + (dot != NULL);
	}
	return value;
}

static void add_value(struct text *body, const struct json *value)
{
	if (json_is(value, JSON_STRING) || json_is(value, JSON_NUMBER))
		json_escape(body, value->string, strlen(value->string));
	else if (json_is_bool(value))
		text_add(body, value->type == JSON_TRUE ? "true" : "false");
}

int notify_body(const char *template, const char *verdict, struct text *body)
{
	size_t size = strlen(verdict);
	void *memory = malloc(json_size(verdict, size));
	const struct json *json = memory == NULL ? NULL : json_parse(verdict, size, memory);
	const char *at = template, *next;

	while (json != NULL && (next = strstr(at, "${")) != NULL) {
		size_t length = name_length(next + 2);

		text_add_n(body, at, (size_t)(next - at));
		if (length == strlen(VERDICT) && memcmp(next + 2, VERDICT, length) == 0)
			text_add(body, verdict);
		else
			add_value(body, value_at(json, next + 2, length));
		at = next + 2 + length + 1;
	}
	text_add(body, at);
	free(memory);
	return json == NULL ? -ENOMEM : 0;
}
