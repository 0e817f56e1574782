/* SPDX-License-Identifier: Apache-2.0 */
/* 500 processes crash at the same instant into one file: nothing is lost, nothing torn. */
#include "tests/support/run.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka.h"

#define CRASHERS 500

static size_t count_lives(const struct run *run, const char *wanted)
{
	const struct told *told = &run->told;
	char life[TOLD_LIFE_MAX];
	size_t count = 0;

	for (size_t i = 0; i < told->count; i++) {
		if (i && told->events[i - 1].pid == told->events[i].pid)
			continue;
		told_life(told, told->events[i].pid, life, sizeof life);
		count += !strcmp(life, wanted);
	}
	return count;
}

static void every_one_of_500_crashes_is_told(void **state)
{
	const char *const command[] = {VICTIM("storm"), "all", "500", NULL};
	const struct run_how how = {.timeout_s = 60};
	struct run bare, watched;

	(void)state;
	run_bare(&bare, &how, command);
	run_watched(&watched, &how, command);

	assert_same_outcome(&bare, &watched);
	assert_events(&watched, "INIT", "RUNNING", "SUCCEEDED return 0");
	assert_every_process_ended(&watched, 0);
	assert_int_equal(
		count_lives(&watched, "INIT, RUNNING, FAILED SIGSEGV SEGV_MAPERR"), CRASHERS);
	assert_int_equal(watched.told.files, 1);
	run_free(&bare);
	run_free(&watched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_one_of_500_crashes_is_told)};

	return cmocka_run_group_tests_name("storm", tests, NULL, NULL);
}
