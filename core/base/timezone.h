/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timezone.h - the offset from UTC, without libc: its localtime() takes a lock and allocates, even
 * for what it has cached.
 *
 * As tzset(3) reads TZ: it is unset (/etc/localtime), "" or unreadable (UTC), a file's name, with
 * or without ':', below /usr/share/zoneinfo or absolute, or a POSIX rule
 * ("CET-1CEST,M3.5.0,M10.5.0/3"). Files by RFC 8536. Signal-safe: timezone_at(), yes; the others,
 * no, they need 64 KiB of stack: at configuration. Threads: any, while nobody changes the
 * environment.
 */
#pragma once

#include "core/base/timezone_rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Seconds east of Greenwich at REAL_SECONDS since 1970 where TZ is set to NAME (NULL: it is not
 * set), and in ZONE (SIZE bytes, cut if it must be) the abbreviation: "CET". 0 and "UTC" where
 * nothing is known.
 */
int32_t timezone_offset(const char *name, int64_t real_seconds, char *zone, size_t size);

/* The same by a POSIX rule; false, and nothing set, when RULE is none. */
bool timezone_by_rule(
	const char *rule, int64_t real_seconds, int32_t *ret_offset, char *zone, size_t size);

/* More than fifty years of summer times. */
#define TIMEZONE_CHANGES_MOST 128

struct timezone_change {
	int64_t at;	/* seconds since 1970 */
	int32_t offset; /* from then on, in seconds, east of Greenwich positive */
	bool summer;
};

/* A time zone in memory, for those who ask again and again. All zero is UTC. */
struct timezone_table {
	size_t count;
	struct timezone_change changes[TIMEZONE_CHANGES_MOST];
	bool has_rule; /* RULE holds from RULE_FROM on */
	int64_t rule_from;
	struct timezone_rule rule;
};

/* Read what holds from SINCE (seconds since 1970) on where TZ is set to NAME (NULL: it is not set);
 * UTC where nothing is known. */
void timezone_load(const char *name, int64_t since, struct timezone_table *ret_table);

/* Seconds east of Greenwich at REAL_SECONDS, and whether it is summer time then: tm_isdst. */
int32_t timezone_at(const struct timezone_table *table, int64_t real_seconds, bool *ret_summer);
