/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - from a log call to its record, for the parts of core/api.
 *
 * Signal-safe: yes, where the message is. Threads: any.
 */
#pragma once

#include "core/api/api.h"
#include "core/api/call_extra.h"

/* A log call, whatever it was called by. */
struct log_call {
	struct logger *logger;
	int level;
	const struct vigil_call *call; /* its `extra` is not looked at */
	struct call_extra extra;
	const void *caller; /* where it returns to: the innermost frame of its stack */
};

/* Log MESSAGE as it stands, or format it first. Returns 0 or -EEXIST. errno stays as it was. */
int log_message(const struct log_call *call, const char *message);
int log_format(const struct log_call *call, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

struct work;

/* RECORD goes to LOGGER's filters and handlers. */
void log_hand_over(struct logger *logger, struct log_record *record, struct work *work);
