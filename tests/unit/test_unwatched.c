/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/unwatched.h"
#include "core/report/unwatched_text.h"

#include "core/base/run_mark.h"

#include "tests/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A directory of its own for each test. */
struct world {
	char path[64];
};

static int begin(void **state)
{
	struct world *world = calloc(1, sizeof *world);

	snprintf(world->path, sizeof world->path, "/tmp/vigil-unwatched-XXXXXX");
	assert_non_null(mkdtemp(world->path));
	*state = world;
	return 0;
}

static size_t count_files(const char *path, bool remove)
{
	DIR *stream = opendir(path);
	struct dirent *entry;
	size_t count = 0;

	while ((entry = readdir(stream)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			count++;
			if (remove)
				unlinkat(dirfd(stream), entry->d_name, 0);
		}
	closedir(stream);
	return count;
}

static int end(void **state)
{
	struct world *world = *state;

	count_files(world->path, true);
	rmdir(world->path);
	free(world);
	return 0;
}

static void leave(const struct world *world, const char *run, enum unwatched_reason reason,
	const char *detail, const char *program)
{
	struct unwatched note = unwatched_make(reason, detail, program);

	unwatched_leave(world->path, run, &note);
}

static void add_line(void *text, const char *line)
{
	strcat(strcat(text, line), "\n");
}

static void assert_said(const struct world *world, const char *run, const char *expected)
{
	char text[4096] = "";

	unwatched_say(world->path, run, add_line, text);
	assert_string_equal(text, expected);
}

static void each_reason_is_a_line(void **state)
{
	struct world *world = *state;

	leave(world, "r", UNWATCHED_KERNEL, "MADV_WIPEONFORK", "c");
	leave(world, "r", UNWATCHED_FUNCTION, "kill", "python3.6");
	leave(world, "r", UNWATCHED_FUNCTION, "wait", "a");
	leave(world, "r", UNWATCHED_FILTER, "", "d");
	leave(world, "r", UNWATCHED_LIBC, "", "busybox");
	leave(world, "r", UNWATCHED_LIBC, "", "a-b");
	assert_said(world, "r",
		"a-b and busybox were not watched: their libc is not glibc; only who waited for "
		"them can tell how they ended\n"
		"python3.6 was not watched: its libc has no kill(), which glibc 2.17 and newer "
		"have; only who waited for it can tell how it ended\n"
		"a was not watched: its libc has no wait(), which glibc 2.17 and newer have; only "
		"who waited for it can tell how it ended\n"
		"d was not watched: a filter of system calls that came before kills for what "
		"watching takes, or may; only who waited for it can tell how it ended\n"
		"c was not watched: the kernel refuses MADV_WIPEONFORK, which Linux 4.14 and newer "
		"have; only who waited for it can tell how it ended\n");
}

static void it_is_said_of_its_run_alone(void **state)
{
	struct world *world = *state;

	leave(world, "one", UNWATCHED_LIBC, "", "a");
	leave(world, NULL, UNWATCHED_LIBC, "", "a");
	assert_false(unwatched_any(world->path, "two"));
	assert_said(world, "two", "");
	assert_true(unwatched_any(world->path, "one"));
	assert_true(unwatched_any(world->path, ""));
	assert_said(world, NULL,
		"a was not watched: its libc is not glibc; only who waited for it can tell how it "
		"ended\n");
}

static void whatever_a_program_is_called_it_is_one_plain_word(void **state)
{
	struct world *world = *state;
	char name[300];

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	leave(world, "r", UNWATCHED_LIBC, "", "../\x1b[31m\n%s a");
	leave(world, "r", UNWATCHED_FUNCTION, name, name);
	assert_said(world, "r",
		"..___31m__s_a was not watched: its libc is not glibc; only who waited for it "
		"can tell how it ended\n"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx was not watched: its libc has "
		"no xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx(), which glibc 2.17 and newer have; only who "
		"waited for it can tell how it ended\n");
}

/* Also where two of them would like to have the same place. */
static void twenty_programs_are_all_named(void **state)
{
	struct world *world = *state;

	for (int run = 0; run < 50; run++) {
		char id[16], program[16], expected[256];

		snprintf(id, sizeof id, "r%d", run);
		for (int i = 0; i < 20; i++) {
			snprintf(program, sizeof program, "p%02d", i);
			leave(world, id, UNWATCHED_LIBC, "", program);
		}
		snprintf(expected, sizeof expected,
			"p00, p01, p02, p03 and 16 more were not watched: their libc is not "
			"glibc; only who waited for them can tell how they ended\n");
		assert_said(world, id, expected);
	}
}

/* Fifty processes at once, each twenty times: one place, one note. */
static void what_is_left_at_once_is_left_once(void **state)
{
	struct world *world = *state;
	for (int i = 0; i < 50; i++)
		if (fork() == 0) {
			for (int j = 0; j < 20; j++)
				leave(world, "r", UNWATCHED_LIBC, "", "a");
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	assert_said(world, "r",
		"a was not watched: its libc is not glibc; only who waited for it can tell how it "
		"ended\n");
	assert_true(count_files(world->path, false) <= 2 * UNWATCHED_MOST);
}

static void a_run_has_no_more_than_its_locations(void **state)
{
	struct world *world = *state;
	char program[16];

	for (int i = 0; i < 2000; i++) {
		snprintf(program, sizeof program, "p%d", i);
		leave(world, "r", UNWATCHED_LIBC, "", program);
	}
	assert_int_equal(count_files(world->path, false), 2 * UNWATCHED_MOST);
}

static void other_names_are_no_notes(void **state)
{
	static const char *const names[] = {
		"",
		".",
		"vm.jsonl",
		".unwatched",
		".unwatched.",
		".unwatched.00000000.00",
		".unwatched.00000000.00.libc",
		".unwatched.00000000.00.libc.",
		".unwatched.00000000.00.libc..",
		".unwatched.00000000.00.nonsense.a.b",
		".unwatched.000000001.00.libc..a",
		".unwatched.00000000.000.libc..a",
		".unwatched.00000000.00.libclibclibclibclibc..a",
		".unwatched.00000000.00.libc.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.a",
		".vigil-other.00000000.00.libc..a",
	};
	struct unwatched note;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_false(unwatched_parse(names[i], NULL, &note));
	assert_true(unwatched_parse(".unwatched.00000000.00.libc..\x1b", NULL, &note));
	assert_string_equal(note.program, "_");
}

static void nowhere_is_no_matter(void **state)
{
	struct unwatched note = unwatched_make(UNWATCHED_LIBC, "", "a");

	(void)state;
	unwatched_leave("/nowhere/at/all", "r", &note);
	unwatched_leave("", NULL, &note);
	unwatched_leave("/proc/self", NULL, &note);
	assert_false(unwatched_any("/nowhere/at/all", "r"));
	assert_false(unwatched_any("/dev/null", "r"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_reason_is_a_line, begin, end),
		cmocka_unit_test_setup_teardown(it_is_said_of_its_run_alone, begin, end),
		cmocka_unit_test_setup_teardown(
			whatever_a_program_is_called_it_is_one_plain_word, begin, end),
		cmocka_unit_test_setup_teardown(twenty_programs_are_all_named, begin, end),
		cmocka_unit_test_setup_teardown(what_is_left_at_once_is_left_once, begin, end),
		cmocka_unit_test_setup_teardown(a_run_has_no_more_than_its_locations, begin, end),
		cmocka_unit_test(other_names_are_no_notes),
		cmocka_unit_test(nowhere_is_no_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
