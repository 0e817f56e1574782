/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/timezone.h"

#include "core/base/proc.h"
#include "core/base/text.h"

#include <limits.h>
#include <string.h>

#define ZONE_DIRECTORY "/usr/share/zoneinfo"
#define FILE_MOST 32768
bool timezone_by_rule(
	const char *text, int64_t real_seconds, int32_t *ret_offset, char *zone, size_t size)
{
	struct timezone_rule rule;
	bool summer;

	if (!timezone_rule_read(text, &rule))
		return false;
	summer = timezone_rule_is_summer(&rule, real_seconds);
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
	char data[FILE_MOST];
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

int32_t timezone_offset(const char *name, int64_t real_seconds, char *zone, size_t size)
{
	char path[PATH_MAX];
	int32_t offset = 0;

	text_format(zone, size, "UTC");
	if (name != NULL && name[0] == ':')
		name++;
	find_file(name, path, sizeof path);
	if (!by_file(path, real_seconds, &offset, zone, size) && name != NULL)
		timezone_by_rule(name, real_seconds, &offset, zone, size);
	return offset;
}

static void add_change(struct timezone_table *table, int64_t at, const unsigned char *type)
{
	if (table->count < TIMEZONE_CHANGES_MOST)
		table->changes[table->count++] = (struct timezone_change){
			.at = at,
			.offset = (int32_t)big_endian(type, 4),
			.summer = type[4] != 0,
		};
}

/* What PART, whose times are WIDTH bytes each, says from SINCE on. */
static void load_changes(
	const struct part *part, size_t width, int64_t since, struct timezone_table *table)
{
	const unsigned char *indexes = part->data + part->times * width;
	const unsigned char *types = indexes + part->times;
	uint32_t next = 0;

	while (next < part->times && big_endian(part->data + next * width, (int)width) <= since)
		next++;
	for (uint32_t i = next == 0 ? 0 : next - 1; i < part->times; i++) {
		if (indexes[i] >= part->types)
			return;
		if (i == 0)
			add_change(table, INT64_MIN, types);
		add_change(table, big_endian(part->data + i * width, (int)width),
			types + 6 * (size_t)indexes[i]);
	}
	if (part->times == 0)
		add_change(table, INT64_MIN, types);
	else
		table->rule_from = big_endian(part->data + (part->times - 1) * width, (int)width);
}

static bool load_file(const char *path, int64_t since, struct timezone_table *table)
{
	char data[FILE_MOST];
	ssize_t length = file_read(path, data, sizeof data);
	const unsigned char *begin = (const unsigned char *)data, *end = begin + length;
	struct part part, wide;
	char *rule, *newline;

	if (length < 0 || !read_part(begin, end, 4, &part))
		return false;
	if (data[4] < '2' || !read_part(part.end, end, 8, &wide)) {
		load_changes(&part, 4, since, table);
		return true;
	}
	load_changes(&wide, 8, since, table);
	rule = (char *)wide.end;
	newline =
		wide.end < end ? memchr(rule + 1, '\n', (size_t)(data + length - rule - 1)) : NULL;
	if (newline != NULL && *rule == '\n') {
		*newline = '\0';
		table->has_rule = timezone_rule_read(rule + 1, &table->rule);
	}
	return true;
}

void timezone_load(const char *name, int64_t since, struct timezone_table *ret_table)
{
	char path[PATH_MAX];

	memset(ret_table, 0, sizeof *ret_table);
	ret_table->rule_from = INT64_MIN;
	if (name != NULL && name[0] == ':')
		name++;
	find_file(name, path, sizeof path);
	if (!load_file(path, since, ret_table) && name != NULL)
		ret_table->has_rule = timezone_rule_read(name, &ret_table->rule);
}

int32_t timezone_at(const struct timezone_table *table, int64_t real_seconds, bool *ret_summer)
{
	struct timezone_change now = {0};

	if (table->has_rule && real_seconds >= table->rule_from) {
		*ret_summer = timezone_rule_is_summer(&table->rule, real_seconds);
		return table->rule.offset[*ret_summer];
	}
	for (size_t i = 0; i < table->count && table->changes[i].at <= real_seconds; i++)
		now = table->changes[i];
	*ret_summer = now.summer;
	return now.offset;
}
