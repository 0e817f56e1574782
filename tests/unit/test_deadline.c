/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/deadline.h"

#include <time.h>

#include "core/base/clock.h"
#include "tests/unit/unit.h"

static int64_t fake_us;

static int fake_clock(clockid_t clock, struct timespec *time)
{
	(void)clock;
	*time = (struct timespec){fake_us / 1000000, fake_us % 1000000 * 1000};
	return 0;
}

static int moving_clock(clockid_t clock, struct timespec *time)
{
	fake_us++;
	return fake_clock(clock, time);
}

static int back_to_real_clock(void **state)
{
	(void)state;
	clock_use(clock_gettime);
	return 0;
}

static void is_over_when_the_clock_says_so(void **state)
{
	struct deadline deadline;

	(void)state;
	fake_us = 5000000;
	clock_use(fake_clock);
	deadline = deadline_in(3);
	assert_int_equal(deadline.until_us, 5003000);
	fake_us = 5002999;
	assert_false(deadline_is_over(&deadline));
	fake_us = 5003000;
	assert_true(deadline_is_over(&deadline));
}

static void is_over_when_the_clock_stands_still(void **state)
{
	struct deadline deadline;
	unsigned looks = 0;

	(void)state;
	clock_use(fake_clock);
	deadline = deadline_in(1000);
	while (!deadline_is_over(&deadline))
		assert_true(looks++ < 1000000);
	assert_true(looks > 100);
}

static void goes_on_while_the_clock_moves(void **state)
{
	struct deadline deadline;

	(void)state;
	clock_use(moving_clock);
	deadline = deadline_in(1000);
	for (int i = 0; i < 100000; i++)
		assert_false(deadline_is_over(&deadline));
}

static void a_wait_ends_with_the_word_or_the_deadline(void **state)
{
	struct deadline deadline = deadline_in(1);
	_Atomic int word = 3;

	(void)state;
	assert_true(deadline_wait(&deadline, &word, 4));
	assert_false(deadline_wait(&deadline, &word, 3));
	assert_true(instant_now().mono_us >= deadline.until_us);
}

#define CLOCK_TEST(test) cmocka_unit_test_setup_teardown(test, NULL, back_to_real_clock)

UNIT_TESTS(CLOCK_TEST(is_over_when_the_clock_says_so),
	CLOCK_TEST(is_over_when_the_clock_stands_still), CLOCK_TEST(goes_on_while_the_clock_moves),
	cmocka_unit_test(a_wait_ends_with_the_word_or_the_deadline))
