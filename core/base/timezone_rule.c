/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/timezone_rule.h"

#include "core/base/number.h"

#include <string.h>

#define DAY 86400

static bool leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

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

	return days[month - 1] + (is_leap && month > 2);
}

static int64_t day_of_change(const struct timezone_rule_change *change, int64_t year)
{
	int64_t first = days_to_year(year), day;
	bool is_leap = leap(year);
	int length;

	if (change->kind == '0')
		return first + change->day;
	if (change->kind == 'J')
		return first + change->day - 1 + (is_leap && change->day > 59);
	first += days_to_month(change->month, is_leap);
	length = days_to_month(change->month, is_leap);
	length = change->month == 12 ? 31 : days_to_month(change->month + 1, is_leap) - length;
	/* 1970-01-01 was a Thursday. */
	day = (change->day - (first + 4) % 7 + 7) % 7 + (change->week - 1) * 7;
	return first + (day >= length ? day - 7 : day);
}

static bool read_number(const char **at, int most, int *ret)
{
	const char *start = *at;

	*ret = number_take(at, 4);
	return *at > start && *ret <= most;
}

/* "[+-]hh[:mm[:ss]]" in seconds. */
static bool read_time(const char **at, int32_t *ret_seconds)
{
	bool negative = **at == '-';
	int part[3] = {0};

	if (**at == '-' || **at == '+')
		(*at)++;
	if (!read_number(at, 167, &part[0]))
		return false;
	for (int i = 1; i < 3 && **at == ':'; i++) {
		(*at)++;
		if (!read_number(at, 59, &part[i]))
			return false;
	}
	*ret_seconds = part[0] * 3600 + part[1] * 60 + part[2];
	if (negative)
		*ret_seconds = -*ret_seconds;
	return true;
}

/* "CET" or "<+03>". */
static bool read_name(const char **at, char name[12])
{
	bool quoted = **at == '<';
	size_t length = 0;

	*at += quoted;
	while ((*at)[length] != '\0' &&
		(quoted ? (*at)[length] != '>'
			: ((*at)[length] | 32) >= 'a' && ((*at)[length] | 32) <= 'z'))
		length++;
	if (length < 3 || length > 11 || (quoted && (*at)[length] != '>'))
		return false;
	memcpy(name, *at, length);
	name[length] = '\0';
	*at += length + quoted;
	return true;
}

static bool read_month_change(const char **at, struct timezone_rule_change *change)
{
	if (!read_number(at, 12, &change->month) || *(*at)++ != '.')
		return false;
	if (!read_number(at, 5, &change->week) || *(*at)++ != '.')
		return false;
	return read_number(at, 6, &change->day) && change->month > 0 && change->week > 0;
}

static bool read_change(const char **at, struct timezone_rule_change *change)
{
	bool good;

	*change = (struct timezone_rule_change){
		.kind = **at == 'M' || **at == 'J' ? **at : '0', .time = 7200};
	*at += change->kind != '0';
	good = change->kind == 'M' ? read_month_change(at, change)
				   : read_number(at, 365, &change->day);
	if (good && **at == '/') {
		(*at)++;
		good = read_time(at, &change->time);
	}
	return good;
}

bool timezone_rule_read(const char *at, struct timezone_rule *rule)
{
	struct timezone_type *standard = &rule->types[0], *summer = &rule->types[1];

	memset(rule, 0, sizeof *rule);
	if (!read_name(&at, standard->name) || !read_time(&at, &standard->offset))
		return false;
	standard->offset = -standard->offset;
	if (*at == '\0')
		return true;
	rule->has_summer = true;
	summer->summer = true;
	summer->offset = standard->offset + 3600;
	if (!read_name(&at, summer->name))
		return false;
	if (*at != '\0' && *at != ',') {
		if (!read_time(&at, &summer->offset))
			return false;
		summer->offset = -summer->offset;
	}
	if (*at == '\0')
		at = ",M3.2.0,M11.1.0"; /* what POSIX leaves open and tzset(3) takes */
	if (*at++ != ',' || !read_change(&at, &rule->begin) || *at++ != ',')
		return false;
	return read_change(&at, &rule->end) && *at == '\0';
}

static bool is_summer(const struct timezone_rule *rule, int64_t now)
{
	int64_t day = (now + rule->types[0].offset) / DAY, year = 1970 + (day > 0 ? day / 366 : 0);
	int64_t begin, end;

	while (days_to_year(year + 1) <= day)
		year++;
	begin = day_of_change(&rule->begin, year) * DAY + rule->begin.time - rule->types[0].offset;
	end = day_of_change(&rule->end, year) * DAY + rule->end.time - rule->types[1].offset;
	/* In the south the summer has the turn of the year in it. */
	return begin < end ? now >= begin && now < end : now >= begin || now < end;
}

const struct timezone_type *timezone_rule_at(const struct timezone_rule *rule, int64_t now)
{
	return &rule->types[rule->has_summer && is_summer(rule, now)];
}
