/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timezone_rule.h - a time zone by a rule, "CET-1CEST,M3.5.0,M10.5.0/3", as tzset(3) reads it: the
 * value of TZ where it names no file, or the last line of a file of a zone.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The local time that a zone has between two changes. */
struct timezone_type {
	int32_t offset; /* from UTC in seconds, east of Greenwich positive */
	char name[32];	/* "CET" */
	bool summer;	/* tm_isdst */
	/* In a file: the clock by which the changes to this type were given, if not the local one.
	 */
	bool by_standard, by_universal;
};

/* The begin or end of summer time in a rule: "M3.2.0/2", "J60", "59". */
struct timezone_rule_change {
	char kind; /* 'M': month.week.day; 'J': day 1 to 365, never a leap day; else day 0 to 365 */
	int month, week, day;
	int32_t time; /* seconds after midnight, of the clock before the change */
};

struct timezone_rule {
	struct timezone_type types[2]; /* standard and summer */
	struct timezone_rule_change begin, end;
	/* The text names a summer time, but not when; begin and end are those of the United States.
	 */
	bool changes_unstated;
};

/* Read TEXT to RULE. What is no rule is one, too, as in libc: of UTC, with as much of a name and of
 * the rest as could be read. */
void timezone_rule_read(const char *text, struct timezone_rule *ret_rule);

/* What holds by RULE at REAL_SECONDS since 1970; it lives as long as RULE. */
const struct timezone_type *timezone_rule_at(
	const struct timezone_rule *rule, int64_t real_seconds);

/* Whether YEAR has a 29th of February. */
static inline bool timezone_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}
