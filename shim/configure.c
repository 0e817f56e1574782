/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/configure.h"

#include "core/base/arena.h"
#include "core/events/event_log.h"
#include "core/logging/logger.h"

#include <stdbool.h>

static bool is_set(const char *value)
{
	return value != NULL && value[0] != '\0';
}

const struct logger *configure(const struct configure_from *from)
{
	static struct arena arena;
	struct logging *logging = logging_new(&arena);
	char name[320];

	if (logging == NULL)
		return NULL;
	if (is_set(from->directory))
		logging_run_directory(&arena, logging, from->directory, from->hostname);
	event_logger_name(SOURCE_WORKER, from->program, name, sizeof name);
	return logging_get(logging, name);
}
