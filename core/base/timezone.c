/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/timezone.h"

#include "core/base/proc.h"
#include "core/base/text.h"

#include <limits.h>
#include <string.h>

#define ZONE_DIRECTORY "/usr/share/zoneinfo"
#define DAY 86400

/* One end of summer time in a POSIX rule: "M3.2.0/2", "J60", "59". */
struct change {
	char kind; /* 'M': month.week.day; 'J': day 1 to 365, never a leap day; '0': day 0 to 365 */
	int month, week, day;
	int32_t time; /* seconds after midnight, of the clock before the change */
};

struct rule {
	char name[2][12];  /* standard and summer */
	int32_t offset[2]; /* east positive */
	bool has_summer;
	struct change begin, end;
};

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

static int64_t day_of_change(const struct change *change, int64_t year)
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
	int number = 0;
	const char *start = *at;

	for (; **at >= '0' && **at <= '9' && *at - start < 4; (*at)++)
		number = number * 10 + **at - '0';
	*ret = number;
	return *at > start && number <= most;
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

static bool read_month_change(const char **at, struct change *change)
{
	if (!read_number(at, 12, &change->month) || *(*at)++ != '.')
		return false;
	if (!read_number(at, 5, &change->week) || *(*at)++ != '.')
		return false;
	return read_number(at, 6, &change->day) && change->month > 0 && change->week > 0;
}

static bool read_change(const char **at, struct change *change)
{
	bool good;

	*change = (struct change){.kind = **at == 'M' || **at == 'J' ? **at : '0', .time = 7200};
	*at += change->kind != '0';
	good = change->kind == 'M' ? read_month_change(at, change)
				   : read_number(at, 365, &change->day);
	if (good && **at == '/') {
		(*at)++;
		good = read_time(at, &change->time);
	}
	return good;
}

static bool read_rule(const char *at, struct rule *rule)
{
	memset(rule, 0, sizeof *rule);
	if (!read_name(&at, rule->name[0]) || !read_time(&at, &rule->offset[0]))
		return false;
	rule->offset[0] = -rule->offset[0];
	if (*at == '\0')
		return true;
	rule->has_summer = true;
	rule->offset[1] = rule->offset[0] + 3600;
	if (!read_name(&at, rule->name[1]))
		return false;
	if (*at != '\0' && *at != ',') {
		if (!read_time(&at, &rule->offset[1]))
			return false;
		rule->offset[1] = -rule->offset[1];
	}
	if (*at == '\0')
		at = ",M3.2.0,M11.1.0"; /* what POSIX leaves open and tzset(3) takes */
	if (*at++ != ',' || !read_change(&at, &rule->begin) || *at++ != ',')
		return false;
	return read_change(&at, &rule->end) && *at == '\0';
}

static bool is_summer(const struct rule *rule, int64_t now)
{
	int64_t day = (now + rule->offset[0]) / DAY, year = 1970 + day / 366;
	int64_t begin, end;

	while (days_to_year(year + 1) <= day)
		year++;
	begin = day_of_change(&rule->begin, year) * DAY + rule->begin.time - rule->offset[0];
	end = day_of_change(&rule->end, year) * DAY + rule->end.time - rule->offset[1];
	/* In the south the summer has the turn of the year in it. */
	return begin < end ? now >= begin && now < end : now >= begin || now < end;
}

bool timezone_by_rule(
	const char *text, int64_t real_seconds, int32_t *ret_offset, char *zone, size_t size)
{
	struct rule rule;
	bool summer;

	if (!read_rule(text, &rule))
		return false;
	summer = rule.has_summer && is_summer(&rule, real_seconds);
	*ret_offset = rule.offset[summer];
	text_format(zone, size, "%s", rule.name[summer]);
	return true;
}

/* The counts at the head of a part of a TZif file, and where its tables begin. */
struct part {
	uint32_t utc_flags, standard_flags, leaps, times, types, characters;
	const unsigned char *data, *end;
};

static int64_t big_endian(const unsigned char *bytes, int count)
{
	uint64_t value = (bytes[0] & 0x80) != 0 && count == 8 ? ~(uint64_t)0 : 0;

	for (int i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return count == 4 ? (int32_t)(uint32_t)value : (int64_t)value;
}

static size_t part_size(const struct part *part, size_t width)
{
	return (size_t)part->times * (width + 1) + (size_t)part->types * 6 + part->characters +
	       (size_t)part->leaps * (width + 4) + part->standard_flags + part->utc_flags;
}

static bool read_part(
	const unsigned char *at, const unsigned char *end, size_t width, struct part *ret)
{
	uint32_t *const counts[] = {&ret->utc_flags, &ret->standard_flags, &ret->leaps, &ret->times,
		&ret->types, &ret->characters};

	if (end - at < 44 || memcmp(at, "TZif", 4) != 0)
		return false;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		*counts[i] = (uint32_t)big_endian(at + 20 + 4 * i, 4);
		if (*counts[i] > 65536)
			return false;
	}
	ret->data = at + 44;
	ret->end = ret->data + part_size(ret, width);
	return (size_t)(end - ret->data) >= part_size(ret, width) && ret->types > 0 &&
	       ret->characters > 0;
}

/* The type that holds at NOW by the table of changes; false when NOW lies behind the last and
 * FOOTER says more. */
static bool by_table(const struct part *part, size_t width, int64_t now, int32_t *ret_offset,
	char *zone, size_t size)
{
	const unsigned char *indexes = part->data + part->times * width;
	const unsigned char *types = indexes + part->times, *type;
	const char *names = (const char *)types + (size_t)part->types * 6;
	uint32_t count = 0;

	while (count < part->times && big_endian(part->data + count * width, (int)width) <= now)
		count++;
	type = types + 6 * (size_t)(count == 0 ? 0 : indexes[count - 1]);
	if ((const char *)type >= names || type[5] >= part->characters)
		return false;
	*ret_offset = (int32_t)big_endian(type, 4);
	text_format(zone, size, "%.*s", (int)(part->characters - type[5]), names + type[5]);
	return true;
}

/* Behind the last change in the table the rule in the footer holds: "\nCET-1CEST,…\n". */
static bool by_footer(const struct part *part, char *end, int64_t now, int32_t *ret_offset,
	char *zone, size_t size)
{
	char *rule = (char *)part->end, *newline;

	if (part->times > 0 && now < big_endian(part->data + ((size_t)part->times - 1) * 8, 8))
		return false;
	if (rule >= end || *rule != '\n')
		return false;
	newline = memchr(rule + 1, '\n', (size_t)(end - rule - 1));
	if (newline == NULL)
		return false;
	*newline = '\0';
	return timezone_by_rule(rule + 1, now, ret_offset, zone, size);
}

static bool by_file(const char *path, int64_t now, int32_t *ret_offset, char *zone, size_t size)
{
	char data[32768];
	ssize_t length = file_read(path, data, sizeof data);
	const unsigned char *begin = (const unsigned char *)data, *end = begin + length;
	struct part part, wide;

	if (length < 0 || !read_part(begin, end, 4, &part))
		return false;
	if (data[4] < '2' || !read_part(part.end, end, 8, &wide))
		return by_table(&part, 4, now, ret_offset, zone, size);
	return by_footer(&wide, data + length, now, ret_offset, zone, size) ||
	       by_table(&wide, 8, now, ret_offset, zone, size);
}

int32_t timezone_offset(const char *name, int64_t real_seconds, char *zone, size_t size)
{
	char path[PATH_MAX];
	int32_t offset = 0;

	text_format(zone, size, "UTC");
	if (name == NULL) {
		by_file("/etc/localtime", real_seconds, &offset, zone, size);
		return offset;
	}
	name += name[0] == ':';
	if (name[0] == '\0')
		return 0;
	text_format(path, sizeof path, name[0] == '/' ? "%.0s%s" : "%s/%s", ZONE_DIRECTORY, name);
	if (strstr(name, "..") != NULL || !by_file(path, real_seconds, &offset, zone, size))
		timezone_by_rule(name, real_seconds, &offset, zone, size);
	return offset;
}
