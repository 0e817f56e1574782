/* SPDX-License-Identifier: Apache-2.0 */
/* Records of `vigil emit`: from JSON to struct log_record, and on to the loggers. */
#include "core/cli/emit/emit_common.h"

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A record that is being made. */
struct maker {
	struct record_extra extra; /* first: extra_attribute() casts its address */
	struct emit *emit;
	struct arena arena; /* its strings */
	struct log_record record;
	struct record_given given;
	struct record_notes notes;
	char noted[RECORD_NOTES_SIZE]; /* the storage of notes */
	const struct json *object;     /* the source of extra's attributes */
};

/* str(VALUE), in the maker's arena; "" when there is no memory for it. */
static const char *string_of(struct maker *maker, const struct json *value)
{
	const char *plain = json_in_string(value);
	size_t size = 4096;
	struct text text;

	if (plain != NULL)
		return plain;
	for (;; size *= 4) {
		char *buffer = arena_alloc(&maker->arena, size);

		if (buffer == NULL)
			return "";
		text_init(&text, buffer, size);
		json_in_str(&text, value);
		if (!text.truncated)
			return buffer;
	}
}

/* The attributes of a record by Python's names, and where makeLogRecord() stores each. */
enum kind { STRING, TEXT_OR_NONE, INT, INT64, MILLISECONDS, SECONDS, LEVELNO, MERGED, IGNORED };

#define IN_RECORD(member) offsetof(struct maker, record.member)
#define IN_GIVEN(member) offsetof(struct maker, given.member)

static const struct attribute {
	const char *name;
	enum kind kind;
	size_t offset;
	size_t flag; /* offset of the bool that says that it is given; 0: none */
} attributes[] = {
	{"name", STRING, IN_RECORD(name), 0},
	{"msg", STRING, IN_RECORD(message), 0},
	{"args", MERGED, 0, 0},
	{"levelname", STRING, IN_GIVEN(levelname), 0},
	{"levelno", LEVELNO, IN_RECORD(levelno), 0},
	{"pathname", STRING, IN_RECORD(pathname), 0},
	{"filename", STRING, IN_GIVEN(filename), 0},
	{"module", STRING, IN_GIVEN(module), 0},
	{"exc_info", MERGED, 0, 0},
	{"exc_text", TEXT_OR_NONE, IN_RECORD(exc_text), 0},
	{"stack_info", TEXT_OR_NONE, IN_RECORD(stack_info), 0},
	{"lineno", INT, IN_RECORD(lineno), 0},
	{"funcName", STRING, IN_RECORD(func_name), 0},
	{"created", SECONDS, IN_RECORD(created.real_us), 0},
	{"msecs", MILLISECONDS, IN_GIVEN(msecs_us), IN_GIVEN(has_msecs)},
	{"relativeCreated", MILLISECONDS, IN_GIVEN(relative_created_us),
		IN_GIVEN(has_relative_created)},
	{"thread", INT64, IN_RECORD(thread), 0},
	{"threadName", STRING, IN_RECORD(thread_name), 0},
	{"processName", STRING, IN_RECORD(process_name), 0},
	{"process", INT, IN_RECORD(process), 0},
	{"taskName", STRING, IN_GIVEN(task_name), 0},
	/* Set by a formatter. */
	{"message", IGNORED, 0, 0},
	{"asctime", IGNORED, 0, 0},
};

#define ATTRIBUTE_COUNT (sizeof attributes / sizeof *attributes)

static const struct attribute *find_attribute(const char *name)
{
	for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
		if (strcmp(attributes[i].name, name) == 0)
			return &attributes[i];
	return NULL;
}

/* The attributes of Python's `extra`, and all others of a record that Python does not know. */
static bool extra_attribute(const struct record_extra *extra, const char *name, struct text *text)
{
	const struct json *value = json_in_member(((const struct maker *)extra)->object, name);

	if (value == NULL)
		return false;
	json_in_str(text, value);
	return true;
}

/* The name of the INDEX-th member that is none of Python's own attributes. */
static const char *extra_name(const struct record_extra *extra, unsigned index)
{
	const struct json *item;

	FOR_EACH_JSON (item, ((const struct maker *)extra)->object) {
		if (find_attribute(item->key) == NULL && index-- == 0)
			return item->key;
	}
	return NULL;
}

static void begin(struct maker *maker, struct emit *emit)
{
	struct instant now = instant_now();

	*maker = (struct maker){
		.emit = emit, .extra = {.attribute = extra_attribute, .name = extra_name}};
	maker->record = (struct log_record){
		.created = now,
		.process = getpid(),
		.thread = gettid(),
		.process_name = "MainProcess",
		.thread_name = "MainThread",
		.given = &maker->given,
		.extra = &maker->extra,
		.notes = &maker->notes,
	};
	maker->notes.storage = maker->noted;
	maker->notes.size = sizeof maker->noted;
}

/* Pass the record to LOGGER, with room for lines that have the whole message several times. */
static void finish(struct maker *maker, struct logger *logger)
{
	size_t size = ((size_t)1 << 20) + strlen(maker->record.message) * 16;
	char *buffer = malloc(size);
	struct text scratch;

	if (buffer != NULL) {
		text_init(&scratch, buffer, size);
		logger_handle(logger, &maker->record, &scratch);
	}
	free(buffer);
	arena_release(&maker->arena);
}

bool emit_log(struct emit *emit, struct logger *logger, int level, const struct json *msg,
	const struct json *extra)
{
	const struct json *item;
	struct maker maker;

	if (!logger_is_enabled_for(logger, level))
		return true;
	FOR_EACH_JSON (item, extra) {
		if (find_attribute(item->key) != NULL)
			return emit_fail(emit,
				"KeyError: \"Attempt to overwrite '%s' in LogRecord\"", item->key);
	}
	begin(&maker, emit);
	maker.object = extra;
	maker.record.levelno = level;
	maker.record.message = string_of(&maker, msg);
	finish(&maker, logger);
	return true;
}

static void *member(struct maker *maker, size_t offset)
{
	return (char *)maker + offset;
}

static bool refuse(struct maker *maker, const struct json *value, const char *wanted)
{
	return emit_fail(maker->emit,
		"ValueError: attribute '%s' of a record: expected %s, found %s", value->key, wanted,
		string_of(maker, value));
}

static bool set_int(
	struct maker *maker, const struct attribute *attribute, const struct json *value)
{
	void *to = member(maker, attribute->offset);
	int64_t number;

	if (!json_in_int(value, &number))
		return refuse(maker, value, "an integer");
	if (attribute->kind == INT64) {
		*(int64_t *)to = number;
		return true;
	}
	if (number < INT_MIN || number > INT_MAX)
		return refuse(maker, value, "an integer of 32 bits");
	*(int *)to = (int)number;
	return true;
}

static bool set_time(
	struct maker *maker, const struct attribute *attribute, const struct json *value)
{
	double number;

	if (!json_in_float(value, &number))
		return refuse(maker, value, "a time");
	number *= attribute->kind == SECONDS ? 1e6 : 1e3;
	if (!(number <= 9e18 && number >= -9e18)) /* nor nan */
		return refuse(maker, value, "a time that fits");
	*(int64_t *)member(maker, attribute->offset) =
		(int64_t)(number < 0 ? number - 0.5 : number + 0.5);
	if (attribute->flag != 0)
		*(bool *)member(maker, attribute->flag) = true;
	return true;
}

static bool set_levelno(
	struct maker *maker, const struct attribute *attribute, const struct json *value)
{
	int64_t number;

	if (json_in_int(value, &number))
		return set_int(maker, attribute, value);
	return emit_fail(maker->emit,
		"TypeError: '>=' not supported between instances of '%s' and 'int'",
		json_in_type_name(value));
}

static bool set_attribute(
	struct maker *maker, const struct attribute *attribute, const struct json *value)
{
	const char **string = member(maker, attribute->offset);

	switch (attribute->kind) {
	case STRING: return *string = string_of(maker, value), true;
	case TEXT_OR_NONE:
		*string = json_is(value, JSON_NULL) ? NULL : "";
		if (json_in_truth(value))
			*string = string_of(maker, value);
		return true;
	case INT:
	case INT64: return set_int(maker, attribute, value);
	case SECONDS:
	case MILLISECONDS: return set_time(maker, attribute, value);
	case LEVELNO: return set_levelno(maker, attribute, value);
	case MERGED:
		return !json_in_truth(value) ||
		       refuse(maker, value, "nothing: a message comes merged");
	default: return true;
	}
}

/* Set the values of attributes that the dict given to makeLogRecord() does not have. */
static void set_defaults(struct maker *maker)
{
	maker->record.name = "None";
	maker->record.message = "";
	maker->record.pathname = "";
	maker->record.func_name = "None";
	maker->given.levelname = "Level None";
	maker->given.filename = "";
	maker->given.module = "";
}

bool emit_handle(struct emit *emit, struct logger *logger, const struct json *record)
{
	static const struct json none = {.type = JSON_NULL};
	const struct json *item, *level = json_in_member(record, "levelno");
	struct maker maker;
	bool good;

	begin(&maker, emit);
	set_defaults(&maker);
	maker.object = record;
	good = set_levelno(&maker, find_attribute("levelno"), level == NULL ? &none : level);
	FOR_EACH_JSON (item, record) {
		const struct attribute *attribute = find_attribute(item->key);

		if (good && attribute != NULL)
			good = set_attribute(&maker, attribute, item);
	}
	if (good)
		finish(&maker, logger);
	else
		arena_release(&maker.arena);
	return good;
}
