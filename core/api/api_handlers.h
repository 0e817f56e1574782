/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_handlers.h - how the public API makes handlers.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/api/api.h"
#include "core/include/vigil/handlers.h"

/*
 * Between api_lock() and here *HANDLER was made, or ERROR. It becomes one of the process's in
 * *RET_HANDLER, and the lock is given back. Returns ERROR, kept for vigil_error_text(), or 0.
 */
int api_made(int error, struct handler *const *handler, struct vigil_handler **ret_handler);

/* Stop every QueueHandler's listener: what is queued is handled. Without the lock. */
void api_stop_listeners(void);

/* Python's name of a style: "%", which NULL stands for, "{" or "$". Returns 0 or -EINVAL. */
int api_style(const char *style, enum format_style *ret_style);
