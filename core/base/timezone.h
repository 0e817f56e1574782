/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timezone.h - local time's offset from UTC and its abbreviation, without libc's localtime(), which
 * locks and allocates even for a cached zone.
 *
 * TZ is read as glibc's tzset(3) does: it is unset (/etc/localtime), a file's name, with or without
 * ':', below /usr/share/zoneinfo (or TZDIR) or absolute, or else a rule (timezone_rule.h). Of a
 * rule such as "EST5EDT", the file posixrules says when summer time is. RFC 8536 defines the files.
 *
 * Signal-safe: timezone_at(), yes; timezone_load(), no: it needs 64 KiB of stack. Threads: any.
 */
#pragma once

#include "core/base/timezone_rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No IANA zone has more changes: Hebron has 310. Of a longer file, the last ones are used. */
#define TIMEZONE_CHANGES_MOST 384

/* A time zone in memory. All zero is UTC. */
struct timezone_table {
	size_t type_count, change_count;
	bool has_rule; /* `rule` holds from the last change on */
	struct timezone_rule rule;
	uint8_t before; /* the index of the type before the first change */
	uint8_t change_types[TIMEZONE_CHANGES_MOST]; /* and of the type after each change */
	int64_t changes[TIMEZONE_CHANGES_MOST];	     /* in seconds since 1970, ascending */
	struct timezone_type types[256];
};

/* The variables that name a time zone; NULL: one is not set. */
struct timezone_variables {
	const char *tz, *tzdir;
};

/* The values that ENVIRONMENT (as environ(7), may be NULL) has, pointers into it. */
struct timezone_variables timezone_variables(char *const *environment);

/* Read the time zone that VARIABLES name; UTC if there is no such zone. */
void timezone_load(const struct timezone_variables *variables, struct timezone_table *ret_table);

/* What holds at REAL_SECONDS since 1970, without a TABLE in UTC; it lives as long as TABLE. */
const struct timezone_type *timezone_at(const struct timezone_table *table, int64_t real_seconds);
