/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of the public API for loggers and levels: those of logging/logger.h and level.h,
 * under api_lock(). */
#include "core/api/api.h"

#include "core/base/python_text.h"
#include "core/logging/custom.h"
#include "core/logging/level.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct vigil_logger *public_logger(struct logger *logger)
{
	return (struct vigil_logger *)logger;
}

struct vigil_logger *vigil_get_logger(const char *name)
{
	struct logging *logging = api_hierarchy();
	struct logger *logger;

	if (logging == NULL)
		return NULL;
	api_lock();
	logger = logging_get(logging, name);
	api_unlock();
	return public_logger(logger);
}

struct vigil_logger *vigil_get_child(struct vigil_logger *logger, const char *suffix)
{
	const struct logger *parent = api_logger(logger);
	char name[1024];

	if (parent == NULL)
		return NULL;
	if (parent->parent == NULL)
		return vigil_get_logger(suffix);
	if (!text_format(name, sizeof name, "%s.%s", parent->name, suffix)) {
		api_fail(-ENAMETOOLONG, NULL);
		return NULL;
	}
	return vigil_get_logger(name);
}

const char *vigil_logger_name(const struct vigil_logger *logger)
{
	return logger == NULL ? "" : api_logger(logger)->name;
}

struct vigil_logger *vigil_logger_parent(const struct vigil_logger *logger)
{
	return logger == NULL ? NULL : public_logger(api_logger(logger)->parent);
}

/* Whether LOGGER is a child of PARENT, and no grandchild whose own parent is only a placeholder. */
static bool is_direct_child(const struct logger *logger, const struct logger *parent)
{
	size_t skip = parent->parent == NULL ? 0 : strlen(parent->name) + 1;

	return logger->parent == parent && strlen(logger->name) >= skip &&
	       strchr(logger->name + skip, '.') == NULL;
}

size_t vigil_logger_children(
	const struct vigil_logger *logger, struct vigil_logger **children, size_t most)
{
	const struct logger *parent = api_logger(logger);
	size_t count = 0;

	if (parent == NULL)
		return 0;
	api_lock();
	for (struct logger *at = parent->logging->loggers; at != NULL; at = at->next)
		if (is_direct_child(at, parent) && count++ < most)
			children[count - 1] = public_logger(at);
	api_unlock();
	return count;
}

bool vigil_logger_has_handlers(const struct vigil_logger *logger)
{
	for (const struct logger *at = api_logger(logger); at != NULL;) {
		const struct logger_setup *setup = logger_setup(at);

		if (setup->handlers->count > 0)
			return true;
		at = setup->propagate ? at->parent : NULL;
	}
	return false;
}

int vigil_logger_level(const struct vigil_logger *logger)
{
	return logger == NULL ? VIGIL_NOTSET : logger_level(api_logger(logger));
}

int vigil_effective_level(const struct vigil_logger *logger)
{
	return logger == NULL ? VIGIL_NOTSET : logger_effective_level(api_logger(logger));
}

bool vigil_is_enabled_for(const struct vigil_logger *logger, int level)
{
	return logger != NULL && logger_is_enabled_for(api_logger(logger), level);
}

void vigil_set_level(struct vigil_logger *logger, int level)
{
	if (logger != NULL)
		logger_set_level(api_logger(logger), level);
}

int vigil_set_level_name(struct vigil_logger *logger, const char *name)
{
	int level = 0;

	if (vigil_level_parse(name, &level) < 0)
		return -EINVAL;
	vigil_set_level(logger, level);
	return 0;
}

void vigil_set_propagate(struct vigil_logger *logger, bool propagate)
{
	if (logger != NULL)
		logger_set_propagate(api_logger(logger), propagate);
}

bool vigil_propagate(const struct vigil_logger *logger)
{
	return logger != NULL && logger_setup(api_logger(logger))->propagate;
}

void vigil_set_disabled(struct vigil_logger *logger, bool disabled)
{
	if (logger != NULL)
		logger_set_disabled(api_logger(logger), disabled);
}

bool vigil_disabled(const struct vigil_logger *logger)
{
	return logger != NULL && logger_setup(api_logger(logger))->disabled;
}

int vigil_logger_add_handler(struct vigil_logger *logger, struct vigil_handler *handler)
{
	if (logger == NULL || handler == NULL)
		return api_fail(-EINVAL, NULL);
	api_lock();
	return api_unlock_with(logger_add_handler(api_logger(logger), api_handler(handler)));
}

int vigil_logger_remove_handler(struct vigil_logger *logger, struct vigil_handler *handler)
{
	if (logger == NULL || handler == NULL)
		return api_fail(-EINVAL, NULL);
	api_lock();
	return api_unlock_with(logger_remove_handler(api_logger(logger), api_handler(handler)));
}

size_t vigil_logger_handlers(
	const struct vigil_logger *logger, struct vigil_handler **handlers, size_t most)
{
	const struct handler_list *list;

	if (logger == NULL)
		return 0;
	list = logger_setup(api_logger(logger))->handlers;
	for (size_t i = 0; i < list->count && i < most; i++)
		handlers[i] = (struct vigil_handler *)list->items[i];
	return list->count;
}

/* Add FILTER, which is NULL when memory ran out, to LOGGER; releases api_lock(). */
static int add_filter(struct vigil_logger *logger, const struct filter *filter)
{
	return api_unlock_with(
		filter == NULL ? -ENOMEM : logger_add_filter(api_logger(logger), filter));
}

int vigil_logger_add_filter(struct vigil_logger *logger, const struct vigil_filter_spec *spec)
{
	if (logger == NULL || spec == NULL || spec->filter == NULL)
		return api_fail(-EINVAL, NULL);
	if (api_find_filter(logger_setup(api_logger(logger))->filters, spec) != NULL)
		return 0;
	api_lock();
	return add_filter(logger, custom_filter_new(api_arena(), spec));
}

int vigil_logger_remove_filter(struct vigil_logger *logger, const struct vigil_filter_spec *spec)
{
	if (logger == NULL || spec == NULL)
		return api_fail(-EINVAL, NULL);
	api_lock();
	return api_unlock_with(logger_remove_filter(api_logger(logger),
		api_find_filter(logger_setup(api_logger(logger))->filters, spec)));
}

int vigil_logger_add_name_filter(struct vigil_logger *logger, const char *name)
{
	if (logger == NULL || name == NULL)
		return api_fail(-EINVAL, NULL);
	api_lock();
	return add_filter(logger, filter_new(api_arena(), name));
}

int vigil_logger_add_rank_filter(struct vigil_logger *logger, const int64_t *ranks, size_t count)
{
	if (logger == NULL || ranks == NULL)
		return api_fail(-EINVAL, NULL);
	api_lock();
	return add_filter(logger, api_rank_filter(ranks, count));
}

size_t vigil_adapter_repr(const struct vigil_adapter *adapter, char *buffer, size_t size)
{
	const struct logger *logger = api_logger(vigil_adapter_logger(adapter));
	char level[LEVEL_NAME_SIZE];
	int length = snprintf(buffer, size, "<LoggerAdapter %s (%s)>", logger->name,
		level_name(logger_effective_level(logger), level));

	return length < 0 ? 0 : (size_t)length;
}

size_t vigil_record_repr(const struct vigil_record *record, char *buffer, size_t size)
{
	int length = snprintf(buffer, size, "<LogRecord: %s, %d, %s, %d, \"%s\">",
		record->name == NULL ? "None" : record->name, record->levelno,
		record->pathname == NULL ? "None" : record->pathname, record->lineno,
		record->message == NULL ? "" : record->message);

	return length < 0 ? 0 : (size_t)length;
}

size_t vigil_logger_repr(const struct vigil_logger *logger, char *buffer, size_t size)
{
	const struct logger *own = api_logger(logger);
	char level[LEVEL_NAME_SIZE];
	int length;

	if (own == NULL)
		length = snprintf(buffer, size, "None");
	else
		length = snprintf(buffer, size, "<%s %s (%s)>",
			own->parent == NULL ? "RootLogger" : "Logger", own->name,
			level_name(logger_effective_level(own), level));
	return length < 0 ? 0 : (size_t)length;
}

_Static_assert((int)VIGIL_DEBUG == LEVEL_DEBUG && (int)VIGIL_INFO == LEVEL_INFO &&
		       (int)VIGIL_WARNING == LEVEL_WARNING && (int)VIGIL_ERROR == LEVEL_ERROR &&
		       (int)VIGIL_CRITICAL == LEVEL_CRITICAL,
	"a level has two numbers");

const char *vigil_level_name(int level, char *buffer, size_t size)
{
	char number[LEVEL_NAME_SIZE];

	text_format(buffer, size, "%s", level_name(level, number));
	return buffer;
}

int vigil_level_parse(const char *name, int *ret_level)
{
	char buffer[256];

	if (name == NULL)
		return api_fail(-EINVAL, "Level not an integer or a valid string: None");
	if (level_parse(name, ret_level) == 0)
		return 0;
	return api_fail(-EINVAL, "Unknown level: %s", python_quote(name, buffer, sizeof buffer));
}

size_t vigil_level_names(const char **names, int *levels, size_t most)
{
	const char *name;
	unsigned count = 0;
	int level;

	for (; (name = level_named(count, &level)) != NULL; count++)
		if (count < most) {
			names[count] = name;
			levels[count] = level;
		}
	return count;
}

int vigil_add_level_name(int level, const char *name)
{
	if (name == NULL)
		return api_fail(-EINVAL, NULL);
	api_lock();
	return api_unlock_with(level_add(api_arena(), level, name));
}

void vigil_disable(int level)
{
	struct logging *logging = api_hierarchy();

	if (logging != NULL)
		logging_disable(logging, level);
}
