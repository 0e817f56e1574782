/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/run_mark.h"

#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES 16

static char directory[64];

static int begin(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/vigil-run-mark-XXXXXX");
	return mkdtemp(directory) == NULL ? -1 : 0;
}

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/" RUN_MARK_PREFIX "%s", directory, name);
	return path;
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

/* As if NAME had been made and renewed so many seconds ago. */
static void set_age(const char *name, time_t made, time_t renewed)
{
	struct timespec now, times[2];

	clock_gettime(CLOCK_REALTIME, &now);
	times[0] = times[1] = now;
	times[0].tv_sec -= made;
	times[1].tv_sec -= renewed;
	assert_int_equal(utimensat(AT_FDCWD, path_of(name), times, 0), 0);
}

static void the_first_one_makes_it(void **state)
{
	struct stat status;

	(void)state;
	assert_int_equal(stat(path_of("mark"), &status), -1);
	assert_int_equal(run_mark_make(directory, "mark"), 1);
	assert_int_equal(run_mark_make(directory, "mark"), 0);
	assert_int_equal(run_mark_make(directory, "other.mark_2"), 1);
	assert_int_equal(stat(path_of("mark"), &status), 0);
	assert_int_equal(status.st_size, 0);
	assert_true(labs(time(NULL) - status.st_mtime) <= 60);
}

static void one_that_is_taken_away_can_be_made_again(void **state)
{
	(void)state;
	assert_int_equal(run_mark_make(directory, "mark"), 1);
	assert_int_equal(run_mark_remove(directory, "mark"), 0);
	assert_int_equal(run_mark_remove(directory, "mark"), -ENOENT);
	assert_int_equal(run_mark_make(directory, "mark"), 1);
}

static void where_none_can_be_made_the_error_is_the_answer(void **state)
{
	char most[RUN_MARK_NAME_MOST + 2];

	(void)state;
	memset(most, 'm', sizeof most);
	most[RUN_MARK_NAME_MOST] = '\0';
	assert_int_equal(run_mark_make(directory, most), 1);
	most[RUN_MARK_NAME_MOST] = 'm';
	most[RUN_MARK_NAME_MOST + 1] = '\0';
	assert_int_equal(run_mark_make(directory, most), -EINVAL);
	assert_int_equal(run_mark_make(directory, "../mark"), -EINVAL);
	assert_int_equal(run_mark_make(directory, ""), -EINVAL);
	assert_int_equal(run_mark_make("tmp", "mark"), -EINVAL);
	assert_int_equal(run_mark_make("/nothing/here", "mark"), -ENOENT);
	assert_int_equal(run_mark_make("/dev/null", "mark"), -ENOTDIR);
	/* The kernel lets nobody make a file there. */
	assert_true(run_mark_make("/proc/self", "mark") < 0);
	assert_int_equal(run_mark_renew(directory, "mark", 1, 1), -ENOENT);
}

static void a_link_is_not_followed(void **state)
{
	struct stat status;
	char target[128];

	(void)state;
	snprintf(target, sizeof target, "%s/target", directory);
	assert_int_equal(symlink(target, path_of("mark")), 0);
	assert_int_equal(run_mark_make(directory, "mark"), 0);
	assert_int_equal(stat(target, &status), -1);
	assert_int_equal(run_mark_renew(directory, "mark", 0, 0), 0);
}

static void it_is_renewed_at_longer_and_longer_intervals(void **state)
{
	(void)state;
	run_mark_make(directory, "mark");
	assert_int_equal(run_mark_renew(directory, "mark", 50000, 600000), 0);
	set_age("mark", 51, 51);
	assert_int_equal(run_mark_renew(directory, "mark", 50000, 600000), 1);
	assert_int_equal(run_mark_renew(directory, "mark", 50000, 600000), 0);
	/* It was 200 s old when it was last renewed. */
	set_age("mark", 300, 100);
	assert_int_equal(run_mark_renew(directory, "mark", 50000, 600000), 0);
	set_age("mark", 401, 201);
	assert_int_equal(run_mark_renew(directory, "mark", 50000, 600000), 1);
	set_age("mark", 9601, 601);
	assert_int_equal(run_mark_renew(directory, "mark", 50000, 600000), 1);
}

static void a_clock_that_was_set_back_does_not_stop_it(void **state)
{
	(void)state;
	run_mark_make(directory, "mark");
	set_age("mark", -1000, -1000);
	assert_int_equal(run_mark_renew(directory, "mark", 50000, 600000), 1);
	assert_int_equal(run_mark_renew(directory, "mark", 50000, 600000), 0);
}

static void who_holds_its_lock_renews_it(void **state)
{
	int fd;

	(void)state;
	run_mark_make(directory, "mark");
	set_age("mark", 100, 100);
	fd = open(path_of("mark"), O_RDONLY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(run_mark_renew(directory, "mark", 50000, 600000), 0);
	close(fd);
	assert_int_equal(run_mark_renew(directory, "mark", 50000, 600000), 1);
}

static int make_mark(void)
{
	return run_mark_make(directory, "mark");
}

static int renew_mark(void)
{
	return run_mark_renew(directory, "mark", 50000, 600000);
}

/* How many of PROCESSES that begin together get 1. */
static int count_of(int (*try)(void))
{
	int gate[2], count = 0;

	assert_int_equal(pipe(gate), 0);
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0) {
			char byte;

			close(gate[1]);
			_exit(read(gate[0], &byte, 1) == 0 ? try() : 2);
		}
	close(gate[0]);
	close(gate[1]);
	for (int i = 0; i < PROCESSES; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
		count += WEXITSTATUS(status);
	}
	return count;
}

static void one_of_many_processes_makes_it_and_one_renews_it(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(count_of(make_mark), 1);
		set_age("mark", 100, 100);
		assert_int_equal(count_of(renew_mark), 1);
		run_mark_remove(directory, "mark");
	}
}

static void no_descriptor_is_left_open(void **state)
{
	int before = dup(0);

	(void)state;
	close(before);
	run_mark_make(directory, "mark");
	run_mark_make(directory, "mark");
	run_mark_renew(directory, "mark", 0, 0);
	run_mark_remove(directory, "mark");
	run_mark_remove(directory, "mark");
	assert_int_equal(dup(0), before);
	close(before);
}

#define MARK_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

UNIT_TESTS(MARK_TEST(the_first_one_makes_it), MARK_TEST(one_that_is_taken_away_can_be_made_again),
	MARK_TEST(where_none_can_be_made_the_error_is_the_answer),
	MARK_TEST(a_link_is_not_followed), MARK_TEST(it_is_renewed_at_longer_and_longer_intervals),
	MARK_TEST(a_clock_that_was_set_back_does_not_stop_it),
	MARK_TEST(who_holds_its_lock_renews_it),
	MARK_TEST(one_of_many_processes_makes_it_and_one_renews_it),
	MARK_TEST(no_descriptor_is_left_open))
