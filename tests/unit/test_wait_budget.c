/* SPDX-License-Identifier: Apache-2.0 */
/* With a clock of the test's own: nothing here waits. */
#include "core/base/wait_budget.h"

#include "core/base/clock.h"
#include "core/base/run_mark.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS 1000
#define PROCESSES 8
#define HOST "here"

static char directory[64];
static int64_t now_us;

static int read_clock(clockid_t clock, struct timespec *time)
{
	(void)clock;
	*time = (struct timespec){now_us / 1000000, now_us % 1000000 * 1000};
	return 0;
}

static int begin(void **state)
{
	(void)state;
	now_us = 1700000000000000;
	clock_use(read_clock);
	strcpy(directory, "/tmp/vigil-budget-XXXXXX");
	return mkdtemp(directory) == NULL ? -1 : 0;
}

static int end(void **state)
{
	DIR *entries = opendir(directory);
	struct dirent *entry;

	(void)state;
	while ((entry = readdir(entries)) != NULL)
		unlinkat(dirfd(entries), entry->d_name, 0);
	closedir(entries);
	return rmdir(directory);
}

static int count_marks(void)
{
	DIR *entries = opendir(directory);
	struct dirent *entry;
	int count = 0;

	while ((entry = readdir(entries)) != NULL)
		count += strncmp(entry->d_name, RUN_MARK_PREFIX, strlen(RUN_MARK_PREFIX)) == 0;
	closedir(entries);
	return count;
}

static uint64_t subject(const char *name)
{
	return wait_budget_subject("test", name, strlen(name));
}

/* How long NAME is waited for that does not answer, in milliseconds. */
static int64_t wait_in_vain(const char *name, int most_ms)
{
	struct budgeted_wait wait = {
		.subject = name == NULL ? 0 : subject(name), .most_ms = most_ms};
	int64_t left = wait_budget_left(&wait), began = now_us;

	for (int64_t next; left > 0; left = next) {
		now_us += left < MS ? left : MS;
		next = wait_budget_left(&wait);
		assert_true(next < left);
	}
	wait_budget_end(&wait, false);
	return (now_us - began) / MS;
}

/* NAME answers after so many milliseconds. */
static void is_answered(const char *name, int after_ms)
{
	struct budgeted_wait wait = {.subject = subject(name), .most_ms = 1000};

	assert_true(wait_budget_left(&wait) > after_ms * MS);
	now_us += after_ms * MS;
	assert_true(wait_budget_left(&wait) > 0);
	assert_false(wait_budget_end(&wait, true));
}

static void a_program_that_logs_by_itself_waits_as_it_likes(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(wait_in_vain("host", 1000), 1000);
	assert_int_equal(wait_in_vain("host", 0), 0);
}

static void a_guest_has_one_account(void **state)
{
	(void)state;
	wait_budget_open(NULL, HOST);
	assert_int_equal(wait_in_vain("one", 1000), WAIT_BUDGET_ONCE_MS);
	assert_int_equal(wait_in_vain("two", 1000),
		WAIT_BUDGET_MS - WAIT_BUDGET_LAST_MS - WAIT_BUDGET_ONCE_MS);
	assert_int_equal(wait_in_vain("three", 1000), 0);
	assert_int_equal(wait_in_vain(NULL, 1000), 0);
	wait_budget_for_last(false);
	assert_int_equal(wait_in_vain("three", 1000), WAIT_BUDGET_LAST_MS);
	assert_int_equal(wait_in_vain("four", 1000), 0);
}

static void all_that_is_left_is_the_last_events(void **state)
{
	(void)state;
	wait_budget_open(NULL, HOST);
	wait_budget_for_last(false);
	assert_int_equal(wait_in_vain("one", 1000), WAIT_BUDGET_MS);
	assert_int_equal(wait_in_vain("one", 1000), 0);
}

static void short_waits_are_taken_from_it_too(void **state)
{
	int64_t sum = 0;

	(void)state;
	wait_budget_open(NULL, HOST);
	for (int i = 0; i < 100; i++)
		sum += wait_in_vain(NULL, 20);
	wait_budget_for_last(false);
	for (int i = 0; i < 100; i++)
		sum += wait_in_vain(NULL, 20);
	assert_uint_in_range(sum, WAIT_BUDGET_MS - WAIT_BUDGET_LEAST_MS, WAIT_BUDGET_MS);
}

static void what_answers_costs_what_it_took(void **state)
{
	(void)state;
	wait_budget_open(directory, HOST);
	is_answered("host", 100);
	assert_int_equal(wait_in_vain("other", 1000), WAIT_BUDGET_MS - WAIT_BUDGET_LAST_MS - 100);
	assert_int_equal(count_marks(), 1);
}

static void it_grows_back_slowly(void **state)
{
	(void)state;
	wait_budget_open(NULL, HOST);
	wait_budget_for_last(false);
	assert_int_equal(wait_in_vain("one", 1000), WAIT_BUDGET_MS);
	now_us += (int64_t)(WAIT_BUDGET_LEAST_MS - 1) * WAIT_BUDGET_REGAINED * MS;
	assert_int_equal(wait_in_vain("one", 1000), 0);
	now_us += (int64_t)1 * WAIT_BUDGET_REGAINED * MS;
	assert_int_equal(wait_in_vain("one", 1000), WAIT_BUDGET_LEAST_MS);
	now_us += (int64_t)1000000 * WAIT_BUDGET_REGAINED * MS;
	assert_int_equal(wait_in_vain("one", 1000), WAIT_BUDGET_MS);
}

/* What TRY returns in a child. */
static int in_child(int (*try)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(try());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Whether it is known that NAME does not answer. */
static bool is_known_silent(const char *name)
{
	struct budgeted_wait wait = {.subject = subject(name), .most_ms = 1000};

	now_us += wait_budget_left(&wait);
	return wait_budget_end(&wait, false);
}

static void who_has_not_waited_knows_it_by_the_mark_alone(void **state)
{
	(void)state;
	wait_budget_open(directory, HOST);
	assert_true(is_known_silent("one"));
	assert_true(is_known_silent("two"));
	assert_false(is_known_silent("three")); /* nothing of the budget is left to learn it */
	wait_budget_open(directory, HOST);
	assert_true(is_known_silent("one"));
}

static int wait_for_one(void)
{
	return (int)wait_in_vain("one", 1000);
}

static int wait_for_two(void)
{
	return (int)wait_in_vain("two", 1000);
}

/* As a program does that was exec'd. */
static int begin_anew_for_one(void)
{
	wait_budget_open(directory, HOST);
	return wait_for_one();
}

static int begin_anew_for_two(void)
{
	wait_budget_open(directory, HOST);
	return wait_for_two();
}

static int begin_on_another_host(void)
{
	wait_budget_open(directory, "there");
	return wait_for_one();
}

static int begin_as_another_user(void)
{
	return setuid(12345) == 0 ? begin_anew_for_one() : 255;
}

static int end_of_child(void)
{
	wait_budget_for_last(false);
	return wait_for_two();
}

static int crash_of_child(void)
{
	wait_budget_for_last(true);
	return wait_for_two();
}

static void a_forked_child_goes_on_with_it(void **state)
{
	(void)state;
	wait_budget_open(NULL, HOST);
	assert_int_equal(in_child(wait_for_two), WAIT_BUDGET_ONCE_MS);
	assert_int_equal(wait_for_one(), WAIT_BUDGET_ONCE_MS);
	assert_int_equal(
		in_child(wait_for_two), WAIT_BUDGET_MS - WAIT_BUDGET_LAST_MS - WAIT_BUDGET_ONCE_MS);
	wait_for_two();
	assert_int_equal(in_child(wait_for_two), 0);
	assert_int_equal(in_child(end_of_child), 0);
	assert_int_equal(in_child(crash_of_child), WAIT_BUDGET_LAST_MS);
}

static void what_does_not_answer_one_keeps_no_other_waiting(void **state)
{
	(void)state;
	wait_budget_open(directory, HOST);
	assert_int_equal(wait_for_one(), WAIT_BUDGET_ONCE_MS);
	assert_int_equal(in_child(begin_anew_for_one), 0);
	assert_int_equal(in_child(begin_anew_for_two), WAIT_BUDGET_ONCE_MS);
	assert_int_equal(in_child(begin_anew_for_two), 0);
	assert_int_equal(in_child(begin_on_another_host), WAIT_BUDGET_ONCE_MS);
	assert_int_equal(count_marks(), 3);
}

static void nor_does_one_user_speak_for_another(void **state)
{
	(void)state;
	if (getuid() != 0)
		skip();
	assert_int_equal(chmod(directory, 0777), 0);
	assert_int_equal(begin_anew_for_one(), WAIT_BUDGET_ONCE_MS);
	assert_int_equal(in_child(begin_as_another_user), WAIT_BUDGET_ONCE_MS);
	assert_int_equal(in_child(begin_as_another_user), 0);
	assert_int_equal(in_child(begin_anew_for_one), 0);
}

static void too_little_time_makes_no_mark(void **state)
{
	(void)state;
	wait_budget_open(directory, HOST);
	wait_in_vain("one", 1000);
	wait_in_vain("two", 1000);
	assert_int_equal(count_marks(), 2);
	wait_in_vain("three", 1000);
	assert_int_equal(count_marks(), 2);
	assert_int_equal(wait_in_vain(NULL, 20), 0);
}

/* Of PROCESSES that come one after the other, how many wait. */
static int count_who_try(void)
{
	int count = 0;

	for (int i = 0; i < PROCESSES; i++)
		count += in_child(begin_anew_for_one) > 0;
	return count;
}

static void after_a_while_one_tries_again(void **state)
{
	(void)state;
	wait_budget_open(directory, HOST);
	wait_for_one();
	assert_int_equal(count_who_try(), 0);
	now_us += (int64_t)WAIT_BUDGET_RETRY_LEAST_MS * MS;
	assert_int_equal(count_who_try(), 1);
	now_us += (int64_t)WAIT_BUDGET_RETRY_LEAST_MS * MS;
	assert_int_equal(count_who_try(), 1);
	/* It was twice as old then. */
	now_us += (int64_t)WAIT_BUDGET_RETRY_LEAST_MS * MS;
	assert_int_equal(count_who_try(), 0);
	now_us += (int64_t)WAIT_BUDGET_RETRY_MOST_MS * MS;
	assert_int_equal(count_who_try(), 1);
}

static int is_answered_in_child(void)
{
	wait_budget_open(directory, HOST);
	is_answered("one", 100);
	return 0;
}

static void what_answers_again_is_waited_for_again(void **state)
{
	(void)state;
	wait_budget_open(directory, HOST);
	wait_for_one();
	now_us += (int64_t)WAIT_BUDGET_RETRY_LEAST_MS * MS;
	assert_int_equal(in_child(is_answered_in_child), 0);
	assert_int_equal(count_marks(), 0);
	assert_int_equal(count_who_try(), 1); /* which makes a mark */
}

/* A process without a budget does not take the turn of one that has one. */
static void who_cannot_wait_does_not_take_the_turn(void **state)
{
	(void)state;
	wait_budget_open(directory, HOST);
	wait_for_one();
	wait_for_two();
	now_us += (int64_t)WAIT_BUDGET_RETRY_LEAST_MS * MS;
	assert_int_equal(wait_for_one(), 0);
	assert_int_equal(count_who_try(), 1);
}

static void without_a_directory_each_has_its_own(void **state)
{
	(void)state;
	assert_int_equal(rmdir(directory), 0);
	for (int i = 0; i < 2; i++) {
		wait_budget_open(directory, HOST);
		assert_int_equal(wait_for_one(), WAIT_BUDGET_ONCE_MS);
	}
	assert_int_equal(mkdir(directory, 0700), 0);
	wait_budget_open(directory, HOST);
	wait_budget_without_marks();
	assert_int_equal(wait_for_one(), WAIT_BUDGET_ONCE_MS);
	assert_int_equal(count_marks(), 0);
}

#define WAIT_BUDGET_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

UNIT_TESTS(WAIT_BUDGET_TEST(a_program_that_logs_by_itself_waits_as_it_likes),
	WAIT_BUDGET_TEST(a_guest_has_one_account),
	WAIT_BUDGET_TEST(all_that_is_left_is_the_last_events),
	WAIT_BUDGET_TEST(short_waits_are_taken_from_it_too),
	WAIT_BUDGET_TEST(what_answers_costs_what_it_took), WAIT_BUDGET_TEST(it_grows_back_slowly),
	WAIT_BUDGET_TEST(a_forked_child_goes_on_with_it),
	WAIT_BUDGET_TEST(what_does_not_answer_one_keeps_no_other_waiting),
	WAIT_BUDGET_TEST(nor_does_one_user_speak_for_another),
	WAIT_BUDGET_TEST(too_little_time_makes_no_mark),
	WAIT_BUDGET_TEST(who_has_not_waited_knows_it_by_the_mark_alone),
	WAIT_BUDGET_TEST(after_a_while_one_tries_again),
	WAIT_BUDGET_TEST(what_answers_again_is_waited_for_again),
	WAIT_BUDGET_TEST(who_cannot_wait_does_not_take_the_turn),
	WAIT_BUDGET_TEST(without_a_directory_each_has_its_own))
