/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shutdown.h - the end of handlers: Python's logging.shutdown().
 *
 * Signal-safe: no. Threads: one at a time, and not beside a configuration; others may log
 * meanwhile.
 */
#pragma once

#include "core/logging/logger.h"

/*
 * HANDLER, which no configuration has made, is closed by the next one and by logging_shutdown(),
 * as all handlers of Python are. Adding one twice is adding it once. Returns 0 or -ENOMEM.
 */
int logging_track(struct logging *logging, struct handler *handler);

/* Close HANDLERS, the newest and so the last one first, each after a flush where it is to have one.
 */
void handlers_close(const struct handler_list *handlers);

/*
 * Close all handlers that LOGGING's configuration or logging_track() brought. What handlers kept
 * back is written; what goes wrong is nobody's business any more. May be called again. A record
 * that comes later still finds its handlers, and those that append to a file open it again.
 */
void logging_shutdown(struct logging *logging);
