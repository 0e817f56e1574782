/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/reconfigure.h"

#include "core/logging/list.h"

#include <errno.h>
#include <string.h>

static const struct handler_list no_handlers;

struct logger_plan *plan_logger(struct arena *arena, struct logging_plan *plan, const char *name)
{
	struct logger_plan *logger = arena_alloc(arena, sizeof *logger);

	if (logger == NULL)
		return NULL;
	logger->name = name;
	if (plan->end == NULL)
		plan->end = &plan->loggers;
	*plan->end = logger;
	plan->end = &logger->next;
	return logger;
}

struct handler *logging_handler(const struct logging *logging, const char *name)
{
	const struct handler_list *made = atomic_load(&logging->made);

	for (size_t i = made->count; i-- > 0;) {
		struct handler *handler = made->items[i];

		if (handler->name != NULL && strcmp(handler->name, name) == 0)
			return handler;
	}
	return NULL;
}

/* The setup that is not in force, which nobody reads. */
static struct logger_setup *next_setup(struct logger *logger)
{
	return &logger->setups[1 - atomic_load(&logger->logging->active)];
}

static void copy_setup(struct logger *logger)
{
	const struct logger_setup *now = logger_setup(logger);
	struct logger_setup *next = next_setup(logger);

	atomic_store(&next->level, now->level);
	atomic_store(&next->propagate, now->propagate);
	atomic_store(&next->disabled, now->disabled);
	atomic_store(&next->filters, now->filters);
	atomic_store(&next->handlers, now->handlers);
	logger->named = false;
	logger->heads = false;
}

static int replace_lists(struct logger *logger, const struct logger_plan *plan)
{
	struct arena *arena = logger->logging->arena;
	struct logger_setup *next = next_setup(logger);
	struct filter_list *filters;

	atomic_store(&next->handlers, &plan->handlers);
	if (plan->filters.count == 0)
		return 0;
	filters = arena_alloc(arena, sizeof *filters);
	if (filters == NULL)
		return -ENOMEM;
	*filters = *atomic_load(&next->filters);
	for (size_t i = 0; i < plan->filters.count; i++)
		if (LIST_ADD(arena, filters, plan->filters.items[i]) < 0)
			return -ENOMEM;
	atomic_store(&next->filters, filters);
	return 0;
}

static int prepare_named(struct logging *logging, const struct logger_plan *plan, bool incremental)
{
	struct logger *logger = logging_get(logging, plan->name);
	struct logger_setup *next = next_setup(logger);

	logger->named |= !plan->keeps_disabled;
	logger->heads |= !plan->keeps_disabled && plan->known;
	if (plan->has_level)
		atomic_store(&next->level, plan->level);
	if (plan->has_propagate)
		atomic_store(&next->propagate, plan->propagate);
	if (!plan->keeps_disabled)
		atomic_store(&next->disabled, false);
	return incremental ? 0 : replace_lists(logger, plan);
}

static const struct logger *find(const struct logging *logging, const char *name, size_t length)
{
	const struct name_entry *entry;

	if (length == 4 && strncmp(name, "root", length) == 0)
		return &logging->root;
	entry = logging_find_name(logging, name, length);
	return entry == NULL ? NULL : entry->logger;
}

/* Whether a logger above NAME has `heads` set. As in Python, the root is not consulted. */
static bool is_below_named(const struct logging *logging, const char *name)
{
	for (size_t length = strlen(name); length-- > 1;) {
		const struct logger *above =
			name[length] == '.' ? find(logging, name, length) : NULL;

		if (above != NULL && above->heads)
			return true;
	}
	return false;
}

/* Prepares a logger that existed before and is not named in the configuration. */
static void prepare_existing(struct logger *logger, bool disable)
{
	struct logger_setup *next = next_setup(logger);

	if (!is_below_named(logger->logging, logger->name)) {
		atomic_store(&next->disabled, disable);
		return;
	}
	atomic_store(&next->level, LEVEL_NOTSET);
	atomic_store(&next->propagate, true);
	atomic_store(&next->handlers, &no_handlers);
}

static int prepare(struct logging *logging, struct logging_plan *plan)
{
	for (struct logger_plan *one = plan->loggers; one != NULL; one = one->next)
		one->known = logging_find_name(logging, one->name, strlen(one->name)) != NULL;
	for (const struct logger_plan *one = plan->loggers; one != NULL; one = one->next)
		if (logging_get(logging, one->name) == NULL)
			return -ENOMEM;
	copy_setup(&logging->root);
	for (struct logger *logger = logging->loggers; logger != NULL; logger = logger->next)
		copy_setup(logger);
	for (const struct logger_plan *one = plan->loggers; one != NULL; one = one->next)
		if (prepare_named(logging, one, plan->incremental) < 0)
			return -ENOMEM;
	if (plan->incremental)
		return 0;
	for (struct logger *logger = logging->loggers; logger != NULL; logger = logger->next)
		if (!logger->named)
			prepare_existing(logger, plan->disable_existing);
	return 0;
}

int logging_apply(struct logging *logging, struct logging_plan *plan)
{
	const struct handler_list *before = atomic_load(&logging->made);
	struct handler_list *made = arena_alloc(logging->arena, sizeof *made);
	int error = made == NULL ? -ENOMEM : prepare(logging, plan);

	if (error < 0)
		return error;
	for (const struct handler_plan *one = plan->handler_levels; one != NULL; one = one->next)
		atomic_store(&one->handler->level, one->level);
	atomic_store(&logging->active, 1 - atomic_load(&logging->active));
	atomic_fetch_add(&logging->generation, 2);
	if (plan->incremental)
		return 0;
	*made = plan->handlers;
	atomic_store(&logging->made, made);
	handlers_close(before);
	return 0;
}
