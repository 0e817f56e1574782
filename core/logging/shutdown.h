/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shutdown.h - the end of handlers: Python's logging.shutdown().
 *
 * Signal-safe: logging_flush(), yes; the others, no. Threads: any for logging_flush(); for the
 * others one at a time, and not beside a configuration, while others may log.
 */
#pragma once

#include "core/logging/logger.h"

/*
 * HANDLER, which no configuration has made, is closed by the next one and by logging_shutdown(),
 * as all handlers of Python are. Adding one twice is adding it once. Returns 0 or -ENOMEM.
 */
int logging_track(struct logging *logging, struct handler *handler);

/*
 * The process ends behind RECORD: what handlers keep back and shall not keep at the end, they
 * write, the newest first, formatted in SCRATCH.
 */
void logging_flush(
	const struct logging *logging, const struct log_record *record, struct text *scratch);

/* Close HANDLERS, the newest and so the last one first, each after a flush where it is to have one.
 */
void handlers_close(const struct handler_list *handlers);

/*
 * Close all handlers that LOGGING's configuration or logging_track() brought. What handlers kept
 * back is written; what goes wrong is nobody's business any more. May be called again. A record
 * that comes later still finds its handlers, and those that append to a file open it again.
 */
void logging_shutdown(struct logging *logging);
