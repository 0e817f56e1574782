/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/decode_calls.h"

#include <stdlib.h>
#include <string.h>

static struct call_count decode_call(struct decoder *decoder, const struct json *item)
{
	const char *on = decoded_string(item, "communicator");
	const struct json *arguments = decoded_member(item, "arguments"), *argument;
	struct call_count call = {
		.collective = decoded_bool(item, "collective", false),
		.place = decoded_uint32(item, "place", 0),
		.count = decoded_uint64(item, "count", 0),
		.entered_us = decoded_int64(item, "entered_us", 0),
	};
	const struct json *root = decoded_member(item, "root");
	const char *name = decoded_keep(decoder, item, "function", "");
	size_t at = 0;

	memcpy(call.name, name, strnlen(name, sizeof call.name - 1));
	call.has_root = root != NULL;
	call.root = (int32_t)decoded_int64(item, "root", 0);
	if (on == NULL)
		call.communicator = CALL_NO_COMMUNICATOR;
	else
		call.communicator = strcmp(on, "world") == 0 ? CALL_WORLD : CALL_OTHER;
	call.many = on != NULL && strcmp(on, "others") == 0;
	if (call.communicator == CALL_OTHER && !call.many)
		call.handle = decoded_address(item, "communicator", 0);
	FOR_EACH_JSON (argument, arguments)
		if (at < CALL_ARGUMENTS && json_is(argument, JSON_STRING))
			call.arguments[at++] = strtoull(argument->string, NULL, 0);
	return call;
}

void decode_calls(struct decoder *decoder, const struct json *array, struct call_counts *calls)
{
	struct call_count *list =
		json_is(array, JSON_ARRAY) ? decoded_items(decoder, array, sizeof *list) : NULL;
	const struct json *item;

	if (list == NULL)
		return;
	calls->list = list;
	FOR_EACH_JSON (item, array)
		if (calls->count < CALL_COUNTS_MOST)
			list[calls->count++] = decode_call(decoder, item);
}
