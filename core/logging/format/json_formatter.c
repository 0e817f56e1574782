/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/format/formatter.h"

#include "core/base/json_out.h"
#include "core/base/order.h"
#include "core/base/utf8.h"
#include "core/logging/level.h"

#include <errno.h>
#include <string.h>

/* Writes the first COUNT bytes of STRING as member KEY; false, and writes nothing, if that would
 * leave no room for RESERVE more bytes. */
static bool fits(
	struct json_out *json, const char *key, const char *string, size_t count, size_t reserve)
{
	size_t start = json->text->length;
	bool comma = json->comma;

	json_string_n(json, key, string, count);
	if (!json->text->truncated && json->text->length + reserve < json->text->size)
		return true;
	text_reset(json->text, start);
	json->comma = comma;
	return false;
}

/* Writes member KEY with as much of STRING's beginning as fits. False when not even the key fits.
 */
static bool add_cut(struct json_out *json, const char *key, const char *string, size_t reserve)
{
	size_t count = strlen(string), start = json->text->length;
	bool comma = json->comma;

	if (fits(json, key, string, count, reserve))
		return true;
	count = LOWER_BOUND(i, count,
		fits(json, key, string, i, reserve) &&
			(text_reset(json->text, start), json->comma = comma, true));
	if (count == 0)
		return false;
	/* Do not cut a UTF-8 sequence in two. */
	count--;
	while (count > 0 && utf8_continues(string[count]))
		count--;
	return fits(json, key, string, count, reserve);
}

static void add_created(struct json_out *json, int64_t real_us)
{
	uint64_t value = real_us < 0 ? 0 - (uint64_t)real_us : (uint64_t)real_us;

	text_printf(json->text, ",\"created\":%s%llu.%06llu", real_us < 0 ? "-" : "",
		(unsigned long long)(value / 1000000), (unsigned long long)(value % 1000000));
}

static void add_attribute(struct json_out *json, const struct log_record *record, const char *name)
{
	const struct record_extra *extra = record->extra;
	const char *note = record_note(record, name);
	char buffer[1024];
	struct text text;

	if (note != NULL) {
		json_string(json, name, note);
	} else if (extra == NULL) {
		return; /* a name comes from a note or from there */
	} else if (extra->json_value != NULL) {
		json_raw(json, name, "");
		extra->json_value(extra, name, json->text);
	} else {
		text_init(&text, buffer, sizeof buffer);
		extra->attribute(extra, name, &text);
		json_string(json, name, buffer);
	}
}

/* Writes the attributes of extra and of filters, except those that would leave no room for the
 * message. */
static void add_attributes(struct json_out *json, const struct log_record *record)
{
	const char *name;

	for (unsigned i = 0; (name = record_attribute_name(record, i)) != NULL; i++) {
		size_t start = json->text->length;

		/* A filter has set this attribute, which is written already. */
		if (record_note(record, name) != NULL && i >= record->notes->count)
			continue;
		add_attribute(json, record, name);
		if (json->text->truncated || json->text->length + 256 > json->text->size)
			text_reset(json->text, start);
	}
}

static int format_attributes(const struct log_record *record, struct text *text)
{
	struct json_out json = {.text = text};
	const char *message = record->message == NULL ? "" : record->message;
	bool traced = record->exc_text != NULL && record->exc_text[0] != '\0';
	char buffer[LEVEL_NAME_SIZE];
	size_t start = text->length;

	json_begin_object(&json, NULL);
	json_string(&json, "name", record->name);
	json_int(&json, "levelno", record->levelno);
	json_string(&json, "levelname", level_name(record->levelno, buffer));
	add_created(&json, record->created.real_us);
	json_int(&json, "process", record->process);
	json_int(&json, "thread", record->thread);
	json_string(&json, "processName", record->process_name);
	json_string(&json, "threadName", record->thread_name);
	json_string(&json, "pathname", record->pathname);
	json_int(&json, "lineno", record->lineno);
	json_string(&json, "funcName", record->func_name);
	add_attributes(&json, record);
	if (!text->truncated && add_cut(&json, "message", message, traced ? 32 : 1) &&
		(!traced || add_cut(&json, "exc_text", record->exc_text, 1))) {
		json_end_object(&json);
		return 0;
	}
	text_reset(text, start);
	return -ENOBUFS;
}

static int format_json(
	const struct formatter *formatter, const struct log_record *record, struct text *text)
{
	(void)formatter;
	if (record->extra == NULL || record->extra->json == NULL)
		return format_attributes(record, text);
	record->extra->json(record->extra, text);
	/* The record's own form cuts itself to fit; if that was not enough, TEXT has no whole JSON
	 * object. */
	return text->truncated ? -ENOBUFS : 0;
}

const struct formatter formatter_json = {
	.format = format_json, .class_name = "vigil.JsonFormatter"};
