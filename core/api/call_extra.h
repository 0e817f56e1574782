/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_extra.h - the `extra` of a log call, as a struct record_extra for its record.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/include/vigil/logging.h"
#include "core/logging/record.h"

/* The call's own list, and one for each of its adapters. */
#define EXTRA_LISTS_MOST 8

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

/* The first key that is the name of an attribute of every record; NULL: there is none. */
const char *call_extra_reserved(const struct call_extra *extra);
