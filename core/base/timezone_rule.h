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

struct timezone_rule {
	char name[2][12];  /* standard and summer */
	int32_t offset[2]; /* east positive */
	bool has_summer;
	struct timezone_rule_change begin, end;
};

/* Returns false, and RET_RULE as it may be, when TEXT is no such rule. */
bool timezone_rule_read(const char *text, struct timezone_rule *ret_rule);

/* Whether the summer's offset, rule->offset[1], holds at NOW, seconds since 1970. */
bool timezone_rule_is_summer(const struct timezone_rule *rule, int64_t now);
