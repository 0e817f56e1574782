/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/format/asctime.h"

#include "tests/unit/unit.h"

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Years of two digits are what is compared here. */
#pragma GCC diagnostic ignored "-Wformat-y2k"

static void dates_are_strftimes_over_many_years(void **state)
{
	static const char datefmt[] =
		"%a %A %b %B %c %C %d %D %e %F %h %H %I %j %k %l %m %M %n %p %P %r %R %s %S %t %T "
		"%u %w %x %X %y %Y %%";
	struct log_clock clock = {0};
	char expected[512], buffer[512];
	struct text text;

	(void)state;
	setlocale(LC_ALL, "C");
	setenv("TZ", "UTC0", 1);
	for (int64_t seconds = -90000000000 / 20; seconds < 9000000000;
		seconds += 86400 * 3 + 7207) {
		time_t time = (time_t)seconds;
		struct tm tm;

		gmtime_r(&time, &tm);
		assert_true(strftime(expected, sizeof expected, datefmt, &tm) > 0);
		text_init(&text, buffer, sizeof buffer);
		asctime_add(&text, &clock, seconds * 1000000, 0, datefmt);
		assert_string_equal(buffer, expected);
	}
}

static void assert_time(struct log_clock *clock, int64_t seconds, const char *expected)
{
	char buffer[64];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	asctime_add(&text, clock, seconds * 1000000, 7, "%F %T %z %Z");
	assert_string_equal(buffer, expected);
}

static void each_time_has_its_own_offset(void **state)
{
	struct timezone_table zone;
	struct log_clock clock = {.zone = &zone};

	(void)state;
	timezone_load(&(struct timezone_variables){.tz = "XST-17"}, &zone);
	assert_time(&clock, 735379380, "1993-04-22 01:03:00 +1700 XST");
	timezone_load(&(struct timezone_variables){.tz = "EST5EDT,M3.2.0,M11.1.0"}, &zone);
	assert_time(&clock, 1331380800, "2012-03-10 07:00:00 -0500 EST");
	assert_time(&clock, 1331449199, "2012-03-11 01:59:59 -0500 EST");
	assert_time(&clock, 1331449200, "2012-03-11 03:00:00 -0400 EDT");
	assert_time(&clock, -1, "1969-12-31 18:59:59 -0500 EST");
}

/* Of MOMENT, a number of seconds, by CLOCK in a buffer of SIZE bytes. */
static void assert_default(
	struct log_clock *clock, int64_t moment, size_t size, const char *expected)
{
	char buffer[64];
	struct text text;

	text_init(&text, buffer, size);
	asctime_add(&text, clock, moment * 1000000, 7, NULL);
	assert_string_equal(buffer, expected);
}

static void the_second_that_is_kept_is_the_right_one(void **state)
{
	static const char at_0[] = "1970-01-01 00:00:00,007", at_1[] = "1970-01-01 00:00:01,007";
	struct log_clock clock = {0};
	unsigned version;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_default(&clock, 0, 64, at_0);
		assert_default(&clock, 0, 64, at_0);
		assert_default(&clock, 0, 12, "1970-01-01 ");
		assert_default(&clock, 1, 64, at_1);
		assert_default(&clock, -1, 64, "1969-12-31 23:59:59,007");
		/* Years of other lengths, and what was cut to the length of a usual one. */
		assert_default(&clock, 253402300800, 21, "10000-01-01 00:00:00");
		for (int again = 0; again < 2; again++)
			assert_default(&clock, 253402300800, 64, "10000-01-01 00:00:00,007");
		for (int again = 0; again < 2; again++)
			assert_default(&clock, -30610224001, 64, "999-12-31 23:59:59,007");
	}
	/* Somebody is changing it. */
	version = ++clock.cache.version;
	assert_default(&clock, 0, 64, at_0);
	assert_default(&clock, 1, 64, at_1);
	assert_int_equal(clock.cache.version, version);
}

static void *emit_the_time(void *clock)
{
	char buffer[64], expected[] = "1970-01-01 00:00:0x,007";
	struct text text;

	for (int i = 0; i < 20000; i++) {
		expected[18] = (char)('0' + i / 3 % 10);
		text_init(&text, buffer, sizeof buffer);
		asctime_add(&text, clock, i / 3 % 10 * 1000000, 7, NULL);
		if (strcmp(buffer, expected) != 0)
			return clock;
	}
	return NULL;
}

static void threads_share_what_is_kept(void **state)
{
	static struct log_clock clock;
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < sizeof threads / sizeof *threads; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, emit_the_time, &clock), 0);
	for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	assert_int_equal(clock.cache.version % 2, 0);
	assert_true(clock.cache.version > 0);
}

UNIT_TESTS(cmocka_unit_test(dates_are_strftimes_over_many_years),
	cmocka_unit_test(each_time_has_its_own_offset),
	cmocka_unit_test(the_second_that_is_kept_is_the_right_one),
	cmocka_unit_test(threads_share_what_is_kept))
