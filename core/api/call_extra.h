/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_extra.h - the `extra` of a log call as a record carries it.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/include/vigil/logging.h"
#include "core/logging/record.h"

/* The call's own, and those of so many adapters less one. */
#define EXTRA_LISTS_MOST 8

struct call_extra {
	struct record_extra extra; /* first: a pointer to it is a pointer to this */
	const struct vigil_extra *lists[EXTRA_LISTS_MOST]; /* not NULL; the first one that has a
							      key says what it is */
	unsigned count;
};

/* EXTRA with no list. */
void call_extra_init(struct call_extra *extra);

/* LIST, which stays the caller's, behind the others; NULL is nothing. False when there is no room.
 */
bool call_extra_add(struct call_extra *extra, const struct vigil_extra *list);

/* The first key that every record has already; NULL: none. */
const char *call_extra_reserved(const struct call_extra *extra);
