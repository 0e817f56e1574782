/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/timezone.h"

#include "tests/unit/unit.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DAY 86400
#define YEAR ((int64_t)31556952)

/* The table goes by its counts alone. */
static void load(const char *tz, struct timezone_table *ret)
{
	memset(ret, 0xa5, sizeof *ret);
	timezone_load(tz, ret);
}

static bool is_same_at(const struct timezone_table *table, const char *tz, int64_t seconds)
{
	const struct timezone_type *ours = timezone_at(table, seconds);
	time_t time = (time_t)seconds;
	struct tm tm;
	bool is_same;

	localtime_r(&time, &tm);
	is_same = ours->offset == tm.tm_gmtoff && strcmp(ours->name, tm.tm_zone) == 0 &&
		  ours->summer == (tm.tm_isdst > 0);
	if (!is_same)
		print_error("TZ=%s at %lld: %d %s, libc: %ld %s\n", tz, (long long)seconds,
			ours->offset, ours->name, tm.tm_gmtoff, tm.tm_zone);
	return is_same;
}

/* libc's own localtime is the reference: every STEP seconds, and on both sides of each change. What
 * glibc makes of one rule may depend on those that it has read before. */
static void assert_as_localtime(const char *tz, int64_t since, int64_t until, int64_t step)
{
	struct timezone_table table;
	bool same = true;
	int status;
	pid_t child = fork();

	if (child != 0) {
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		return;
	}
	setenv("TZ", tz, 1);
	tzset();
	load(tz, &table);
	for (int64_t seconds = since; seconds < until; seconds += step)
		same = same && is_same_at(&table, tz, seconds);
	for (size_t i = 0; i < table.change_count; i++)
		for (int64_t aside = -1; aside <= 1; aside++)
			same = same && is_same_at(&table, tz, table.changes[i] + aside);
	_exit(same ? 0 : 1);
}

static void rules_are_as_in_libc_every_five_days_of_many_years(void **state)
{
	static const char *const rules[] = {"UTC0", "EST5EDT", "CET-1CEST,M3.5.0,M10.5.0/3",
		"<+0330>-3:30", "AEST-10AEDT,M10.1.0,M4.1.0/3", "EST5EDT,J60/0,J300/12:30:15",
		"XXX3YYY,59,300", "EST+05EDT,M3.2.0,M11.1.0", "AAA5BBB", "AAA-1BBB", "AAA-1BBB-3",
		"AAA12BBB11:30"};

	(void)state;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		assert_as_localtime(rules[i], -70 * YEAR, 200 * YEAR, 5 * DAY + 1801);
}

static void zone_files_are_as_in_libc(void **state)
{
	static const char *const names[] = {"Europe/Berlin", "America/New_York", "Asia/Kolkata",
		"Australia/Lord_Howe", ":Europe/London", "Europe/Dublin", "Africa/Casablanca",
		"Asia/Gaza", "Asia/Hebron", "Asia/Kathmandu", "Pacific/Apia", "Etc/UTC",
		"Europe/Vilnius", ":/usr/share/zoneinfo/Africa/Monrovia"};

	(void)state;
	if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) < 0)
		skip();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_as_localtime(names[i], -170 * YEAR, 200 * YEAR, 9 * DAY + 3601);
}

static void assert_utc(const char *tz)
{
	struct timezone_table table;

	load(tz, &table);
	assert_int_equal(timezone_at(&table, 1700000000)->offset, 0);
	assert_string_equal(timezone_at(&table, 1700000000)->name, "UTC");
	assert_false(timezone_at(&table, 1700000000)->summer);
}

static void what_is_no_zone_is_utc(void **state)
{
	static const char *const none[] = {"", ":", "nonsense", "../../etc/passwd", "/etc/passwd",
		"A1", "EST5EDT,", "EST5EDT,M13.1.0,M1.1.0", "EST999", "<+3"};
	static const struct timezone_table zero;

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_utc(none[i]);
	assert_string_equal(timezone_at(&zero, 0)->name, "UTC");
}

static void add_number(FILE *file, uint32_t number)
{
	number = htobe32(number);
	fwrite(&number, sizeof number, 1, file);
}

struct zone_file {
	uint32_t times, types;
	unsigned char kinds,
		name; /* the first change's type, and where the second type's name is */
};

/* A file of version 1: a change each hour from 1970 on, to types 0 and 1 in turn. */
static void write_zone(const char *path, const struct zone_file *zone)
{
	static const char names[] = "ODD\0EVEN\0ABCDEFGHIJKLMNO";
	const uint32_t counts[] = {0, 0, 0, zone->times, zone->types, sizeof names - 1};
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fwrite("TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, 1, file);
	for (size_t i = 0; i < 6; i++)
		add_number(file, counts[i]);
	for (uint32_t i = 0; i < zone->times; i++)
		add_number(file, i * 3600);
	for (uint32_t i = 0; i < zone->times; i++)
		fputc(i == 0 ? zone->kinds : i % 2, file);
	for (uint32_t i = 0; i < zone->types; i++) {
		add_number(file, i * 60);
		fputc(0, file);
		fputc(i == 0 ? 0 : zone->name, file);
	}
	fwrite(names, sizeof names - 1, 1, file);
	assert_int_equal(fclose(file), 0);
}

static void a_file_with_too_many_changes_has_the_last_ones(void **state)
{
	char path[] = "/tmp/vigil-zone-XXXXXX";
	struct timezone_table table;

	(void)state;
	close(mkstemp(path));
	write_zone(path, &(struct zone_file){.times = 1000, .types = 2, .name = 4});
	load(path, &table);
	assert_int_equal(table.change_count, TIMEZONE_CHANGES_MOST);
	assert_string_equal(timezone_at(&table, 999 * 3600)->name, "EVEN");
	assert_string_equal(timezone_at(&table, 998 * 3600 + 3599)->name, "ODD");
	assert_int_equal(
		timezone_at(&table, (1000 - TIMEZONE_CHANGES_MOST) * 3600 - 1)->offset, 60);
	assert_int_equal(timezone_at(&table, (1000 - TIMEZONE_CHANGES_MOST) * 3600)->offset, 0);
	unlink(path);
}

static void a_name_that_does_not_fit_is_cut(void **state)
{
	char path[] = "/tmp/vigil-zone-XXXXXX";
	struct timezone_table table;

	(void)state;
	close(mkstemp(path));
	write_zone(path, &(struct zone_file){.times = 2, .types = 2, .name = 9});
	load(path, &table);
	assert_string_equal(timezone_at(&table, 3600)->name, "ABCDEFGHIJK");
	unlink(path);
}

static void a_file_that_contradicts_itself_is_none(void **state)
{
	static const struct zone_file bad[] = {
		{.times = 2, .types = 2, .kinds = 2},
		{.times = 2, .types = 2, .name = 24},
		{.times = 2, .types = 257},
		{.times = 2, .types = 0},
	};
	char path[] = "/tmp/vigil-zone-XXXXXX";

	(void)state;
	close(mkstemp(path));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		write_zone(path, &bad[i]);
		assert_utc(path);
	}
	unlink(path);
}

UNIT_TESTS(cmocka_unit_test(rules_are_as_in_libc_every_five_days_of_many_years),
	cmocka_unit_test(zone_files_are_as_in_libc), cmocka_unit_test(what_is_no_zone_is_utc),
	cmocka_unit_test(a_file_with_too_many_changes_has_the_last_ones),
	cmocka_unit_test(a_name_that_does_not_fit_is_cut),
	cmocka_unit_test(a_file_that_contradicts_itself_is_none))
