/* SPDX-License-Identifier: Apache-2.0 */
/* MemoryHandler and QueueHandler. */
#include "core/base/python_text.h"
#include "core/config/dict/dict_handler.h"
#include "core/logging/list.h"

#include <errno.h>
#include <string.h>

/* Where Python's queue has no end. */
#define QUEUE_CAPACITY 10000

#define CAPACITY_MOST 1000000000

static void read_capacity(struct dict_reader *reader, const struct location *location, void *target)
{
	struct handler_target *handler = target;

	handler->has_capacity = true;
	dict_integer(reader, location, INT64_MIN, INT64_MAX, &handler->memory.capacity);
}

static void read_flush_level(
	struct dict_reader *reader, const struct location *location, void *target)
{
	dict_level(reader, location, &((struct handler_target *)target)->memory.flush_level);
}

static void read_flush_on_close(
	struct dict_reader *reader, const struct location *location, void *target)
{
	(void)reader;
	((struct handler_target *)target)->memory.no_flush_on_close = !value_truth(location->value);
}

/* fileConfig's may be None, and one of a handler that comes later. */
static void read_target(struct dict_reader *reader, const struct location *location, void *target)
{
	struct handler_target *handler = target;
	const char *name;

	if (reader->errors->plain) {
		handler->target_location = *location;
		return;
	}
	name = dict_string(reader, location);
	if (name != NULL)
		handler->target =
			dict_other_handler(reader, location, name, "Unable to set target handler");
}

static const struct key_spec memory_keys[] = {
	HANDLER_KEYS,
	{"capacity", read_capacity},
	{"flushLevel", read_flush_level},
	{"target", read_target},
	{"flushOnClose", read_flush_on_close},
	{NULL, NULL},
};

static int misses_capacity(struct dict_reader *reader, const struct handler_target *target)
{
	if (reader->errors->plain)
		config_python(reader->errors, "TypeError: MemoryHandler.__init__() missing 1 "
					      "required positional argument: 'capacity'");
	return dict_handler_misses(
		reader, target, "MemoryHandler()", "1 required argument: 'capacity'");
}

static int make_memory(
	struct dict_reader *reader, const struct handler_target *target, struct handler **ret)
{
	struct memory_options options = target->memory;
	int error;

	if (!target->has_capacity)
		return misses_capacity(reader, target);
	options.logging = reader->logging;
	error = memory_handler_new(reader->arena, &options, target->target, ret);
	if (error == 0 && target->target_location.value != NULL &&
		target->target_location.value->type != VALUE_NULL)
		dict_set_target_later(reader, *ret, &target->target_location);
	return error;
}

const struct handler_kind dict_memory_handler = {
	"logging.handlers.MemoryHandler", memory_keys, make_memory};

static void read_queue_capacity(
	struct dict_reader *reader, const struct location *location, void *target)
{
	struct handler_target *handler = target;

	dict_integer(reader, location, 1, CAPACITY_MOST, &handler->queue.capacity);
}

static void refuse(struct dict_reader *reader, const struct location *location, const char *what)
{
	char buffer[256];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	if (location->value->text == NULL)
		text_add(&text, value_type_name(location->value->type));
	else
		python_repr(&text, location->value->text);
	config_error(reader->errors, location, "Invalid %s specifier %s", what, buffer);
}

/* Whether VALUE is one of the NAMES, ended by NULL. */
static bool is_name(const struct value *value, const char *const *names)
{
	for (; value->type == VALUE_STRING && *names != NULL; names++)
		if (strcmp(value->text, *names) == 0)
			return true;
	return false;
}

/* Whether VALUE names one of NAMES, or is a dict that calls it: {"()": NAME, …}. */
static bool is_called(const struct value *value, const char *const *names)
{
	const struct value_item *factory =
		value->type == VALUE_DICT ? value_dict_get(value, "()") : NULL;

	return is_name(factory == NULL ? value : factory->value, names);
}

/* Python's queues all become ours; how much one holds is kept. */
static void read_queue(struct dict_reader *reader, const struct location *location, void *target)
{
	static const char *const queues[] = {"queue.Queue", "queue.SimpleQueue", NULL};
	const struct value_item *size = NULL;

	if (location->value->type == VALUE_INT) {
		read_queue_capacity(reader, location, target);
		return;
	}
	if (!is_called(location->value, queues)) {
		refuse(reader, location, "queue");
		return;
	}
	if (location->value->type == VALUE_DICT)
		size = value_dict_get(location->value, "maxsize");
	if (size != NULL && value_truth(size->value))
		read_queue_capacity(
			reader, &(struct location){location, size->key, 0, size->value}, target);
}

static void read_listener(struct dict_reader *reader, const struct location *location, void *target)
{
	static const char *const listeners[] = {"logging.handlers.QueueListener", NULL};

	(void)target;
	if (!is_called(location->value, listeners))
		refuse(reader, location, "listener");
}

static void add_handler(
	struct dict_reader *reader, const struct location *location, const char *name, void *target)
{
	struct handler_list *list = &((struct handler_target *)target)->queue.handlers;
	struct handler *handler =
		dict_other_handler(reader, location, name, "Unable to set required handler");

	if (handler != NULL &&
		LIST_ADD(reader->arena, list, handler) < 0)
		reader->no_memory = true;
}

static void read_handlers(struct dict_reader *reader, const struct location *location, void *target)
{
	dict_names(reader, location, add_handler, target);
}

static void read_respect(struct dict_reader *reader, const struct location *location, void *target)
{
	(void)reader;
	((struct handler_target *)target)->queue.respect_handler_level =
		value_truth(location->value);
}

static void read_policy(struct dict_reader *reader, const struct location *location, void *target)
{
	const char *name = dict_string(reader, location);

	for (unsigned i = 0; name != NULL && i < QUEUE_POLICY_COUNT_; i++)
		if (strcmp(queue_policy_name((enum queue_policy)i), name) == 0) {
			((struct handler_target *)target)->queue.policy = (enum queue_policy)i;
			return;
		}
	if (name != NULL)
		config_error(reader->errors, location,
			"unknown policy '%s'; known are: block, drop-new, drop-old", name);
}

/* The last two are vigil's own. */
static const struct key_spec queue_keys[] = {
	HANDLER_KEYS,
	{"queue", read_queue},
	{"listener", read_listener},
	{"handlers", read_handlers},
	{"respect_handler_level", read_respect},
	{"capacity", read_queue_capacity},
	{"policy", read_policy},
	{NULL, NULL},
};

static int make_queue(
	struct dict_reader *reader, const struct handler_target *target, struct handler **ret)
{
	struct queue_options options = target->queue;

	if (options.handlers.count == 0) {
		config_error(reader->errors, target->location,
			"a QueueHandler needs 'handlers', a list: its listener's");
		return -EINVAL;
	}
	if (options.capacity == 0)
		options.capacity = QUEUE_CAPACITY;
	options.logging = reader->logging;
	return queue_handler_new(reader->arena, &options, ret);
}

const struct handler_kind dict_queue_handler = {
	"logging.handlers.QueueHandler", queue_keys, make_queue};
