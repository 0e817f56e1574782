/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error_text.h"
#include "core/base/sink.h"
#include "core/config/dict_reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct handler_kind;

/* A handler as it is read. */
struct handler_target {
	const struct place *place;
	const struct handler_kind *kind;
	int level;
	const struct formatter *formatter;
	struct filter_list filters;
	int fd;
	const char *filename;
	const struct value *filename_value;
	unsigned flags; /* enum sink_flags */
};

struct handler_kind {
	const char *class;
	const struct key_spec *keys;
	int (*make)(struct dict_reader *reader, const struct handler_target *target,
		struct handler **ret);
};

/* The class has been looked up before: it decides which keys there are. */
static void read_nothing(struct dict_reader *reader, const struct place *place, void *target)
{
	(void)reader;
	(void)place;
	(void)target;
}

static void read_level(struct dict_reader *reader, const struct place *place, void *target)
{
	dict_level(reader, place, &((struct handler_target *)target)->level);
}

static void read_formatter(struct dict_reader *reader, const struct place *place, void *target)
{
	const char *name;

	if (!value_truth(place->value))
		return;
	name = dict_string(reader, place);
	if (name != NULL)
		((struct handler_target *)target)->formatter = dict_lookup(
			reader, reader->formatters, name, place, "Unable to set formatter");
}

static void read_filters(struct dict_reader *reader, const struct place *place, void *target)
{
	if (value_truth(place->value))
		dict_names(reader, place, dict_add_filter,
			&((struct handler_target *)target)->filters);
}

static void read_stream(struct dict_reader *reader, const struct place *place, void *target)
{
	static const struct {
		const char *name;
		int fd;
	} streams[] = {
		{"ext://sys.stderr", STDERR_FILENO},
		{"ext://sys.stdout", STDOUT_FILENO},
		{"ext://sys.__stderr__", STDERR_FILENO},
		{"ext://sys.__stdout__", STDOUT_FILENO},
	};
	const struct value *value = place->value;

	if (value->type == VALUE_NULL)
		return;
	for (size_t i = 0; value->type == VALUE_STRING && i < sizeof streams / sizeof *streams; i++)
		if (strcmp(value->text, streams[i].name) == 0) {
			((struct handler_target *)target)->fd = streams[i].fd;
			return;
		}
	config_error(reader->errors, place,
		"Cannot resolve '%s'; known are: ext://sys.stdout, ext://sys.stderr",
		value->text == NULL ? value_type_name(value->type) : value->text);
}

static void read_filename(struct dict_reader *reader, const struct place *place, void *target)
{
	struct handler_target *handler = target;

	handler->filename = dict_string(reader, place);
	handler->filename_value = place->value;
	if (handler->filename != NULL && handler->filename[0] == '\0')
		config_error(reader->errors, place, "expected the name of a file, found ''");
}

static void read_mode(struct dict_reader *reader, const struct place *place, void *target)
{
	const char *mode = dict_string(reader, place);

	if (mode == NULL || strcmp(mode, "a") == 0)
		return;
	if (strcmp(mode, "w") == 0)
		((struct handler_target *)target)->flags |= SINK_TRUNCATE;
	else
		config_error(reader->errors, place,
			"mode '%s' is not supported; known are: 'a', 'w'", mode);
}

static void read_encoding(struct dict_reader *reader, const struct place *place, void *target)
{
	static const char *const same[] = {"utf-8", "utf8", "UTF-8", "UTF8", "utf_8"};
	const char *encoding =
		place->value->type == VALUE_NULL ? same[0] : dict_string(reader, place);

	(void)target;
	for (size_t i = 0; encoding != NULL && i < sizeof same / sizeof *same; i++)
		if (strcmp(encoding, same[i]) == 0)
			return;
	if (encoding != NULL)
		config_error(reader->errors, place,
			"encoding '%s' is not supported: records are written as 'utf-8'", encoding);
}

static void read_delay(struct dict_reader *reader, const struct place *place, void *target)
{
	(void)reader;
	if (value_truth(place->value))
		((struct handler_target *)target)->flags |= SINK_DELAY;
}

#define COMMON_KEYS                                                                                \
	{"class", read_nothing}, {"level", read_level}, {"formatter", read_formatter},             \
		{"filters", read_filters}, {"()", dict_refuse_factory},                            \
	{                                                                                          \
		".", dict_refuse_factory                                                           \
	}

static const struct key_spec common_keys[] = {COMMON_KEYS, {NULL, NULL}};

static const struct key_spec stream_keys[] = {COMMON_KEYS, {"stream", read_stream}, {NULL, NULL}};

static const struct key_spec file_keys[] = {
	COMMON_KEYS,
	{"filename", read_filename},
	{"mode", read_mode},
	{"encoding", read_encoding},
	{"delay", read_delay},
	{NULL, NULL},
};

static const struct key_spec run_file_keys[] = {
	COMMON_KEYS,
	{"filename", read_filename},
	{"delay", read_delay},
	{NULL, NULL},
};

static int make_null(
	struct dict_reader *reader, const struct handler_target *target, struct handler **ret)
{
	(void)target;
	return null_handler_new(reader->arena, ret);
}

static int make_stream(
	struct dict_reader *reader, const struct handler_target *target, struct handler **ret)
{
	return stream_handler_new(reader->arena, target->fd, ret);
}

/* In Python's form: "[Errno 2] No such file or directory: '/nonexistent/x.log'". */
static void tell_file_error(
	struct dict_reader *reader, const struct handler_target *target, int error)
{
	struct place place = {target->place, "filename", 0, target->filename_value};
	char buffer[ERROR_TEXT_SIZE];

	if (target->filename == NULL)
		place = *target->place;
	config_error(reader->errors, &place, "[Errno %d] %s: '%s'%s", -error,
		error_text(error, buffer),
		target->filename == NULL ? "{hostname}.jsonl" : target->filename,
		error == -ELOOP ? "; symbolic links are not followed" : "");
}

static int make_file(
	struct dict_reader *reader, const struct handler_target *target, struct handler **ret)
{
	int error;

	if (target->filename == NULL) {
		config_error(reader->errors, target->place,
			"FileHandler missing 1 required argument: 'filename'");
		return -EINVAL;
	}
	error = file_handler_new(reader->arena, target->filename, target->flags, ret);
	if (error < 0 && error != -ENOMEM)
		tell_file_error(reader, target, error);
	return error;
}

static int make_run_file(
	struct dict_reader *reader, const struct handler_target *target, struct handler **ret)
{
	int error = run_file_handler_new(
		reader->arena, target->filename, &reader->context->run, target->flags, ret);

	if (error == -EBADMSG)
		config_error(reader->errors,
			&(struct place){target->place, "filename", 0, target->filename_value},
			"unknown field in '%s'; known are: {hostname} {rank} {local_rank} {pid} "
			"{run_id} {program}",
			target->filename);
	else if (error < 0 && error != -ENOMEM)
		tell_file_error(reader, target, error);
	return error;
}

static const struct handler_kind kinds[] = {
	{"logging.StreamHandler", stream_keys, make_stream},
	{"logging.FileHandler", file_keys, make_file},
	{"logging.NullHandler", common_keys, make_null},
	{"vigil.RunFileHandler", run_file_keys, make_run_file},
};

#define KIND_COUNT (sizeof kinds / sizeof *kinds)

static void unknown_class(struct dict_reader *reader, const struct place *place, const char *class)
{
	const char *names[KIND_COUNT + 1] = {NULL};
	char known[256], meant[64];
	struct text text;

	text_init(&text, known, sizeof known);
	for (size_t i = 0; i < KIND_COUNT; i++) {
		names[i] = kinds[i].class;
		text_printf(&text, "%s%s", i == 0 ? "" : ", ", kinds[i].class);
	}
	config_error(reader->errors, place, "Cannot resolve '%s'; known are: %s%s", class, known,
		dict_did_you_mean(class, names, meant, sizeof meant));
}

static const struct handler_kind *find_kind(struct dict_reader *reader, const struct place *place)
{
	const struct value_item *item = value_dict_get(place->value, "class");
	struct place class_place = {place, "class", 0, item == NULL ? NULL : item->value};
	const char *class;

	if (item == NULL) {
		const struct value_item *factory = value_dict_get(place->value, "()");

		if (factory != NULL)
			dict_refuse_factory(
				reader, &(struct place){place, "()", 0, factory->value}, NULL);
		else
			config_error(
				reader->errors, place, "handler '%s' has no class", place->key);
		return NULL;
	}
	class = dict_string(reader, &class_place);
	if (class == NULL)
		return NULL;
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (strcmp(kinds[i].class, class) == 0)
			return &kinds[i];
	unknown_class(reader, &class_place, class);
	return NULL;
}

static struct handler *make(struct dict_reader *reader, const struct handler_target *target)
{
	struct handler *handler;
	int error = target->kind->make(reader, target, &handler);

	if (error < 0) {
		reader->no_memory |= error == -ENOMEM;
		return NULL;
	}
	handler->name = target->place->key;
	handler->level = target->level;
	handler->filters = target->filters;
	if (target->formatter != NULL)
		handler->formatter = target->formatter;
	return handler;
}

void dict_handler(struct dict_reader *reader, const struct place *place)
{
	struct handler_target target = {.place = place, .fd = STDERR_FILENO};
	size_t errors = reader->errors->count;
	struct handler *handler = NULL;

	if (place->value->type == VALUE_DICT)
		target.kind = find_kind(reader, place);
	if (reader->context->validate_only)
		target.flags |= SINK_DELAY;
	if (target.kind != NULL || place->value->type != VALUE_DICT)
		dict_read(reader, place, target.kind == NULL ? common_keys : target.kind->keys,
			UNKNOWN_REFUSED, &target);
	if (reader->errors->count == errors)
		handler = make(reader, &target);
	dict_define(reader, &reader->handlers, place->key, handler);
}
