/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/timezone.h"

#include "core/base/environment.h"
#include "core/base/order.h"
#include "core/base/proc.h"
#include "core/base/text.h"

#include <endian.h>
#include <limits.h>
#include <string.h>

#define LOCAL_ZONE "/etc/localtime"
#define ZONE_DIRECTORY "/usr/share/zoneinfo"
#define RULES_OF_ALL "posixrules" /* when summer time is where TZ does not say it */
#define FILE_MOST 32768

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

static bool load_type(
	const struct part *part, size_t i, const unsigned char *types, struct timezone_type *ret)
{
	const unsigned char *at = types + 6 * i;
	const char *names = (const char *)types + 6 * (size_t)part->types;
	const unsigned char *standard_flags = part->end - part->utc_flags - part->standard_flags;
	size_t most = sizeof ret->name - 1, length;

	if (at[5] >= part->characters)
		return false;
	length = strnlen(names + at[5], part->characters - at[5]);
	*ret = (struct timezone_type){
		.offset = (int32_t)big_endian(at, 4),
		.summer = at[4] != 0,
		.by_standard = i < part->standard_flags && standard_flags[i] != 0,
		.by_universal = i < part->utc_flags && (part->end - part->utc_flags)[i] != 0,
	};
	memcpy(ret->name, names + at[5], length < most ? length : most);
	return true;
}

/* The type before the first change: the first that is standard time. */
static uint8_t first_type(const struct timezone_table *table)
{
	for (size_t i = 0; i < table->type_count; i++)
		if (!table->types[i].summer)
			return (uint8_t)i;
	return 0;
}

/* Loads PART, whose times are WIDTH bytes each. False when its tables contradict each other. */
static bool load_part(const struct part *part, size_t width, struct timezone_table *table)
{
	const unsigned char *kinds = part->data + part->times * width;
	const unsigned char *types = kinds + part->times;
	size_t left_out =
		part->times > TIMEZONE_CHANGES_MOST ? part->times - TIMEZONE_CHANGES_MOST : 0;

	for (size_t i = 0; i < part->types; i++)
		if (!load_type(part, i, types, &table->types[i]))
			return false;
	for (size_t i = 0; i < part->times; i++)
		if (kinds[i] >= part->types)
			return false;
	table->type_count = part->types;
	table->before = left_out == 0 ? first_type(table) : kinds[left_out - 1];
	table->change_count = part->times - left_out;
	memcpy(table->change_types, kinds + left_out, table->change_count);
	for (size_t i = 0; i < table->change_count; i++)
		table->changes[i] = big_endian(part->data + (left_out + i) * width, width);
	return true;
}

/* Loads the rule in the footer, "\nCET-1CEST,…\n", which holds after the last change. */
static void load_footer(char *at, const char *end, struct timezone_table *table)
{
	char *newline =
		at < end && *at == '\n' ? memchr(at + 1, '\n', (size_t)(end - at - 1)) : NULL;

	if (newline == NULL || newline == at + 1)
		return;
	*newline = '\0';
	timezone_rule_read(at + 1, &table->rule);
	table->has_rule = true;
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

/* Not cleared as a whole: elements beyond the counts, most of the table, stay untouched. */
static void clear(struct timezone_table *table)
{
	table->type_count = 0;
	table->change_count = 0;
	table->has_rule = false;
}

/* Loads the file NAME of DIRECTORY, or the absolute NAME; false, and TABLE is UTC, without one. */
static bool load_name(const char *directory, const char *name, struct timezone_table *table)
{
	char path[PATH_MAX];

	clear(table);
	if (name[0] == '\0')
		return false;
	text_format(path, sizeof path, name[0] == '/' ? "%.0s%s" : "%s/%s", directory, name);
	if (load_file(path, table))
		return true;
	clear(table);
	return false;
}

/* The offset that the last change to standard time leads to. */
static int32_t standard_offset(const struct timezone_table *table)
{
	for (size_t i = table->change_count; i > 0; i--)
		if (!table->types[table->change_types[i - 1]].summer)
			return table->types[table->change_types[i - 1]].offset;
	return 0;
}

/*
 * Gives TABLE the names and offsets of RULE, which does not say when its summer time is. All is as
 * in glibc: changes that are given in local time move by the difference of the standard offsets, or
 * where they end summer time, by all of its offset; later than the last change, the names and
 * offsets are those of TABLE's own rule.
 */
static void rename_types(struct timezone_table *table, const struct timezone_rule *rule)
{
	int32_t by_standard = rule->types[0].offset - standard_offset(table);
	bool summer = table->types[table->before].summer;

	table->before = summer;
	for (size_t i = 0; i < table->change_count; i++) {
		const struct timezone_type *type = &table->types[table->change_types[i]];
		bool in_summer = summer && !type->by_standard;

		if (!type->by_universal)
			table->changes[i] += in_summer ? rule->types[1].offset : by_standard;
		summer = type->summer;
		table->change_types[i] = summer;
	}
	memcpy(table->types, rule->types, sizeof rule->types);
	table->type_count = 2;
}

struct timezone_variables timezone_variables(char *const *environment)
{
	return (struct timezone_variables){
		.tz = environment_get(environment, "TZ"),
		.tzdir = environment_get(environment, "TZDIR"),
	};
}

void timezone_load(const struct timezone_variables *variables, struct timezone_table *table)
{
	const char *name = variables->tz, *directory = variables->tzdir;
	struct timezone_rule rule;

	if (directory == NULL || directory[0] == '\0')
		directory = ZONE_DIRECTORY;
	if (name == NULL)
		name = LOCAL_ZONE;
	else if (name[0] == '\0')
		name = "Universal";
	name += name[0] == ':';
	if (load_name(directory, name, table) || name[0] == '\0' || strcmp(name, LOCAL_ZONE) == 0)
		return;
	timezone_rule_read(name, &rule);
	if (rule.changes_unstated && load_name(directory, RULES_OF_ALL, table) &&
		table->type_count > 1) {
		rename_types(table, &rule);
		return;
	}
	clear(table);
	table->rule = rule;
	table->has_rule = true;
}

const struct timezone_type *timezone_at(const struct timezone_table *table, int64_t real_seconds)
{
	static const struct timezone_type utc = {.name = "UTC"};
	size_t after;

	if (table == NULL)
		return &utc;
	if (table->has_rule && (table->change_count == 0 ||
				       real_seconds >= table->changes[table->change_count - 1]))
		return timezone_rule_at(&table->rule, real_seconds);
	if (table->type_count == 0)
		return &utc;
	after = LOWER_BOUND(i, table->change_count, table->changes[i] <= real_seconds);
	return &table->types[after == 0 ? table->before : table->change_types[after - 1]];
}
