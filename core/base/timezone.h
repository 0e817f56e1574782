/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timezone.h - local time's offset from UTC and its abbreviation, without libc's localtime(), which
 * locks and allocates even for a cached zone.
 *
 * TZ is read as tzset(3) does: it is unset (/etc/localtime), "" or unreadable (UTC), a file's name,
 * with or without ':', below /usr/share/zoneinfo or absolute, or a POSIX rule
 * ("CET-1CEST,M3.5.0,M10.5.0/3"). A rule without days of change ("CET-1CEST") has those of the file
 * "posixrules", as in glibc. RFC 8536 defines the files. Signal-safe: timezone_at(), yes;
 * timezone_load(), no: it needs 64 KiB of stack. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The begin or end of summer time in a POSIX rule: "M3.2.0/2", "J60", "59". */
struct timezone_rule_change {
	char kind; /* 'M': month.week.day; 'J': day 1 to 365, never a leap day; '0': day 0 to 365 */
	int month, week, day;
	int32_t time; /* seconds after midnight, of the clock before the change */
};

/* The local time that a zone has between two changes. */
struct timezone_type {
	int32_t offset;		  /* from UTC in seconds, east of Greenwich positive */
	char name[12];		  /* "CET" */
	bool summer;		  /* tm_isdst */
	bool of_utc, of_standard; /* the clock that says when it begins; else the one before it */
};

/* "CET-1CEST,M3.5.0,M10.5.0/3", see tzset(3). */
struct timezone_rule {
	struct timezone_type types[2]; /* standard and summer */
	bool has_summer;
	bool lacks_changes; /* the days of change, which are the default ones then */
	struct timezone_rule_change begin, end;
};

/* No IANA zone has more changes: Hebron has 310. Of a longer file, the last ones are used. */
#define TIMEZONE_CHANGES_MOST 384

/* A time zone in memory. All zero is UTC. */
struct timezone_table {
	size_t type_count, change_count;
	bool has_rule; /* `rule` holds from `rule_from` on */
	int64_t rule_from;
	struct timezone_rule rule;
	uint8_t before; /* the index of the type before the first change */
	uint8_t change_types[TIMEZONE_CHANGES_MOST]; /* and of the type after each change */
	int64_t changes[TIMEZONE_CHANGES_MOST];	     /* in seconds since 1970, ascending */
	struct timezone_type types[256];
};

/* Read the time zone for TZ=NAME (NULL: TZ is not set); UTC if there is no such zone. */
void timezone_load(const char *name, struct timezone_table *ret_table);

/* What holds at REAL_SECONDS since 1970, without a TABLE in UTC; it lives as long as TABLE. */
const struct timezone_type *timezone_at(const struct timezone_table *table, int64_t real_seconds);

/* Whether YEAR has a 29th of February. */
static inline bool timezone_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}
