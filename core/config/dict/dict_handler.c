/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/dict/dict_handler.h"

#include "core/base/log_file.h"
#include "core/config/factory/factory.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The class has been looked up before: it decides which keys there are. */
void dict_handler_class(struct dict_reader *reader, const struct location *location, void *target)
{
	(void)reader;
	(void)location;
	(void)target;
}

void dict_handler_level(struct dict_reader *reader, const struct location *location, void *target)
{
	dict_level(reader, location, &((struct handler_target *)target)->level);
}

void dict_handler_formatter(
	struct dict_reader *reader, const struct location *location, void *target)
{
	const char *name;

	if (!value_truth(location->value))
		return;
	name = dict_string(reader, location);
	if (name != NULL)
		((struct handler_target *)target)->formatter = dict_lookup(
			reader, reader->formatters, name, location, "Unable to set formatter");
}

void dict_handler_filters(struct dict_reader *reader, const struct location *location, void *target)
{
	if (value_truth(location->value))
		dict_names(reader, location, dict_add_filter,
			&((struct handler_target *)target)->filters);
}

bool dict_integer(struct dict_reader *reader, const struct location *location, int64_t least,
	int64_t most, int64_t *ret_number)
{
	const struct value *value = location->value;

	if (value->type != VALUE_INT && value->type != VALUE_BOOL) {
		config_error(reader->errors, location, "expected an integer, found %s",
			value_type_name(value->type));
		return false;
	}
	if (value->number < least || value->number > most) {
		config_error(reader->errors, location, "expected %lld to %lld, found %lld",
			(long long)least, (long long)most, (long long)value->number);
		return false;
	}
	*ret_number = value->number;
	return true;
}

int dict_handler_misses(struct dict_reader *reader, const struct handler_target *target,
	const char *class, const char *arguments)
{
	config_error(reader->errors, target->location, "%s missing %s", class, arguments);
	return -EINVAL;
}

static void read_stream(struct dict_reader *reader, const struct location *location, void *target)
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
	const struct value *value = location->value;

	if (value->type == VALUE_NULL)
		return;
	for (size_t i = 0; value->type == VALUE_STRING && i < sizeof streams / sizeof *streams; i++)
		if (strcmp(value->text, streams[i].name) == 0) {
			((struct handler_target *)target)->fd = streams[i].fd;
			return;
		}
	config_error(reader->errors, location,
		"Cannot resolve '%s'; known are: ext://sys.stdout, ext://sys.stderr",
		value->text == NULL ? value_type_name(value->type) : value->text);
}

static const struct key_spec null_keys[] = {HANDLER_KEYS, {NULL, NULL}};

static const struct key_spec stream_keys[] = {HANDLER_KEYS, {"stream", read_stream}, {NULL, NULL}};

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

static const struct handler_kind null_kind = {"logging.NullHandler", null_keys, make_null};
static const struct handler_kind stream_kind = {"logging.StreamHandler", stream_keys, make_stream};

static const struct handler_kind *const kinds[] = {
	&stream_kind,
	&dict_file_handler,
	&null_kind,
	&dict_watched_file_handler,
	&dict_rotating_file_handler,
	&dict_timed_file_handler,
	&dict_memory_handler,
	&dict_queue_handler,
	&dict_socket_handler,
	&dict_datagram_handler,
	&dict_syslog_handler,
	&dict_run_file_handler,
	&dict_journal_handler,
};

#define KIND_COUNT (sizeof kinds / sizeof *kinds)

void dict_unknown_handler(
	struct dict_reader *reader, const struct location *location, const char *class)
{
	const char *names[KIND_COUNT + 1] = {NULL};

	for (size_t i = 0; i < KIND_COUNT; i++)
		names[i] = kinds[i]->class;
	dict_unknown_class(reader, location, class, names);
}

static const struct handler_kind *find_kind(
	struct dict_reader *reader, const struct location *location)
{
	const struct value_item *item = value_dict_get(location->value, "class");
	struct location class_location = {location, "class", 0, item == NULL ? NULL : item->value};
	const char *class;

	if (item == NULL) {
		config_error(reader->errors, location, "handler '%s' has no class", location->key);
		return NULL;
	}
	class = dict_string(reader, &class_location);
	if (class == NULL)
		return NULL;
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (strcmp(kinds[i]->class, class) == 0)
			return kinds[i];
	dict_unknown_handler(reader, &class_location, class);
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
	handler->name = target->location->key;
	handler->level = target->level;
	for (size_t i = 0; i < target->filters.count; i++)
		if (handler_add_filter(reader->arena, handler, target->filters.items[i]) < 0)
			reader->no_memory = true;
	if (target->formatter != NULL)
		handler->formatter = target->formatter;
	return handler;
}

void dict_handler(struct dict_reader *reader, const struct location *location)
{
	struct handler_target target = {.location = location,
		.fd = STDERR_FILENO,
		.schedule = {.when = "h", .interval = 1},
		.syslog = {.facility = 1},
		.memory = {.flush_level = LEVEL_ERROR}};
	size_t errors = config_error_count(reader->errors);
	struct handler *handler = NULL;

	if (factory_is(location))
		target.kind = dict_factory_kind(reader, location, &target.factory);
	else if (location->value->type == VALUE_DICT)
		target.kind = find_kind(reader, location);
	target.flags = reader->context->log_file_flags;
	if (reader->context->validate_only)
		target.flags |= LOG_FILE_DELAY;
	/* Of a class that nobody knows, what every handler has can be wrong, too. */
	dict_read(reader, location, target.kind == NULL ? null_keys : target.kind->keys,
		target.kind == NULL || target.kind == &dict_factory_handler ? UNKNOWN_IGNORED
									    : UNKNOWN_REFUSED,
		&target);
	if (config_error_count(reader->errors) == errors)
		handler = make(reader, &target);
	dict_define(reader, &reader->handlers, location->key, handler);
}
