/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/destination.h"

#include "core/api/api.h"
#include "core/base/python_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "torchelastic-events-"
#define NAME_SIZE 512

/* A destination that was registered, or has a logger, or both. Lives in the hierarchy's arena. */
struct destination {
	const char *name;
	struct vigil_handler *handler; /* NULL: none was registered */
	struct vigil_logger *logger;   /* NULL: not made yet */
	struct destination *next;
};

/* Changed under api_lock(). */
static struct destination *destinations;

static int new_console(struct vigil_handler **ret_handler)
{
	return vigil_stream_handler_new(STDERR_FILENO, ret_handler);
}

static const struct {
	const char *name;
	int (*make)(struct vigil_handler **ret_handler);
} builtin[] = {
	{"console", new_console},
	{"dynamic_rendezvous", vigil_null_handler_new},
	{"null", vigil_null_handler_new},
};
#define BUILTIN_COUNT (sizeof builtin / sizeof *builtin)

/* The index of NAME in builtin; BUILTIN_COUNT when NAME is not in it. */
static size_t find_builtin(const char *name)
{
	size_t i = 0;

	while (i < BUILTIN_COUNT && strcmp(builtin[i].name, name) != 0)
		i++;
	return i;
}

static struct destination *find(const char *name)
{
	struct destination *at = destinations;

	while (at != NULL && strcmp(at->name, name) != 0)
		at = at->next;
	return at;
}

/* The destination NAME, which is made if it is not there; NULL when out of memory. */
static struct destination *get(const char *name)
{
	struct destination *destination = find(name);

	if (destination != NULL)
		return destination;
	destination = arena_alloc(api_arena(), sizeof *destination);
	if (destination == NULL)
		return NULL;
	destination->name = arena_strdup(api_arena(), name);
	if (destination->name == NULL)
		return NULL;
	destination->next = destinations;
	destinations = destination;
	return destination;
}

/* Set *RET_HANDLER to the handler for the logger of NAME. Returns 0, or a negative errno. */
static int find_handler(const char *name, struct vigil_handler **ret_handler)
{
	const struct destination *destination = find(name);
	char buffer[NAME_SIZE];

	if (destination != NULL && destination->handler != NULL) {
		*ret_handler = destination->handler;
		return 0;
	}
	if (find_builtin(name) < BUILTIN_COUNT)
		return builtin[find_builtin(name)].make(ret_handler);
	return api_fail(-ENOENT, "KeyError: %s", python_quote(name, buffer, sizeof buffer));
}

/* Set up a new logger as torchelastic does, in the same order. A logger with handlers was set up
 * before. */
static int set_up(struct vigil_logger *logger, const char *name)
{
	const char *level = getenv("LOGLEVEL");
	struct vigil_handler *handler = NULL;
	int error;

	if (vigil_logger_handlers(logger, NULL, 0) > 0)
		return 0;
	error = vigil_set_level_name(logger, level == NULL ? "INFO" : level);
	if (error < 0)
		return error;
	vigil_set_propagate(logger, false);
	error = find_handler(name, &handler);
	return error < 0 ? error : vigil_logger_add_handler(logger, handler);
}

static int make_logger(const char *name, struct vigil_logger **ret_logger)
{
	char full[NAME_SIZE];
	struct destination *destination;
	struct vigil_logger *logger;
	int error;

	if (!text_format(full, sizeof full, PREFIX "%s", name))
		return api_fail(-ENAMETOOLONG, NULL);
	logger = vigil_get_logger(full);
	if (logger == NULL)
		return api_fail(-ENOMEM, NULL);
	error = set_up(logger, name);
	if (error < 0)
		return error;
	destination = get(name);
	if (destination == NULL)
		return api_fail(-ENOMEM, NULL);
	destination->logger = *ret_logger = logger;
	return 0;
}

int destination_logger(const char *name, struct vigil_logger **ret_logger)
{
	struct destination *destination;
	int error = 0;

	if (api_hierarchy() == NULL)
		return api_fail(-ENOMEM, NULL);
	api_lock();
	destination = find(name);
	if (destination != NULL && destination->logger != NULL)
		*ret_logger = destination->logger;
	else
		error = make_logger(name, ret_logger);
	api_unlock();
	return error;
}

static bool is_null_handler(const struct handler *handler)
{
	return strcmp(handler->class->name, "logging.NullHandler") == 0;
}

/* The logger of the destination NAME; NULL where there is none yet. */
static const struct logger *existing_logger(const char *name)
{
	struct name_entry *entry;
	char full[NAME_SIZE];

	if (!text_format(full, sizeof full, PREFIX "%s", name))
		return NULL;
	entry = logging_find_name(api_hierarchy(), full, strlen(full));
	return entry == NULL ? NULL : entry->logger;
}

static bool all_are_null(const struct handler_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!is_null_handler(list->items[i]))
			return false;
	return true;
}

bool destination_is_null(const char *name)
{
	const struct destination *destination;
	const struct logger *logger;
	bool null;

	if (api_hierarchy() == NULL)
		return true;
	api_lock();
	logger = existing_logger(name);
	destination = find(name);
	if (logger != NULL && logger_setup(logger)->handlers->count > 0)
		null = all_are_null(logger_setup(logger)->handlers);
	else if (destination != NULL && destination->handler != NULL)
		null = is_null_handler(api_handler(destination->handler));
	else
		null = find_builtin(name) < BUILTIN_COUNT && strcmp(name, "console") != 0;
	api_unlock();
	return null;
}

int vigil_register_destination(const char *name, struct vigil_handler *handler)
{
	struct destination *destination;
	int error = 0;

	if (name == NULL || handler == NULL)
		return api_fail(-EINVAL, NULL);
	if (api_hierarchy() == NULL)
		return api_fail(-ENOMEM, NULL);
	api_lock();
	destination = get(name);
	if (destination == NULL)
		error = api_fail(-ENOMEM, NULL);
	else if (destination->logger != NULL)
		error = api_fail(-EBUSY, "destination '%s' has its logger already", name);
	else
		destination->handler = handler;
	api_unlock();
	return error;
}
