/* SPDX-License-Identifier: Apache-2.0 */
/* How a hierarchy is made and changed: logger.h's functions that are not on the emit path. */
#include "core/logging/logger.h"

#include "core/base/log_file.h"
#include "core/logging/list.h"

#include <errno.h>
#include <string.h>

static const struct handler_list no_handlers;
static const struct filter_list no_filters;

/* Both setups of a logger that nobody has configured. */
static void set_up(struct logger *logger, int level)
{
	for (int i = 0; i < 2; i++) {
		struct logger_setup *setup = &logger->setups[i];

		atomic_init(&setup->level, level);
		atomic_init(&setup->propagate, true);
		atomic_init(&setup->filters, &no_filters);
		atomic_init(&setup->handlers, &no_handlers);
	}
}

void logging_set_zone(struct logging *logging, const char *tz)
{
	struct timezone_table *zone = arena_alloc(logging->arena, sizeof *zone);

	if (zone == NULL)
		return;
	timezone_load(tz, zone);
	atomic_store(&logging->clock.zone, zone);
	atomic_store(&logging->clock.cache.version, 0);
}

struct logging *logging_new(struct arena *arena)
{
	struct logging *logging = arena_alloc(arena, sizeof *logging);

	if (logging == NULL)
		return NULL;
	logging->arena = arena;
	logging->root.name = "root";
	logging->root.logging = logging;
	set_up(&logging->root, LEVEL_WARNING);
	atomic_init(&logging->generation, 1);
	atomic_init(&logging->made, &no_handlers);
	logging->last_resort = handler_last_resort;
	logging->raise_exceptions = true;
	logging->clock.start_us = instant_real_us();
	return logging;
}

/* What any logger has found out about its level is forgotten. */
static void levels_changed(struct logging *logging)
{
	atomic_fetch_add(&logging->generation, 2);
}

/*
 * LOGGER, not yet in ENTRY, takes over the children of the placeholder that ENTRY is. Python
 * compares the name of a child's parent without the dot: a child of the root stays the root's
 * where the new name is "r", "ro" or "roo".
 */
static void fix_up_children(const struct name_entry *entry, struct logger *logger)
{
	for (const struct name_child *child = entry->children; child != NULL; child = child->next)
		if (strncmp(atomic_load(&child->logger->parent)->name, entry->name,
			    entry->length) != 0)
			atomic_store(&child->logger->parent, logger);
}

/*
 * Finds LOGGER's parent, and leaves word in every placeholder on the way there. As Python searches:
 * of two dots in a row only the second one ends a name.
 */
static int fix_up_parents(struct logging *logging, struct logger *logger)
{
	struct logger *parent = NULL;

	for (size_t length = strlen(logger->name); length-- > 1 && parent == NULL;) {
		struct name_entry *entry;

		if (logger->name[length] != '.')
			continue;
		entry = name_table_add(logging->arena, &logging->names, logger->name, length);
		if (entry == NULL)
			return -ENOMEM;
		length--;
		parent = entry->logger;
		if (parent == NULL && name_entry_add_child(logging->arena, entry, logger) < 0)
			return -ENOMEM;
	}
	atomic_store(&logger->parent, parent == NULL ? &logging->root : parent);
	return 0;
}

static struct logger *make_logger(struct logging *logging, struct name_entry *entry)
{
	struct logger *logger = arena_alloc(logging->arena, sizeof *logger);

	if (logger == NULL)
		return NULL;
	logger->name = entry->name;
	logger->logging = logging;
	set_up(logger, LEVEL_NOTSET);
	/* Not before it has a parent: a record may come up from its children at once. */
	if (fix_up_parents(logging, logger) < 0)
		return NULL;
	fix_up_children(entry, logger);
	entry->logger = logger;
	logger->next = logging->loggers;
	logging->loggers = logger;
	levels_changed(logging);
	return logger;
}

struct logger *logging_get_mutable(struct logging *logging, const char *name)
{
	struct name_entry *entry;

	if (name == NULL || name[0] == '\0' || strcmp(name, "root") == 0)
		return &logging->root;
	entry = name_table_add(logging->arena, &logging->names, name, strlen(name));
	if (entry == NULL)
		return NULL;
	return entry->logger != NULL ? entry->logger : make_logger(logging, entry);
}

const struct logger *logging_get(struct logging *logging, const char *name)
{
	return logging_get_mutable(logging, name);
}

static struct logger_setup *setup_of(struct logger *logger)
{
	return &logger->setups[atomic_load(&logger->logging->active)];
}

void logger_set_level(struct logger *logger, int level)
{
	atomic_store(&setup_of(logger)->level, level);
	levels_changed(logger->logging);
}

void logger_set_propagate(struct logger *logger, bool propagate)
{
	atomic_store(&setup_of(logger)->propagate, propagate);
}

void logger_set_disabled(struct logger *logger, bool disabled)
{
	atomic_store(&setup_of(logger)->disabled, disabled);
}

void logging_disable(struct logging *logging, int level)
{
	atomic_store(&logging->disable, level);
	levels_changed(logging);
}

int logger_add_handler(struct logger *logger, struct handler *handler)
{
	struct handler_list *list = arena_alloc(logger->logging->arena, sizeof *list);

	if (list == NULL)
		return -ENOMEM;
	*list = *atomic_load(&setup_of(logger)->handlers);
	if (list_add(logger->logging->arena, (const void ***)&list->items, &list->count, handler) <
		0)
		return -ENOMEM;
	atomic_store(&setup_of(logger)->handlers, list);
	return 0;
}

int logger_add_filter(struct logger *logger, const struct filter *filter)
{
	struct filter_list *list = arena_alloc(logger->logging->arena, sizeof *list);

	if (list == NULL)
		return -ENOMEM;
	*list = *atomic_load(&setup_of(logger)->filters);
	if (filter_list_add(logger->logging->arena, list, filter) < 0)
		return -ENOMEM;
	atomic_store(&setup_of(logger)->filters, list);
	return 0;
}

int logger_remove_handler(struct logger *logger, const struct handler *handler)
{
	struct handler_list *list = arena_alloc(logger->logging->arena, sizeof *list);

	if (list == NULL)
		return -ENOMEM;
	*list = *atomic_load(&setup_of(logger)->handlers);
	if (list_remove(logger->logging->arena, (const void ***)&list->items, &list->count,
		    handler) < 0)
		return -ENOMEM;
	atomic_store(&setup_of(logger)->handlers, list);
	return 0;
}

int logger_remove_filter(struct logger *logger, const struct filter *filter)
{
	struct filter_list *list = arena_alloc(logger->logging->arena, sizeof *list);

	if (list == NULL)
		return -ENOMEM;
	*list = *atomic_load(&setup_of(logger)->filters);
	if (list_remove(
		    logger->logging->arena, (const void ***)&list->items, &list->count, filter) < 0)
		return -ENOMEM;
	atomic_store(&setup_of(logger)->filters, list);
	return 0;
}

int logging_run_directory(
	struct arena *arena, struct logging *logging, const char *directory, const char *hostname)
{
	struct handler_list *always = &logging->always;
	struct handler *handler;
	int opened, error;

	error = run_directory_handler_new(arena, directory, hostname, &opened, &handler);
	if (error == 0)
		error = list_add(arena, (const void ***)&always->items, &always->count, handler);
	return error < 0 ? error : opened;
}
