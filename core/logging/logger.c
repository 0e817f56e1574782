/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/logger.h"

#include "core/base/output.h"
#include "core/base/text.h"

#include <limits.h>
#include <unistd.h>

/* The index of the setup in force. A record reads it once, for its first logger and all ancestors.
 */
static unsigned active_of(const struct logging *logging)
{
	return atomic_load_explicit(&logging->active, memory_order_acquire);
}

const struct logger_setup *logger_setup(const struct logger *logger)
{
	return &logger->setups[active_of(logger->logging)];
}

int logger_level(const struct logger *logger)
{
	return logger_setup(logger)->level;
}

int logger_effective_level(const struct logger *logger)
{
	unsigned active = active_of(logger->logging);

	for (; logger != NULL; logger = logger->parent)
		if (logger->setups[active].level != LEVEL_NOTSET)
			return logger->setups[active].level;
	return LEVEL_NOTSET;
}

/* The highest level that LOGGER rejects, by its effective level or by `disable`. */
static int find_threshold(const struct logger *logger)
{
	int effective = logger_effective_level(logger), disable = logger->logging->disable;
	int below = effective == INT_MIN ? INT_MIN : effective - 1;

	return disable > below ? disable : below;
}

/* find_threshold(), cached together with the generation of levels that it was computed for. */
static int threshold_of(const struct logger *logger)
{
	unsigned generation =
		atomic_load_explicit(&logger->logging->generation, memory_order_acquire);
	uint64_t known = atomic_load_explicit(&logger->threshold, memory_order_relaxed);
	int threshold;

	if (known >> 32 == generation)
		return (int)(uint32_t)known;
	threshold = find_threshold(logger);
	atomic_store_explicit(&((struct logger *)logger)->threshold,
		(uint64_t)generation << 32 | (uint32_t)threshold, memory_order_relaxed);
	return threshold;
}

/* Python's isEnabledFor(). */
static bool enabled_by_user(const struct logger *logger, int level)
{
	return level > threshold_of(logger) && !logger_setup(logger)->disabled;
}

bool logger_is_enabled_for(const struct logger *logger, int level)
{
	return logger->logging->always.count > 0 || enabled_by_user(logger, level);
}

int logging_hand_over(const struct logging *logging, struct handler *handler,
	struct log_record *record, struct text *scratch)
{
	int error = handler_handle(handler, record, scratch);

	if (error < 0 && logging != NULL && logging->on_error != NULL)
		logging->on_error(handler, record, error);
	return error;
}

/* Returns whether this attempt failed; earlier attempts do not count. */
static bool deliver_to(const struct logging *logging, struct handler *handler,
	struct log_record *record, struct text *scratch)
{
	int error;

	if (!delivery_is_due(record->delivery))
		return false;
	error = logging_hand_over(logging, handler, record, scratch);
	delivery_done(record->delivery);
	return error < 0;
}

static int deliver(const struct logging *logging, const struct handler_list *list,
	struct log_record *record, struct text *scratch)
{
	int failed = 0;

	for (size_t i = 0; i < list->count; i++)
		if (record->levelno >= list->items[i]->level)
			failed += deliver_to(logging, list->items[i], record, scratch);
	return failed;
}

/* Prints once, as Python does, that there is neither a handler nor a last resort. */
static void say_no_handlers(
	struct logging *logging, const struct logger *logger, struct text *scratch)
{
	if (!logging->raise_exceptions || atomic_exchange(&logging->said_no_handlers, true))
		return;
	text_reset(scratch, 0);
	text_printf(scratch, "No handlers could be found for logger \"%s\"\n", logger->name);
	output_write(STDERR_FILENO, scratch->data, scratch->length);
}

static int use_last_resort(
	const struct logger *logger, struct log_record *record, struct text *scratch)
{
	struct logging *logging = logger->logging;

	if (logging->last_resort == NULL) {
		say_no_handlers(logging, logger, scratch);
		return 0;
	}
	if (record->levelno < logging->last_resort->level)
		return 0;
	return deliver_to(logging, logging->last_resort, record, scratch);
}

static int call_handlers(const struct logger *logger, unsigned active, struct log_record *record,
	struct text *scratch)
{
	bool found = logger->logging->always.count > 0;
	int failed = 0;

	for (const struct logger *at = logger; at != NULL;) {
		const struct handler_list *handlers = at->setups[active].handlers;

		failed += deliver(logger->logging, handlers, record, scratch);
		found |= handlers->count > 0;
		at = at->setups[active].propagate ? at->parent : NULL;
	}
	return found ? failed : use_last_resort(logger, record, scratch);
}

int logger_handle(const struct logger *logger, struct log_record *record, struct text *scratch)
{
	const struct handler_list *always = &logger->logging->always;
	unsigned active = active_of(logger->logging);
	const struct logger_setup *setup = &logger->setups[active];
	struct log_record spare;
	int failed;

	if (record->name == NULL)
		record->name = logger->name;
	failed = deliver(logger->logging, always, record, scratch);
	record->unrecorded = failed > 0;
	if (record->for_directory)
		return failed;
	/*
	 * Python's handle() leaves it to its caller to check the level. With a run directory,
	 * however, logger_is_enabled_for() is true for every level, and the user's handlers must
	 * get the same records as without one.
	 */
	if (always->count > 0 && !enabled_by_user(logger, record->levelno))
		return failed;
	if (setup->disabled)
		return failed;
	record = filters_apply(setup->filters, record, &spare);
	return record == NULL ? failed : failed + call_handlers(logger, active, record, scratch);
}
