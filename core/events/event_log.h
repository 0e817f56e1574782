/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_log.h - an event on its way into the logger hierarchy.
 *
 * Signal-safe: yes. Threads: any, each with a scratch of its own.
 */
#pragma once

#include "core/events/event.h"

struct logger;

/* What event_log() needs to work in: the longest line, and beside it the readable message and
 * trace. */
#define EVENT_SCRATCH_SIZE (EVENT_LINE_MAX + (size_t)32 * 1024)

/* Log EVENT to LOGGER: message as the record's message, error_trace as its exc_text, every field as
 * an attribute, and the vigil.event/1 line as its JSON form. After the last event of a worker,
 * handlers write what they have kept back. SCRATCH has EVENT_SCRATCH_SIZE bytes and is the
 * caller's. Returns how many handlers could not write EVENT, as a negative number if the run
 * directory's handler is among them; 0 also when EVENT's level is not enabled. */
int event_log(const struct logger *logger, const struct event *event, char *scratch);

/* How many records, since the last call, the handlers of LOGGER's hierarchy had kept back and then
 * could not write. */
unsigned event_log_late_losses(const struct logger *logger);

/* "vigil.worker.<program>" or "vigil.agent.<program>", dots of the program's name turned into '_'
 * so that it is one level of the hierarchy. */
void event_logger_name(enum event_source source, const char *program, char *name, size_t size);
