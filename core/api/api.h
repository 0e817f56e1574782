/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api.h - what the parts of the public C API share: the one hierarchy of the process, its lock, and
 * the error text.
 *
 * Private to core/api. The public opaque types are the internal ones under another name.
 * Signal-safe: api_hierarchy() after its first call, and the conversions of types; the others, no.
 * Threads: any.
 */
#pragma once

#include "core/include/vigil/handlers.h"
#include "core/include/vigil/logging.h"
#include "core/logging/logger.h"

/* The hierarchy, made by the first call; NULL when out of memory. */
struct logging *api_hierarchy(void);

/* The lock for changes of the hierarchy and allocations from its arena. It is recursive, and free
 * in a forked child. */
void api_lock(void);
void api_unlock(void);

/* Release the lock, and return ERROR, the result of what was done under it: 0, or a negative errno,
 * which vigil_error_text() then explains. */
int api_unlock_with(int error);

/* The arena of the hierarchy; used only under api_lock(). */
struct arena *api_arena(void);

/* Set the text of vigil_error_text() as printf() does; FORMAT NULL: what the errno means. Returns
 * ERROR, a negative errno. */
int api_fail(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The filter in LIST that was made from SPEC; NULL when it is not there. LIST may be NULL. */
const struct filter *api_find_filter(
	const struct filter_list *list, const struct vigil_filter_spec *spec);

/* Make a vigil.RankFilter for this process, under api_lock(). NULL when out of memory. */
const struct filter *api_rank_filter(const int64_t *ranks, size_t count);

/* Finish making *HANDLER under api_lock(): where ERROR is 0, register *HANDLER with the hierarchy
 * and set *RET_HANDLER. Releases the lock. Returns 0, or a negative errno, which vigil_error_text()
 * then explains. */
int api_made(int error, struct handler *const *handler, struct vigil_handler **ret_handler);

/* Stop the listener of every QueueHandler, after it has handled what is queued. Called without the
 * lock. */
void api_stop_listeners(void);

/* Parse Python's name of a style: "%", "{" or "$"; NULL is "%". Returns 0 or -EINVAL. */
int api_style(const char *style, enum format_style *ret_style);

/* The struct logger behind the public type; a cast converts it back. */
static inline struct logger *api_logger(const struct vigil_logger *logger)
{
	return (struct logger *)logger;
}

/* The struct handler behind the public type. */
static inline struct handler *api_handler(const struct vigil_handler *handler)
{
	return (struct handler *)handler;
}

/* The struct formatter behind the public type. */
static inline struct formatter *api_formatter(const struct vigil_formatter *formatter)
{
	return (struct formatter *)formatter;
}
