/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/logger.h"

#include "core/base/sink.h"
#include "core/base/text.h"
#include "core/base/timezone.h"
#include "core/logging/list.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

void logging_set_zone(struct logging *logging, const char *tz)
{
	struct log_clock *clock = &logging->clock;

	clock->utc_offset =
		timezone_offset(tz, clock->start_us / 1000000, clock->zone, sizeof clock->zone);
}

struct logging *logging_new(struct arena *arena)
{
	struct logging *logging = arena_alloc(arena, sizeof *logging);

	if (logging == NULL)
		return NULL;
	logging->arena = arena;
	logging->root = (struct logger){
		.name = "root",
		.level = LEVEL_WARNING,
		.propagate = true,
		.logging = logging,
	};
	logging->clock.start_us = instant_now().real_us;
	text_format(logging->clock.zone, sizeof logging->clock.zone, "UTC");
	return logging;
}

static struct logger *find(const struct logging *logging, const char *name, size_t length)
{
	for (struct logger *logger = logging->loggers; logger != NULL; logger = logger->next)
		if (strncmp(logger->name, name, length) == 0 && logger->name[length] == '\0')
			return logger;
	return NULL;
}

static struct logger *nearest_ancestor(struct logging *logging, const char *name)
{
	for (size_t length = strlen(name); length > 0; length--) {
		struct logger *ancestor;

		if (name[length] != '.')
			continue;
		ancestor = find(logging, name, length);
		if (ancestor != NULL)
			return ancestor;
	}
	return &logging->root;
}

static bool is_below(const char *name, const char *ancestor)
{
	size_t length = strlen(ancestor);

	return strncmp(name, ancestor, length) == 0 && name[length] == '.';
}

/* Loggers that were made before it and belong below it; what lies between them and it keeps them.
 */
static void adopt_children(struct logging *logging, struct logger *parent)
{
	for (struct logger *logger = logging->loggers; logger != NULL; logger = logger->next)
		if (logger->parent == parent->parent && is_below(logger->name, parent->name))
			logger->parent = parent;
}

struct logger *logging_get_mutable(struct logging *logging, const char *name)
{
	struct logger *logger;

	if (name == NULL || name[0] == '\0' || strcmp(name, "root") == 0)
		return &logging->root;
	logger = find(logging, name, strlen(name));
	if (logger != NULL)
		return logger;
	logger = arena_alloc(logging->arena, sizeof *logger);
	if (logger == NULL)
		return NULL;
	logger->name = arena_strdup(logging->arena, name);
	if (logger->name == NULL)
		return NULL;
	logger->propagate = true;
	logger->logging = logging;
	logger->parent = nearest_ancestor(logging, name);
	adopt_children(logging, logger);
	logger->next = logging->loggers;
	logging->loggers = logger;
	return logger;
}

const struct logger *logging_get(struct logging *logging, const char *name)
{
	return logging_get_mutable(logging, name);
}

static int handler_list_add(
	struct arena *arena, struct handler_list *list, const struct handler *handler)
{
	return list_add(arena, (const void ***)&list->items, &list->count, handler);
}

int logger_add_handler(struct logger *logger, struct handler *handler)
{
	return handler_list_add(logger->logging->arena, &logger->handlers, handler);
}

int logging_run_directory(
	struct arena *arena, struct logging *logging, const char *directory, const char *hostname)
{
	struct run_context context = {
		.directory = directory, .hostname = hostname, .rank = -1, .local_rank = -1};
	struct handler *handler;
	int error = run_file_handler_new(arena, NULL, &context, 0, &handler);
	int later = error;

	if (error < 0 && error != -ENOMEM && error != -ENAMETOOLONG)
		later = run_file_handler_new(arena, NULL, &context, SINK_DELAY, &handler);
	if (later < 0)
		return later;
	return handler_list_add(arena, &logging->always, handler) < 0 ? -ENOMEM : error;
}

int logger_effective_level(const struct logger *logger)
{
	for (; logger != NULL; logger = logger->parent)
		if (logger->level != LEVEL_NOTSET)
			return logger->level;
	return LEVEL_NOTSET;
}

/* Python's isEnabledFor(); its manager's `disable` is 0 here: levels of 0 and below are never
 * enabled. */
static bool enabled_by_user(const struct logger *logger, int level)
{
	return !logger->disabled && level > LEVEL_NOTSET && level >= logger_effective_level(logger);
}

bool logger_is_enabled_for(const struct logger *logger, int level)
{
	return logger->logging->always.count > 0 || enabled_by_user(logger, level);
}

static int deliver(
	const struct handler_list *list, const struct log_record *record, struct text *scratch)
{
	int failed = 0;

	for (size_t i = 0; i < list->count; i++)
		if (record->levelno >= list->items[i]->level)
			failed += handler_handle(list->items[i], record, scratch) < 0;
	return failed;
}

static int call_handlers(
	const struct logger *logger, const struct log_record *record, struct text *scratch)
{
	bool found = logger->logging->always.count > 0;
	int failed = 0;

	for (; logger != NULL; logger = logger->propagate ? logger->parent : NULL) {
		failed += deliver(&logger->handlers, record, scratch);
		found |= logger->handlers.count > 0;
	}
	if (!found && record->levelno >= handler_last_resort->level)
		failed += handler_handle(handler_last_resort, record, scratch) < 0;
	return failed;
}

int logger_handle(const struct logger *logger, struct log_record *record, struct text *scratch)
{
	const struct handler_list *always = &logger->logging->always;
	int failed;

	record->name = logger->name;
	failed = deliver(always, record, scratch);
	/*
	 * Python's handle() leaves the level to its caller. With a run directory the caller was
	 * told yes on that one's behalf, and the user's handlers must not hear of it.
	 */
	if (always->count > 0 && !enabled_by_user(logger, record->levelno))
		return failed;
	if (logger->disabled || !filters_pass(&logger->filters, record))
		return failed;
	return failed + call_handlers(logger, record, scratch);
}
