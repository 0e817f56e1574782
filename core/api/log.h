/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - from a log call to its record, for the parts of core/api.
 *
 * Signal-safe: yes, where the message is. Threads: any.
 */
#pragma once

#include "core/api/api.h"
#include "core/logging/record.h"

/* The call's own list, and one for each of its adapters. */
#define EXTRA_LISTS_MOST 8

/* The `extra` of a log call, as its record carries it. */
struct call_extra {
	struct record_extra extra; /* first: a pointer to it is a pointer to this */
	const struct vigil_extra *lists[EXTRA_LISTS_MOST]; /* none is NULL; of lists with the same
							      key the first one counts */
	unsigned count;
};

/* Begin EXTRA, with no list. */
void call_extra_init(struct call_extra *extra);

/* Append LIST, which the caller owns; NULL and an empty list are ignored. False when there is no
 * room. */
bool call_extra_add(struct call_extra *extra, const struct vigil_extra *list);

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
