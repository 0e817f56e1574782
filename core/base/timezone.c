/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/timezone.h"

#include "core/base/proc.h"
#include "core/base/text.h"

#include <endian.h>
#include <limits.h>
#include <string.h>

#define ZONE_DIRECTORY "/usr/share/zoneinfo"
#define FILE_MOST 32768

/* The counts at the head of a part of a TZif file, and where its tables begin. */
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
	/* A change says its type in one byte. */
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

/* PART, whose times are WIDTH bytes each. False when it contradicts itself. */
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
	return true;
}

/* Behind the last change the rule in the footer holds: "\nCET-1CEST,…\n". */
static void load_footer(char *at, const char *end, struct timezone_table *table)
{
	char *newline =
		at < end && *at == '\n' ? memchr(at + 1, '\n', (size_t)(end - at - 1)) : NULL;

	if (newline == NULL)
		return;
	*newline = '\0';
	table->has_rule = timezone_rule_read(at + 1, &table->rule);
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

/* The file that NAME, a value of TZ, stands for, in PATH; "" if for none. */
static void find_file(const char *name, char *path, size_t size)
{
	if (name == NULL)
		text_format(path, size, "/etc/localtime");
	else if (name[0] == '\0' || strstr(name, "..") != NULL)
		path[0] = '\0';
	else
		text_format(path, size, name[0] == '/' ? "%.0s%s" : "%s/%s", ZONE_DIRECTORY, name);
}

void timezone_load(const char *name, struct timezone_table *table)
{
	char path[PATH_MAX];

	/* What the counts leave out is not touched: most of it. */
	table->type_count = 0;
	table->change_count = 0;
	table->has_rule = false;
	table->rule_from = INT64_MIN;
	if (name != NULL && name[0] == ':')
		name++;
	find_file(name, path, sizeof path);
	if (!load_file(path, table) && name != NULL)
		table->has_rule = timezone_rule_read(name, &table->rule);
}

const struct timezone_type *timezone_at(const struct timezone_table *table, int64_t real_seconds)
{
	static const struct timezone_type utc = {.name = "UTC"};
	size_t low = 0, high = table == NULL ? 0 : table->change_count;

	if (table == NULL)
		return &utc;
	if (table->has_rule && real_seconds >= table->rule_from)
		return timezone_rule_at(&table->rule, real_seconds);
	if (table->type_count == 0)
		return &utc;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (table->changes[middle] <= real_seconds)
			low = middle + 1;
		else
			high = middle;
	}
	return &table->types[low == 0 ? table->before : table->change_types[low - 1]];
}
