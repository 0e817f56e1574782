/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_handlers.h - how the public API makes handlers.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/api/api.h"
#include "core/include/vigil/handlers.h"

/* End the making of *HANDLER under api_lock(): where ERROR is 0, register it with the hierarchy and
 * set *RET_HANDLER. Releases the lock. Returns 0, or a negative errno, which vigil_error_text()
 * then explains. */
int api_made(int error, struct handler *const *handler, struct vigil_handler **ret_handler);

/* Stop the listener of every QueueHandler, after it has handled what is queued. Called without the
 * lock. */
void api_stop_listeners(void);

/* Parse Python's name of a style: "%", "{" or "$"; NULL is "%". Returns 0 or -EINVAL. */
int api_style(const char *style, enum format_style *ret_style);
