/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of logger.h that are not on the emit path: they make and change a hierarchy. */
#include "core/logging/logger.h"

#include "core/base/log_file.h"
#include "core/logging/list.h"

#include <errno.h>
#include <string.h>

static const struct handler_list no_handlers;
static const struct filter_list no_filters;

/* Initialises both setups of LOGGER to the values without a configuration. */
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

void logging_set_zone(struct logging *logging, const struct timezone_variables *variables)
{
	struct timezone_table *zone = arena_alloc(logging->arena, sizeof *zone);

	if (zone == NULL)
		return;
	timezone_load(variables, zone);
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

/* Invalidates the cached threshold of every logger. */
static void levels_changed(struct logging *logging)
{
	atomic_fetch_add(&logging->generation, 2);
}

struct name_entry *logging_find_name(const struct logging *logging, const char *name, size_t length)
{
	const struct hash_slot *slot = hash_table_find(&logging->names, name, length);

	return slot == NULL || slot->key == NULL ? NULL : slot->value.pointer;
}

/* Makes room for one more name. */
static bool make_room(struct logging *logging)
{
	size_t room = hash_table_wants(&logging->names);
	struct hash_slot *slots;

	if (room == 0)
		return true;
	slots = arena_alloc(logging->arena, room * sizeof *slots);
	if (slots != NULL)
		hash_table_move(&logging->names, slots, room);
	return slots != NULL;
}

/* The entry of NAME's first LENGTH bytes; if there is none, it is made as a placeholder. NULL when
 * out of memory. */
static struct name_entry *add_name(struct logging *logging, const char *name, size_t length)
{
	struct name_entry *entry = logging_find_name(logging, name, length);
	struct hash_slot *slot;

	if (entry != NULL)
		return entry;
	entry = arena_alloc(logging->arena, sizeof *entry);
	if (entry == NULL || !make_room(logging))
		return NULL;
	entry->name = arena_strndup(logging->arena, name, length);
	entry->length = length;
	if (entry->name == NULL)
		return NULL;
	slot = hash_table_find(&logging->names, name, length);
	hash_table_take(&logging->names, slot, entry->name, length);
	slot->value.pointer = entry;
	return entry;
}

/* Remembers LOGGER below the placeholder ENTRY. Returns 0 or -ENOMEM. */
static int add_child(struct arena *arena, struct name_entry *entry, struct logger *logger)
{
	struct name_child *child = arena_alloc(arena, sizeof *child);

	if (child == NULL)
		return -ENOMEM;
	*child = (struct name_child){logger, entry->children};
	entry->children = child;
	return 0;
}

/*
 * Makes LOGGER, which is not yet in ENTRY, the parent of the children of ENTRY, a placeholder.
 * Python compares the name of a child's parent without the dot: a child of the root stays the
 * root's if the new name is "r", "ro" or "roo".
 */
static void fix_up_children(const struct name_entry *entry, struct logger *logger)
{
	for (const struct name_child *child = entry->children; child != NULL; child = child->next)
		if (strncmp(atomic_load(&child->logger->parent)->name, entry->name,
			    entry->length) != 0)
			atomic_store(&child->logger->parent, logger);
}

/* Finds LOGGER's parent, and adds LOGGER to the children of every placeholder below that parent. As
 * in Python's search, of two consecutive dots only the second one ends a name. */
static int fix_up_parents(struct logging *logging, struct logger *logger)
{
	struct logger *parent = NULL;

	for (size_t length = strlen(logger->name); length-- > 1 && parent == NULL;) {
		struct name_entry *entry;

		if (logger->name[length] != '.')
			continue;
		entry = add_name(logging, logger->name, length);
		if (entry == NULL)
			return -ENOMEM;
		length--;
		parent = entry->logger;
		if (parent == NULL && add_child(logging->arena, entry, logger) < 0)
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
	/* LOGGER must have a parent first: its children may pass up a record at once. */
	if (fix_up_parents(logging, logger) < 0)
		return NULL;
	fix_up_children(entry, logger);
	entry->logger = logger;
	logger->next = logging->loggers;
	logging->loggers = logger;
	levels_changed(logging);
	return logger;
}

struct logger *logging_get(struct logging *logging, const char *name)
{
	struct name_entry *entry;

	if (name == NULL || name[0] == '\0' || strcmp(name, "root") == 0)
		return &logging->root;
	entry = add_name(logging, name, strlen(name));
	if (entry == NULL)
		return NULL;
	return entry->logger != NULL ? entry->logger : make_logger(logging, entry);
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
	return LIST_REPLACE(logger->logging->arena, struct handler_list,
		&setup_of(logger)->handlers, list_add, handler);
}

int logger_add_filter(struct logger *logger, const struct filter *filter)
{
	return LIST_REPLACE(logger->logging->arena, struct filter_list, &setup_of(logger)->filters,
		list_add, filter);
}

int logger_remove_handler(struct logger *logger, const struct handler *handler)
{
	return LIST_REPLACE(logger->logging->arena, struct handler_list,
		&setup_of(logger)->handlers, list_remove, handler);
}

int logger_remove_filter(struct logger *logger, const struct filter *filter)
{
	return LIST_REPLACE(logger->logging->arena, struct filter_list, &setup_of(logger)->filters,
		list_remove, filter);
}

int logging_run_directory(struct arena *arena, struct logging *logging, const char *directory,
	const struct run_spare *spare, const char *hostname)
{
	struct handler *handler;
	int opened, error;

	error = run_directory_handler_new(arena, directory, spare, hostname, &opened, &handler);
	if (error == 0)
		error = LIST_ADD(arena, &logging->always, handler);
	return error < 0 ? error : opened;
}

int logging_track(struct logging *logging, struct handler *handler)
{
	return LIST_REPLACE(logging->arena, struct handler_list, &logging->made, list_add, handler);
}

void logging_flush(
	const struct logging *logging, const struct log_record *record, struct text *scratch)
{
	const struct handler_list *made = atomic_load(&logging->made);

	for (size_t i = made->count; i-- > 0;) {
		struct handler *handler = made->items[i];

		if (handler->class->flush != NULL && !handler->unflushed_at_close)
			handler->class->flush(handler, record, scratch);
	}
}

void handlers_close(const struct handler_list *handlers)
{
	for (size_t i = handlers->count; i-- > 0;) {
		struct handler *handler = handlers->items[i];

		if (handler->class->close != NULL)
			handler->class->close(handler);
	}
}

void logging_shutdown(struct logging *logging)
{
	handlers_close(atomic_load(&logging->made));
}
