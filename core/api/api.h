/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api.h - what the parts of the public C API share: the process's one hierarchy.
 *
 * Private to core/api. The public opaque types are the internal ones by another name.
 * Signal-safe: api_hierarchy() once it has been called, and api_record_begin(), api_emit(); the
 * others, no. Threads: any.
 */
#pragma once

#include "core/include/vigil/logging.h"
#include "core/logging/logger.h"

/* The hierarchy, made by the first call; NULL when out of memory. */
struct logging *api_hierarchy(void);

/* What is changed in the hierarchy, and allocated from its arena, is changed between these two. The
 * lock is recursive, and a fork leaves it free in the child. */
void api_lock(void);
void api_unlock(void);

/* Release the lock, and return what was done between the two: 0, or ERROR, a negative errno, which
 * vigil_error_text() then explains. */
int api_unlock_with(int error);

/* The arena of all that is made; between api_lock() and api_unlock(). */
struct arena *api_arena(void);

/* Returns ERROR, a negative errno, and keeps the reason for vigil_error_text(): printf's way; a
 * NULL FORMAT says what the errno means. */
int api_fail(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The filter in LIST (NULL: none) that is SPEC; NULL when it is not there. */
const struct filter *api_find_filter(
	const struct filter_list *list, const struct vigil_filter_spec *spec);

/* vigil.RankFilter for this process; between api_lock() and api_unlock(). NULL when out of memory.
 */
const struct filter *api_rank_filter(const int64_t *ranks, size_t count);

/* The struct logger that LOGGER is by its public name; the other way by a cast. */
static inline struct logger *api_logger(const struct vigil_logger *logger)
{
	return (struct logger *)logger;
}

/* The same of a handler. */
static inline struct handler *api_handler(const struct vigil_handler *handler)
{
	return (struct handler *)handler;
}

/* The same of a formatter. */
static inline struct formatter *api_formatter(const struct vigil_formatter *formatter)
{
	return (struct formatter *)formatter;
}
