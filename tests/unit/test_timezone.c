/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/timezone.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* libc's own localtime is the reference. */
static void assert_as_localtime(const char *tz, int64_t seconds)
{
	time_t time = (time_t)seconds;
	struct tm tm;
	char zone[16];
	int32_t offset;

	setenv("TZ", tz, 1);
	tzset();
	localtime_r(&time, &tm);
	offset = timezone_offset(tz, seconds, zone, sizeof zone);
	if (offset != tm.tm_gmtoff)
		print_error("TZ=%s at %lld\n", tz, (long long)seconds);
	assert_int_equal(offset, tm.tm_gmtoff);
	assert_string_equal(zone, tm.tm_zone);
}

/* A table that was loaded long before is asked. */
static void assert_table_as_localtime(const char *tz, int64_t since, int64_t until)
{
	struct timezone_table table;

	setenv("TZ", tz, 1);
	tzset();
	timezone_load(tz, since, &table);
	for (int64_t seconds = since; seconds < until; seconds += 3 * 86400 + 1801) {
		time_t time = (time_t)seconds;
		struct tm tm;
		bool summer;

		localtime_r(&time, &tm);
		if (timezone_at(&table, seconds, &summer) != tm.tm_gmtoff ||
			summer != (tm.tm_isdst > 0))
			fail_msg("TZ=%s at %lld", tz, (long long)seconds);
	}
}

static void tables_are_as_in_libc(void **state)
{
	static const char *const names[] = {"Europe/Berlin", "America/New_York", "Asia/Kolkata",
		"Australia/Lord_Howe", ":Europe/London", "Europe/Dublin", "UTC0", "nonsense",
		"EST+05EDT,M3.2.0,M11.1.0", "AEST-10AEDT,M10.1.0,M4.1.0/3"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_table_as_localtime(names[i], 1700000000, 4000000000);
		assert_table_as_localtime(names[i], 1000000000, 2400000000);
	}
}

static void rules_are_as_in_libc_every_five_days_of_many_years(void **state)
{
	static const char *const rules[] = {"UTC0", "EST5EDT", "CET-1CEST,M3.5.0,M10.5.0/3",
		"<+0330>-3:30", "AEST-10AEDT,M10.1.0,M4.1.0/3", "EST5EDT,J60/0,J300/12:30:15",
		"XXX3YYY,59,300"};

	(void)state;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		for (int64_t seconds = 86400; seconds < 4000000000; seconds += 5 * 86400 + 1801)
			assert_as_localtime(rules[i], seconds);
}

static void zone_files_are_as_in_libc(void **state)
{
	static const char *const names[] = {"Europe/Berlin", "America/New_York", "Asia/Kolkata",
		"Australia/Lord_Howe", ":Europe/London", "Africa/Casablanca"};

	(void)state;
	if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) < 0)
		skip();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		for (int64_t seconds = 0; seconds < 4000000000; seconds += 9 * 86400 + 3601)
			assert_as_localtime(names[i], seconds);
}

static void what_is_no_zone_is_utc(void **state)
{
	static const char *const none[] = {"", ":", "nonsense", "../../etc/passwd", "/etc/passwd",
		"A1", "EST5EDT,", "EST5EDT,M13.1.0,M1.1.0", "EST999", "<+3"};
	char zone[16];

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		assert_int_equal(timezone_offset(none[i], 1700000000, zone, sizeof zone), 0);
		assert_string_equal(zone, "UTC");
	}
}

static void a_name_that_does_not_fit_is_cut(void **state)
{
	char zone[3];
	int32_t offset;

	(void)state;
	assert_true(timezone_by_rule("CET-1", 0, &offset, zone, sizeof zone));
	assert_int_equal(offset, 3600);
	assert_string_equal(zone, "CE");
}

UNIT_TESTS(cmocka_unit_test(rules_are_as_in_libc_every_five_days_of_many_years),
	cmocka_unit_test(zone_files_are_as_in_libc), cmocka_unit_test(what_is_no_zone_is_utc),
	cmocka_unit_test(tables_are_as_in_libc), cmocka_unit_test(a_name_that_does_not_fit_is_cut))
