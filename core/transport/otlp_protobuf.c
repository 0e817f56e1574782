/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/otlp_protobuf.h"

#include "core/base/number.h"
#include "core/eventfile/decode_value.h"

#include <stdlib.h>
#include <string.h>

/* The wire types of the protobuf encoding. */
enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

enum kind { KIND_STRING, KIND_BOOL, KIND_NUMBER, KIND_FIXED64, KIND_DOUBLE, KIND_MESSAGE };

/* A field of a message; one that is an array in JSON is repeated. */
struct field {
	const char *name; /* in JSON; NULL: the end of the message's fields */
	uint8_t number;
	enum kind kind;
	const struct field *message;
};

static const struct field array_value[2], key_value_list[2];

static const struct field any_value[] = {
	{"stringValue", 1, KIND_STRING, NULL},
	{"boolValue", 2, KIND_BOOL, NULL},
	{"intValue", 3, KIND_NUMBER, NULL},
	{"doubleValue", 4, KIND_DOUBLE, NULL},
	{"arrayValue", 5, KIND_MESSAGE, array_value},
	{"kvlistValue", 6, KIND_MESSAGE, key_value_list},
	{0},
};

static const struct field key_value[] = {
	{"key", 1, KIND_STRING, NULL},
	{"value", 2, KIND_MESSAGE, any_value},
	{0},
};

static const struct field array_value[] = {{"values", 1, KIND_MESSAGE, any_value}, {0}};

static const struct field key_value_list[] = {{"values", 1, KIND_MESSAGE, key_value}, {0}};

static const struct field log_record[] = {
	{"timeUnixNano", 1, KIND_FIXED64, NULL},
	{"severityNumber", 2, KIND_NUMBER, NULL},
	{"severityText", 3, KIND_STRING, NULL},
	{"body", 5, KIND_MESSAGE, any_value},
	{"attributes", 6, KIND_MESSAGE, key_value},
	{"observedTimeUnixNano", 11, KIND_FIXED64, NULL},
	{"eventName", 12, KIND_STRING, NULL},
	{0},
};

static const struct field scope[] = {
	{"name", 1, KIND_STRING, NULL},
	{"version", 2, KIND_STRING, NULL},
	{0},
};

static const struct field scope_logs[] = {
	{"scope", 1, KIND_MESSAGE, scope},
	{"logRecords", 2, KIND_MESSAGE, log_record},
	{0},
};

static const struct field resource[] = {{"attributes", 1, KIND_MESSAGE, key_value}, {0}};

static const struct field resource_logs[] = {
	{"resource", 1, KIND_MESSAGE, resource},
	{"scopeLogs", 2, KIND_MESSAGE, scope_logs},
	{0},
};

static const struct field request_fields[] = {
	{"resourceLogs", 1, KIND_MESSAGE, resource_logs}, {0}};

static void put_varint(struct text *text, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		text_char(text, (char)(value | 0x80));
	text_char(text, (char)value);
}

static void put_fixed64(struct text *text, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		text_char(text, (char)(value >> (8 * i)));
}

/* Put the length of what TEXT has from BEGIN on before it. */
static void put_length_before(struct text *text, size_t begin)
{
	size_t length = text->length - begin;
	char bytes[10];
	struct text prefix;

	text_init(&prefix, bytes, sizeof bytes);
	put_varint(&prefix, length);
	text_add_n(text, bytes, prefix.length);
	if (text->truncated)
		return;
	memmove(text->data + begin + prefix.length, text->data + begin, length);
	memcpy(text->data + begin, bytes, prefix.length);
}

static void put_message(struct text *text, const struct field *fields, const struct json *value);

static void put_field(struct text *text, const struct field *field, const struct json *value)
{
	static const uint8_t wires[] = {
		[KIND_STRING] = WIRE_BYTES,
		[KIND_BOOL] = WIRE_VARINT,
		[KIND_NUMBER] = WIRE_VARINT,
		[KIND_FIXED64] = WIRE_FIXED64,
		[KIND_DOUBLE] = WIRE_FIXED64,
		[KIND_MESSAGE] = WIRE_BYTES,
	};
	const char *string = value->string == NULL ? "" : value->string;
	size_t begin;
	double real;
	uint64_t bits;

	put_varint(text, (uint64_t)field->number << 3 | wires[field->kind]);
	begin = text->length;
	switch (field->kind) {
	case KIND_STRING:
		put_varint(text, strlen(string));
		text_add(text, string);
		break;
	case KIND_BOOL: put_varint(text, value->type == JSON_TRUE); break;
	case KIND_NUMBER: put_varint(text, (uint64_t)strtoll(string, NULL, 10)); break;
	case KIND_FIXED64: put_fixed64(text, strtoull(string, NULL, 10)); break;
	case KIND_DOUBLE:
		real = json_double(value);
		memcpy(&bits, &real, sizeof bits);
		put_fixed64(text, bits);
		break;
	case KIND_MESSAGE:
		put_message(text, field->message, value);
		put_length_before(text, begin);
		break;
	}
}

static void put_message(struct text *text, const struct field *fields, const struct json *value)
{
	const struct json *item, *element;

	FOR_EACH_JSON (item, value) {
		const struct field *field = fields;

		while (field->name != NULL && strcmp(field->name, item->key) != 0)
			field++;
		if (field->name == NULL)
			continue;
		if (json_is(item, JSON_ARRAY))
			FOR_EACH_JSON (element, item)
				put_field(text, field, element);
		else
			put_field(text, field, item);
	}
}

void otlp_protobuf(const struct json *request, struct text *text)
{
	put_message(text, request_fields, request);
}

/* Bytes that are read one after the other; nothing behind AT == END. */
struct bytes {
	const unsigned char *at, *end;
};

static bool take_varint(struct bytes *bytes, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64 && bytes->at < bytes->end; shift += 7) {
		unsigned char byte = *bytes->at++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*ret_value = value;
			return true;
		}
	}
	return false;
}

/* Take a field: its number, and its value, a varint, or bytes. Returns false at the end, and where
 * it is none. */
static bool take_field(
	struct bytes *bytes, uint64_t *ret_number, uint64_t *ret_value, struct bytes *ret_bytes)
{
	uint64_t tag, length = 0;

	*ret_bytes = (struct bytes){NULL, NULL};
	*ret_value = 0;
	if (!take_varint(bytes, &tag))
		return false;
	*ret_number = tag >> 3;
	switch (tag & 7) {
	case WIRE_VARINT: return take_varint(bytes, ret_value);
	case WIRE_FIXED64: length = 8; break;
	case WIRE_FIXED32: length = 4; break;
	case WIRE_BYTES:
		if (!take_varint(bytes, &length))
			return false;
		break;
	default: return false;
	}
	if (length > (uint64_t)(bytes->end - bytes->at))
		return false;
	*ret_bytes = (struct bytes){bytes->at, bytes->at + length};
	bytes->at += length;
	return true;
}

static void copy(struct bytes from, char *message, size_t size)
{
	size_t count = (size_t)(from.end - from.at);

	if (count >= size)
		count = size - 1;
	if (count > 0)
		memcpy(message, from.at, count);
	message[count] = '\0';
}

static void read_partial(struct bytes bytes, struct otlp_partial *partial)
{
	struct bytes part;
	uint64_t number, value;

	while (take_field(&bytes, &number, &value, &part)) {
		if (number == 1 && part.at == NULL)
			partial->rejected = (int64_t)value;
		else if (number == 2)
			copy(part, partial->message, sizeof partial->message);
	}
}

/* The JSON in COUNT bytes of TEXT, in *RET_MEMORY, which the caller frees; NULL: it is none. */
static const struct json *parsed(const char *text, size_t count, void **ret_memory)
{
	*ret_memory = malloc(json_size(text, count));
	return *ret_memory == NULL ? NULL : json_parse(text, count, *ret_memory);
}

/* A number of 64 bits is a string in protobuf's JSON; some write a number. */
static int64_t number_of(const struct json *value)
{
	int64_t number;

	return (json_is(value, JSON_STRING) || json_is(value, JSON_NUMBER)) &&
			       number_parse(value->string, &number)
		       ? number
		       : 0;
}

static void text_of(const struct json *object, const char *key, char *message, size_t size)
{
	const char *string = decoded_string(object, key);

	text_format(message, size, "%s", string == NULL ? "" : string);
}

void otlp_answer(const char *answer, size_t count, bool is_json, struct otlp_partial *ret_partial)
{
	struct bytes bytes = {(const unsigned char *)answer, (const unsigned char *)answer + count};
	struct bytes part;
	uint64_t number, value;
	void *memory = NULL;

	*ret_partial = (struct otlp_partial){0};
	if (is_json) {
		const struct json *partial =
			decoded_member(parsed(answer, count, &memory), "partialSuccess");

		ret_partial->rejected = number_of(decoded_member(partial, "rejectedLogRecords"));
		text_of(partial, "errorMessage", ret_partial->message, sizeof ret_partial->message);
		free(memory);
		return;
	}
	while (take_field(&bytes, &number, &value, &part))
		if (number == 1 && part.at != NULL)
			read_partial(part, ret_partial);
}

void otlp_status_message(const char *answer, size_t count, bool is_json, char *message, size_t size)
{
	struct bytes bytes = {(const unsigned char *)answer, (const unsigned char *)answer + count};
	struct bytes part;
	uint64_t number, value;
	void *memory = NULL;

	message[0] = '\0';
	if (is_json) {
		text_of(parsed(answer, count, &memory), "message", message, size);
		free(memory);
		return;
	}
	while (take_field(&bytes, &number, &value, &part))
		if (number == 2 && part.at != NULL)
			copy(part, message, size);
}
