/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The events of torchelastic from JSON. They refuse what Python's dataclasses and enums refuse, in
 * the same words, and also values of another type than the field's.
 *
 * An event and all that it points to is one block: the struct, the metadata, the strings. Decoded
 * strings are no longer than their JSON, whose quotes and commas leave room for the NULs.
 */
#include "core/include/vigil/events.h"

#include "core/api/api.h"
#include "core/api/json_in.h"
#include "core/base/names.h"
#include "core/events/node_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum kind { STRING, INT, INT_OR_NONE, SOURCE, STATE, METADATA };

static const char *const kind_names[] = {
	[STRING] = "a str",
	[INT] = "an int",
	[INT_OR_NONE] = "an int or None",
	[SOURCE] = "a str",
	[STATE] = "a str",
	[METADATA] = "a dict",
};

/* A member of the dataclass; a table has them in Python's order. */
struct field {
	const char *name;
	enum kind kind;
	size_t offset;
	bool required;
};

#define FIELD(type, name, kind, required)                          \
	{                                                          \
#name, kind, offsetof(struct type, name), required \
	}

static const struct field event_fields[] = {
	FIELD(vigil_event, name, STRING, true),
	FIELD(vigil_event, source, SOURCE, true),
	FIELD(vigil_event, timestamp, INT, false),
	FIELD(vigil_event, metadata, METADATA, false),
};

static const struct field rdzv_event_fields[] = {
	FIELD(vigil_rdzv_event, name, STRING, true),
	FIELD(vigil_rdzv_event, run_id, STRING, true),
	FIELD(vigil_rdzv_event, message, STRING, true),
	FIELD(vigil_rdzv_event, hostname, STRING, true),
	FIELD(vigil_rdzv_event, pid, INT, true),
	FIELD(vigil_rdzv_event, node_state, STATE, true),
	FIELD(vigil_rdzv_event, master_endpoint, STRING, false),
	FIELD(vigil_rdzv_event, rank, INT_OR_NONE, false),
	FIELD(vigil_rdzv_event, local_id, INT_OR_NONE, false),
	FIELD(vigil_rdzv_event, error_trace, STRING, false),
};

struct class
{
	const char *name;
	const struct field *fields;
	size_t field_count, size; /* of the struct */
};

static const struct class event_class = {
	"Event", event_fields, NAMES_COUNT(event_fields), sizeof(struct vigil_event)};
static const struct class rdzv_event_class = {"RdzvEvent", rdzv_event_fields,
	NAMES_COUNT(rdzv_event_fields), sizeof(struct vigil_rdzv_event)};

/* The block while it is filled. */
struct block {
	char *event;
	struct vigil_extra *extras; /* behind the struct */
	size_t extra_count;
	char *strings; /* where the next one goes */
};

static const struct field *find_field(const struct class *class, const char *name)
{
	for (size_t i = 0; i < class->field_count; i++)
		if (strcmp(class->fields[i].name, name) == 0)
			return &class->fields[i];
	return NULL;
}

/* Set Python's error for a key that is not there. */
static int fail_key(const struct json *key)
{
	char buffer[256];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	json_in_repr(&text, key);
	return api_fail(-ENOENT, "KeyError: %s", buffer);
}

/* Check the member that is an enum, which Python looks up as Enum[name] before anything else. */
static int check_enum(const struct class *class, const struct json *json)
{
	for (size_t i = 0; i < class->field_count; i++) {
		const struct field *field = &class->fields[i];
		const struct json *value = json_in_member(json, field->name);
		const char *name = value == NULL ? NULL : json_in_string(value);
		enum event_source source;
		enum node_state state;

		if (field->kind != SOURCE && field->kind != STATE)
			continue;
		if (value == NULL)
			return api_fail(-ENOENT, "KeyError: '%s'", field->name);
		if (field->kind == SOURCE ? event_source_parse(name, &source) < 0
					  : node_state_parse(name, &state) < 0)
			return fail_key(value);
	}
	return 0;
}

static int check_unknown(const struct class *class, const struct json *json)
{
	const struct json *item;

	FOR_EACH_JSON (item, json)
		if (find_field(class, item->key) == NULL)
			return api_fail(-EINVAL,
				"%s.__init__() got an unexpected keyword argument '%s'",
				class->name, item->key);
	return 0;
}

/* Check that the required members are there; the error lists them as Python does: "'name',
 * 'run_id', and 'pid'". */
static int check_missing(const struct class *class, const struct json *json)
{
	const char *missing[NAMES_COUNT(rdzv_event_fields)];
	size_t count = 0;
	char buffer[256];
	struct text text;

	for (size_t i = 0; i < class->field_count; i++)
		if (class->fields[i].required &&
			json_in_member(json, class->fields[i].name) == NULL)
			missing[count++] = class->fields[i].name;
	if (count == 0)
		return 0;
	text_init(&text, buffer, sizeof buffer);
	for (size_t i = 0; i < count; i++) {
		text_add(&text, i == 0 ? "" : count == 2 ? " " : ", ");
		text_printf(&text, "%s'%s'", i > 0 && i == count - 1 ? "and " : "", missing[i]);
	}
	return api_fail(-EINVAL, "%s.__init__() missing %zu required positional argument%s: %s",
		class->name, count, count == 1 ? "" : "s", buffer);
}

static int fail_type(const char *name, const char *expected, const struct json *value)
{
	return api_fail(
		-EINVAL, "%s: expected %s, found %s", name, expected, json_in_type_name(value));
}

static const char *keep(struct block *block, const char *string)
{
	char *copy = block->strings;

	block->strings = stpcpy(copy, string) + 1;
	return copy;
}

static int read_int(const struct field *field, const struct json *value, int64_t *ret)
{
	bool none = field->kind == INT_OR_NONE;

	if (none && json_is(value, JSON_NULL)) {
		*ret = VIGIL_NONE;
		return 0;
	}
	if (json_in_digits(value) == NULL)
		return fail_type(field->name, kind_names[field->kind], value);
	if (!json_in_int(value, ret) || (none && *ret == VIGIL_NONE))
		return api_fail(-EINVAL, "%s: %s is too large", field->name, json_in_digits(value));
	return 0;
}

/* The metadata for KEY: as in a dict, a key that occurs again keeps its first position and gets its
 * last value. */
static struct vigil_extra *extra_of(struct block *block, const char *key)
{
	for (size_t i = 0; i < block->extra_count; i++)
		if (strcmp(block->extras[i].key, key) == 0)
			return &block->extras[i];
	block->extras[block->extra_count].key = keep(block, key);
	return &block->extras[block->extra_count++];
}

static int read_extra(struct block *block, const struct json *item)
{
	struct vigil_extra *extra = extra_of(block, item->key);
	const char *string = json_in_string(item), *digits = json_in_digits(item);

	*extra = (struct vigil_extra){.key = extra->key, .type = VIGIL_TYPE_STR};
	if (string != NULL) {
		extra->string = keep(block, string);
	} else if (digits != NULL) {
		extra->type = VIGIL_TYPE_INT;
		if (!json_in_int(item, &extra->integer))
			extra->string = keep(block, digits);
	} else if (json_in_float(item, &extra->number)) {
		extra->type = VIGIL_TYPE_FLOAT;
	} else if (json_is_bool(item)) {
		extra->type = VIGIL_TYPE_BOOL;
		extra->integer = json_is(item, JSON_TRUE);
	} else if (!json_is(item, JSON_NULL)) {
		return fail_type(item->key, "a str, an int, a float, a bool or None", item);
	}
	return 0;
}

static int read_metadata(struct block *block, const struct json *value)
{
	const struct json *item;

	if (!json_is(value, JSON_OBJECT))
		return fail_type("metadata", kind_names[METADATA], value);
	FOR_EACH_JSON (item, value) {
		int error = read_extra(block, item);

		if (error < 0)
			return error;
	}
	return 0;
}

static int read_field(struct block *block, const struct field *field, const struct json *value)
{
	char *target = block->event + field->offset;
	const char *string = json_in_string(value);

	switch (field->kind) {
	case STRING:
		if (string == NULL)
			return fail_type(field->name, kind_names[STRING], value);
		*(const char **)(void *)target = keep(block, string);
		return 0;
	case SOURCE: return event_source_parse(string, (enum event_source *)(void *)target);
	case STATE: return node_state_parse(string, (enum node_state *)(void *)target);
	case METADATA: return read_metadata(block, value);
	default: return read_int(field, value, (int64_t *)(void *)target);
	}
}

static int read_fields(struct block *block, const struct class *class, const struct json *json)
{
	int error = check_enum(class, json);

	if (error == 0)
		error = check_unknown(class, json);
	if (error == 0)
		error = check_missing(class, json);
	for (size_t i = 0; error == 0 && i < class->field_count; i++) {
		const struct json *value = json_in_member(json, class->fields[i].name);

		if (value != NULL)
			error = read_field(block, &class->fields[i], value);
	}
	return error;
}

/* Read TEXT into BLOCK; absent members get the values that DEFAULTS, an event of CLASS, has. */
static int read_event(
	const struct class *class, const char *text, const void *defaults, struct block *block)
{
	size_t extras = 0;
	const char *why;
	struct json *json = json_in_parse(text, &why);
	const struct json *metadata;
	int error;

	if (!json_is(json, JSON_OBJECT)) {
		error = api_fail(-EINVAL, "%s", json == NULL ? why : "expected a JSON object");
		free(json);
		return error;
	}
	metadata = json_in_member(json, "metadata");
	if (json_is(metadata, JSON_OBJECT))
		extras = metadata->count + 1;
	block->event = calloc(1, class->size + extras * sizeof *block->extras + strlen(text) + 1);
	if (block->event == NULL) {
		free(json);
		return api_fail(-ENOMEM, NULL);
	}
	memcpy(block->event, defaults, class->size);
	block->extras = (struct vigil_extra *)(void *)(block->event + class->size);
	block->strings = (char *)(block->extras + extras);
	error = read_fields(block, class, json);
	free(json);
	if (error < 0)
		free(block->event);
	return error;
}

int vigil_event_deserialize(const char *json, struct vigil_event **ret_event)
{
	static const struct vigil_event defaults = {.name = ""};
	struct block block = {.event = NULL};
	int error = read_event(&event_class, json, &defaults, &block);

	if (error < 0)
		return error;
	*ret_event = (struct vigil_event *)(void *)block.event;
	if (block.extra_count > 0)
		(*ret_event)->metadata = block.extras;
	return 0;
}

int vigil_rdzv_event_deserialize(const char *json, struct vigil_rdzv_event **ret_event)
{
	struct vigil_rdzv_event defaults;
	struct block block = {.event = NULL};
	int error;

	vigil_rdzv_event_init(&defaults);
	error = read_event(&rdzv_event_class, json, &defaults, &block);
	if (error < 0)
		return error;
	*ret_event = (struct vigil_rdzv_event *)(void *)block.event;
	return 0;
}

void vigil_event_free(struct vigil_event *event)
{
	free(event);
}

void vigil_rdzv_event_free(struct vigil_rdzv_event *event)
{
	free(event);
}
