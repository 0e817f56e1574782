/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar is POSIX's; what libc makes of a text that does not follow it was measured with
 * glibc 2.36, 2.41 and 2.43, and tests/unit/test_timezone.c compares.
 */
#include "core/base/timezone_rule.h"

#include "core/base/number.h"

#include <stddef.h>
#include <string.h>

#define DAY 86400

/* Days from 1970-01-01 to YEAR-01-01. */
static int64_t days_to_year(int64_t year)
{
	int64_t before = year - 1;

	return 365 * (year - 1970) + (before / 4 - before / 100 + before / 400) -
	       (1969 / 4 - 1969 / 100 + 1969 / 400);
}

static int days_to_month(int month, bool is_leap)
{
	static const int days[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

	if (month < 1 || month > 13)
		return 0;
	return days[month - 1] + (is_leap && month > 2);
}

/* In YEAR, but as in glibc, no change precedes those of 1970. */
static int64_t day_of_change(const struct timezone_rule_change *change, int64_t year)
{
	int64_t first = days_to_year(year), begin = first > 0 ? first : 0, day;
	bool is_leap = timezone_leap(year);
	int to_month, length;

	if (change->kind == 'J')
		return begin + change->day - 1 + (is_leap && change->day > 59);
	if (change->kind != 'M')
		return begin + change->day;
	to_month = days_to_month(change->month, is_leap);
	length = days_to_month(change->month + 1, is_leap) - to_month;
	/* 1970-01-01 was a Thursday. */
	day = change->day - ((first + to_month + 4) % 7 + 7) % 7;
	day += day < 0 ? 7 : 0;
	for (int week = 1; week < change->week && day + 7 < length; week++)
		day += 7;
	return begin + to_month + day;
}

/* Takes a number as scanf's %hu does: behind white space and a sign, and 16 bits of it. */
static bool take_number(const char **at, int *ret)
{
	const char *next = *at + strspn(*at, " \t\n\v\f\r");
	bool negative = *next == '-';

	next += negative || *next == '+';
	if (!is_digit(*next))
		return false;
	*ret = number_take(&next, SIZE_MAX) & UINT16_MAX;
	if (negative)
		*ret = -*ret & UINT16_MAX;
	*at = next;
	return true;
}

/* Takes "hh[:mm[:ss]]" to PARTS, which are as they were where the text has none. */
static bool take_time(const char **at, int parts[3])
{
	const char *next = *at;
	bool any = take_number(&next, &parts[0]);

	for (int i = 1; any; i++) {
		*at = next;
		if (i == 3 || *next++ != ':' || !take_number(&next, &parts[i]))
			break;
	}
	return any;
}

static int32_t at_most(int value, int32_t most)
{
	return value < most ? value : most;
}

/* Takes "[+-]hh[:mm[:ss]]", which is positive west of Greenwich. */
static bool take_offset(const char **at, int32_t *ret_offset)
{
	bool east = **at == '-';
	int parts[3] = {0};
	int32_t seconds;

	*at += east || **at == '+';
	if (!take_time(at, parts))
		return false;
	seconds = at_most(parts[0], 24) * 3600 + at_most(parts[1], 59) * 60 + at_most(parts[2], 59);
	*ret_offset = east ? seconds : -seconds;
	return true;
}

/* Takes a name such as "CET" or "<+03>"; what does not fit is left out. */
static bool take_name(const char **at, struct timezone_type *type)
{
	const char *start = *at, *end = start;
	size_t length;
	bool quoted;

	while (is_alpha(*end))
		end++;
	quoted = end - start < 3 && *start == '<';
	if (quoted)
		for (end = ++start; is_alpha(*end) || is_digit(*end) || *end == '+' || *end == '-';)
			end++;
	if (end - start < 3 || (quoted && *end != '>'))
		return false;
	length = (size_t)(end - start);
	memcpy(type->name, start, length < sizeof type->name ? length : sizeof type->name - 1);
	*at = end + quoted;
	return true;
}

/* Takes "M3.2.0". */
static bool take_day_of_month(const char **at, struct timezone_rule_change *change)
{
	int month;

	(*at)++;
	/* For other months, libc reads what is beside its table. */
	if (!take_number(at, &month) || month < 1 || month > 12)
		return false;
	*change = (struct timezone_rule_change){.kind = 'M', .month = month};
	if (*(*at)++ != '.' || !take_number(at, &change->week) || *(*at)++ != '.' ||
		!take_number(at, &change->day))
		return false;
	return change->week >= 1 && change->week <= 5 && change->day <= 6;
}

/* Takes "M3.2.0", "J60" or "59". */
static bool take_day(const char **at, struct timezone_rule_change *change)
{
	int day;

	if (**at == 'M')
		return take_day_of_month(at, change);
	change->kind = **at;
	*at += **at == 'J';
	if (!is_digit(**at))
		return false;
	day = number_take(at, SIZE_MAX);
	if (day > 365 || (change->kind == 'J' && day == 0))
		return false;
	change->day = day;
	return true;
}

/* Takes one change, or the USUAL one where the text has ended. */
static bool take_change(const char **at, struct timezone_rule_change *change, const char *usual)
{
	int parts[3] = {2};
	bool negative;

	*at += **at == ',';
	if (!take_day(**at == '\0' ? &usual : at, change))
		return false;
	if (**at == '/') {
		if (*++*at == '\0')
			return false;
		negative = **at == '-';
		*at += negative;
		take_time(at, parts);
	} else if (**at == '\0' || **at == ',') {
		negative = false;
	} else {
		return false;
	}
	change->time = (parts[0] * 3600 + parts[1] * 60 + parts[2]) * (negative ? -1 : 1);
	return true;
}

void timezone_rule_read(const char *at, struct timezone_rule *rule)
{
	struct timezone_type *standard = &rule->types[0], *summer = &rule->types[1];

	memset(rule, 0, sizeof *rule);
	summer->summer = true;
	if (!take_name(&at, standard) || !(is_digit(*at) || *at == '+' || *at == '-') ||
		!take_offset(&at, &standard->offset))
		return;
	if (*at == '\0') {
		summer->offset = standard->offset;
		return;
	}
	if (take_name(&at, summer)) {
		if (!take_offset(&at, &summer->offset))
			summer->offset = standard->offset + 3600;
		rule->changes_unstated = at[at[0] == ','] == '\0';
	}
	if (take_change(&at, &rule->begin, "M3.2.0"))
		take_change(&at, &rule->end, "M11.1.0");
}

const struct timezone_type *timezone_rule_at(const struct timezone_rule *rule, int64_t real_seconds)
{
	/* As in glibc, the year is UTC's. */
	int64_t day = (real_seconds - (real_seconds < 0 ? DAY - 1 : 0)) / DAY;
	int64_t year = 1970 + (day < 0 ? day / 365 - 1 : day / 366);
	int64_t begin, end;

	while (days_to_year(year + 1) <= day)
		year++;
	begin = day_of_change(&rule->begin, year) * DAY + rule->begin.time - rule->types[0].offset;
	end = day_of_change(&rule->end, year) * DAY + rule->end.time - rule->types[1].offset;
	/* In the southern hemisphere, summer time spans the turn of the year. */
	return &rule->types[begin <= end ? real_seconds >= begin && real_seconds < end
					 : real_seconds >= begin || real_seconds < end];
}
