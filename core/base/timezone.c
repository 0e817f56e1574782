/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/timezone.h"

#include "core/base/number.h"
#include "core/base/order.h"
#include "core/base/proc.h"
#include "core/base/text.h"

#include <endian.h>
#include <limits.h>
#include <string.h>

#define ZONE_DIRECTORY "/usr/share/zoneinfo"
#define FILE_MOST 32768
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

static int64_t day_of_change(const struct timezone_rule_change *change, int64_t year)
{
	int64_t first = days_to_year(year), day;
	bool is_leap = timezone_leap(year);
	int length;

	if (change->kind == '0')
		return first + change->day;
	if (change->kind == 'J')
		return first + change->day - 1 + (is_leap && change->day > 59);
	length = days_to_month(change->month + 1, is_leap) - days_to_month(change->month, is_leap);
	first += days_to_month(change->month, is_leap);
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

/* Reads "[+-]hh[:mm[:ss]]" to seconds. */
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

/* Reads a name such as "CET" or "<+03>". */
static bool read_name(const char **at, char name[12])
{
	bool quoted = **at == '<';
	size_t length = 0;

	*at += quoted;
	while ((*at)[length] != '\0' && (quoted ? (*at)[length] != '>' : is_alpha((*at)[length])))
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

/* Reads a rule such as "CET-1CEST,M3.5.0,M10.5.0/3" (tzset(3)) to RULE; false, and RULE undefined,
 * if AT is no rule. */
static bool read_rule(const char *at, struct timezone_rule *rule)
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
	rule->lacks_changes = *at == '\0';
	if (rule->lacks_changes)
		at = ",M3.2.0,M11.1.0"; /* POSIX leaves it undefined; this is tzset(3)'s rule */
	if (*at++ != ',' || !read_change(&at, &rule->begin) || *at++ != ',')
		return false;
	return read_change(&at, &rule->end) && *at == '\0';
}

/* Whether summer time holds at NOW. As in glibc, no change precedes those of 1970. */
static bool is_summer(const struct timezone_rule *rule, int64_t now)
{
	int64_t day = (now + rule->types[0].offset) / DAY, year = 1970 + (day > 0 ? day / 366 : 0);
	int64_t begin, end;

	while (days_to_year(year + 1) <= day)
		year++;
	begin = day_of_change(&rule->begin, year) * DAY + rule->begin.time - rule->types[0].offset;
	end = day_of_change(&rule->end, year) * DAY + rule->end.time - rule->types[1].offset;
	/* In the southern hemisphere, summer time spans the turn of the year. */
	return begin < end ? now >= begin && now < end : now >= begin || now < end;
}

/* One part of a TZif file: the counts at its head, and where its tables begin. */
struct part {
	uint32_t utc_flags, standard_flags, leaps, times, types, characters;
	const unsigned char *data, *end;
};

static int64_t big_endian(const unsigned char *bytes, size_t width)
{
	uint64_t wide;
	uint32_t narrow;

	if (width == 8) {
		memcpy(&wide, bytes, sizeof wide);
		return (int64_t)be64toh(wide);
	}
	memcpy(&narrow, bytes, sizeof narrow);
	return (int32_t)be32toh(narrow);
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
	/* The type of a change is one byte. */
	if (ret->types > 256)
		return false;
	ret->data = at + 44;
	ret->end = ret->data + part_size(ret, width);
	return (size_t)(end - ret->data) >= part_size(ret, width) && ret->types > 0 &&
	       ret->characters > 0;
}

static bool load_type(const struct part *part, const unsigned char *at, const unsigned char *names,
	struct timezone_type *ret)
{
	size_t most = sizeof ret->name - 1, length;

	if (at[5] >= part->characters)
		return false;
	length = strnlen((const char *)names + at[5], part->characters - at[5]);
	*ret = (struct timezone_type){
		.offset = (int32_t)big_endian(at, 4),
		.summer = at[4] != 0,
	};
	memcpy(ret->name, names + at[5], length < most ? length : most);
	return true;
}

/* Sets of each type the clock that its beginning is given in. */
static void load_clocks(const struct part *part, struct timezone_table *table)
{
	const unsigned char *of_utc = part->end - part->utc_flags;
	const unsigned char *of_standard = of_utc - part->standard_flags;

	for (size_t i = 0; i < part->types; i++) {
		table->types[i].of_utc = i < part->utc_flags && of_utc[i] != 0;
		table->types[i].of_standard = i < part->standard_flags && of_standard[i] != 0;
	}
}

/* Loads PART, whose times are WIDTH bytes each. False when its tables contradict each other. */
static bool load_part(const struct part *part, size_t width, struct timezone_table *table)
{
	const unsigned char *kinds = part->data + part->times * width;
	const unsigned char *types = kinds + part->times, *names = types + 6 * part->types;
	size_t left_out =
		part->times > TIMEZONE_CHANGES_MOST ? part->times - TIMEZONE_CHANGES_MOST : 0;

	for (size_t i = 0; i < part->types; i++)
		if (!load_type(part, types + 6 * i, names, &table->types[i]))
			return false;
	for (size_t i = 0; i < part->times; i++)
		if (kinds[i] >= part->types)
			return false;
	table->before = left_out == 0 ? 0 : kinds[left_out - 1];
	table->change_count = part->times - left_out;
	memcpy(table->change_types, kinds + left_out, table->change_count);
	for (size_t i = 0; i < table->change_count; i++)
		table->changes[i] = big_endian(part->data + (left_out + i) * width, width);
	table->type_count = part->types;
	load_clocks(part, table);
	return true;
}

/* Loads the rule in the footer, "\nCET-1CEST,…\n", which holds after the last change. */
static void load_footer(char *at, const char *end, struct timezone_table *table)
{
	char *newline =
		at < end && *at == '\n' ? memchr(at + 1, '\n', (size_t)(end - at - 1)) : NULL;

	if (newline == NULL)
		return;
	*newline = '\0';
	table->has_rule = read_rule(at + 1, &table->rule);
	if (table->change_count > 0)
		table->rule_from = table->changes[table->change_count - 1];
}

static bool load_file(const char *path, struct timezone_table *table)
{
	char data[FILE_MOST];
	ssize_t length = file_read(path, data, sizeof data);
	const unsigned char *begin = (const unsigned char *)data, *end = begin + length;
	struct part part, wide;

	if (length < 0 || !read_part(begin, end, 4, &part))
		return false;
	if (data[4] < '2' || !read_part(part.end, end, 8, &wide))
		return load_part(&part, 4, table);
	if (!load_part(&wide, 8, table))
		return false;
	load_footer(data + (wide.end - begin), data + length, table);
	return true;
}

/* The last offset of TABLE's standard time; 0 without one. */
static int32_t last_standard_offset(const struct timezone_table *table)
{
	for (size_t i = table->change_count; i > 0; i--) {
		const struct timezone_type *type = &table->types[table->change_types[i - 1]];

		if (!type->summer)
			return type->offset;
	}
	return 0;
}

/*
 * Loads what glibc takes for GIVEN, a rule without days of change: the changes of the file
 * "posixrules", moved by what the offsets differ, and behind the last one its footer as it is. The
 * offset of the file's summer time counts as 0, so summer time ends some hours early or late:
 * localtime() does the same. False without that file.
 */
static bool load_default_changes(const struct timezone_rule *given, struct timezone_table *table)
{
	int32_t standard, summer = given->types[1].offset;
	bool is_summer = false;

	if (!load_file(ZONE_DIRECTORY "/posixrules", table) || table->type_count < 2)
		return false;
	standard = given->types[0].offset - last_standard_offset(table);
	for (size_t i = 0; i < table->change_count; i++) {
		const struct timezone_type *type = &table->types[table->change_types[i]];

		if (!type->of_utc)
			table->changes[i] += is_summer && !type->of_standard ? summer : standard;
		is_summer = type->summer;
		table->change_types[i] = is_summer;
		table->rule_from = table->changes[i];
	}
	table->before = 0;
	table->type_count = 2;
	memcpy(table->types, given->types, sizeof given->types);
	return true;
}

/* Writes the path of the file for NAME, a value of TZ, to PATH; "" if NAME stands for no file. */
static void find_file(const char *name, char *path, size_t size)
{
	if (name == NULL)
		text_format(path, size, "/etc/localtime");
	else if (name[0] == '\0' || strstr(name, "..") != NULL)
		path[0] = '\0';
	else
		text_format(path, size, name[0] == '/' ? "%.0s%s" : "%s/%s", ZONE_DIRECTORY, name);
}

/* Loads NAME as a rule. */
static void load_rule(const char *name, struct timezone_table *table)
{
	struct timezone_rule rule;

	if (!read_rule(name, &rule) || (rule.lacks_changes && load_default_changes(&rule, table)))
		return;
	table->rule = rule;
	table->has_rule = true;
}

void timezone_load(const char *name, struct timezone_table *table)
{
	char path[PATH_MAX];

	/* Not cleared as a whole: elements beyond the counts, most of the table, stay untouched. */
	table->type_count = 0;
	table->change_count = 0;
	table->has_rule = false;
	table->rule_from = INT64_MIN;
	if (name != NULL && name[0] == ':')
		name++;
	find_file(name, path, sizeof path);
	if (!load_file(path, table) && name != NULL)
		load_rule(name, table);
}

const struct timezone_type *timezone_at(const struct timezone_table *table, int64_t real_seconds)
{
	static const struct timezone_type utc = {.name = "UTC"};
	const struct timezone_rule *rule;
	size_t after;

	if (table == NULL)
		return &utc;
	rule = &table->rule;
	if (table->has_rule && real_seconds >= table->rule_from)
		return &rule->types[rule->has_summer && is_summer(rule, real_seconds)];
	if (table->type_count == 0)
		return &utc;
	after = LOWER_BOUND(i, table->change_count, table->changes[i] <= real_seconds);
	return &table->types[after == 0 ? table->before : table->change_types[after - 1]];
}
