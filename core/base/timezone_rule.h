/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timezone_rule.h - a time zone as a rule in POSIX's form: "CET-1CEST,M3.5.0,M10.5.0/3", see
 * tzset(3).
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* One end of summer time in a POSIX rule: "M3.2.0/2", "J60", "59". */
struct timezone_rule_change {
	char kind; /* 'M': month.week.day; 'J': day 1 to 365, never a leap day; '0': day 0 to 365 */
	int month, week, day;
	int32_t time; /* seconds after midnight, of the clock before the change */
};

/* What a zone's clocks show between two changes. */
struct timezone_type {
	int32_t offset; /* from UTC in seconds, east of Greenwich positive */
	char name[12];	/* "CET" */
	bool summer;	/* tm_isdst */
};

struct timezone_rule {
	struct timezone_type types[2]; /* standard and summer */
	bool has_summer;
	struct timezone_rule_change begin, end;
};

/* Returns false, and RET_RULE as it may be, when TEXT is no such rule. */
bool timezone_rule_read(const char *text, struct timezone_rule *ret_rule);

/*
 * Which of the rule's types holds at NOW, seconds since 1970. Before 1970 the changes of 1970 are
 * the first, as in glibc.
 */
const struct timezone_type *timezone_rule_at(const struct timezone_rule *rule, int64_t now);
