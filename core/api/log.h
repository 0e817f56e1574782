/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - from a log call to its record, for the parts of core/api.
 *
 * Signal-safe: yes, where the message is. Threads: any.
 */
#pragma once

#include "core/api/api.h"
#include "core/api/call_extra.h"

/* A log call, by whichever function of the API. */
struct log_call {
	struct logger *logger;
	int level;
	const struct vigil_call *call; /* its `extra` is ignored: the field below has it */
	struct call_extra extra;
	const void *caller; /* the return address of the API's function: the innermost frame of
			       stack_info */
};

/* Log MESSAGE as it is, or the formatted message. Returns 0, or -EEXIST where `extra` has a
 * reserved key. errno is unchanged. */
int log_message(const struct log_call *call, const char *message);
int log_format(const struct log_call *call, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

struct work;

/* Hand RECORD to LOGGER's filters and handlers, with the line in WORK or, if it may be longer, in
 * memory that is mapped for it. */
void log_hand_over(struct logger *logger, struct log_record *record, struct work *work);
