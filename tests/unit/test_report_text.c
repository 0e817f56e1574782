/* SPDX-License-Identifier: Apache-2.0 */
/* What people read: the verdict's form, its bounds, its colours, and that nothing in an event
 * reaches the terminal raw. */
#include "core/report/render/page.h"
#include "core/report/job/ranks.h"
#include "core/report/report.h"
#include "core/report/report_of_run.h"

#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXTURES "tests/unit/fixtures/"

static const char *verdict(const char *path, bool always)
{
	static char buffer[16384];
	FILE *to = fmemopen(buffer, sizeof buffer, "w");

	memset(buffer, 0, sizeof buffer);
	assert_non_null(to);
	assert_int_equal(report_verdict(path, NULL, NULL, NULL, to, always, NULL), 0);
	fclose(to);
	return buffer;
}

static void a_verdict_has_the_documented_form(void **state)
{
	(void)state;
	assert_string_equal(verdict(FIXTURES "torchrun_late_exit.jsonl", false),
		"vigil: job 7f3a failed after 2.7 s: rank 3 failed first (proven)\n"
		"  rank 3  pid 31821 on n1  SIGSEGV (address not mapped) at 0x8        in step "
		"(solver.c:88)\n"
		"    #0  step+0x12 (solver)  solver.c:88\n"
		"    #1  main+0x2c (solver)  solver.c:120\n"
		"  1 rank failed later      1    exit 1                              +20 ms\n"
		"  2 ranks were terminated  0,2  SIGTERM from torchrun (pid 31790)   +100 ms\n"
		"events: ./tests/unit/fixtures/torchrun_late_exit.jsonl/\n"
		"full report: vigil report ./tests/unit/fixtures/torchrun_late_exit.jsonl\n");
}

static void pythons_frames_stand_above_the_native_ones(void **state)
{
	const char *text = verdict(FIXTURES "torchrun_python_segv.jsonl", false);

	(void)state;
	assert_non_null(strstr(text, "        in step (solver.c:88)\n"
				     "    Python stack (most recent call last):\n"
				     "    … 14 more lines\n"
				     "      File \"tree.py\", line 9, in walk\n"));
	assert_non_null(strstr(text, "      File \"train.py\", line 12, in step\n"
				     "    #0  step+0x12 (solver)  solver.c:88\n"
				     "    #1  main+0x2c (solver)  solver.c:120\n"
				     "  1 rank failed later "));
}

static void a_runtimes_own_report_stands_under_the_stack(void **state)
{
	(void)state;
	assert_non_null(strstr(verdict(FIXTURES "java_crash.jsonl", false),
		"    #3  Unsafe_PutLong+0x124 (libjvm.so)\n"
		"    Report: /home/u/hs_err_pid31821.log\n"
		"events: "));
}

static void events_and_report_share_a_line_where_they_fit(void **state)
{
	(void)state;
	assert_non_null(strstr(verdict(FIXTURES "node_lost/", false),
		"events: ./tests/unit/fixtures/node_lost/\nfull report: vigil report "
		"./tests/unit/fixtures/node_lost\n"));
	assert_int_equal(chdir(FIXTURES), 0);
	assert_non_null(strstr(verdict("node_lost", false),
		"\nevents: ./node_lost/    full report: vigil report ./node_lost\n"));
	assert_int_equal(chdir("../../.."), 0);
}

static void ports_and_pids_make_no_other_reason(void **state)
{
	(void)state;
	assert_non_null(strstr(verdict(FIXTURES "torchrun_kill_unseen.jsonl", false),
		"\n  2 ranks lost their peer  0,2  RuntimeError: Read error"));
}

static void a_job_without_ranks_names_the_program(void **state)
{
	(void)state;
	assert_non_null(strstr(verdict(FIXTURES "make_job.jsonl", false),
		"vigil: job 7f3a failed after 90 ms: cc1 (pid 104) failed first (proven)\n"
		"  cc1  pid 104 on n1  SIGSEGV (address not mapped) at 0x8        in c_parser "
		"(solver.c:88)\n"));
}

static void success_is_silent_unless_it_is_asked_for(void **state)
{
	(void)state;
	assert_string_equal(verdict(FIXTURES "make_ok.jsonl", false), "");
	assert_string_equal(
		verdict(FIXTURES "make_ok.jsonl", true), "vigil: job 7f3a succeeded after 20 ms\n");
}

static void restarts_that_helped_are_reported(void **state)
{
	(void)state;
	assert_string_equal(verdict(FIXTURES "restarts.jsonl", false),
		"vigil: job 7f3a succeeded after 9.1 s, in attempt 2\n"
		"  attempt 0: rank 1 failed first (proven): exit 3\n"
		"  attempt 1: rank 0 failed first (proven): ValueError: bad batch\n");
}

static void an_end_from_outside_has_no_culprit(void **state)
{
	(void)state;
	assert_non_null(strstr(verdict(FIXTURES "ctrl_c.jsonl", false),
		"vigil: job 7f3a failed after 3.1 s: no rank failed first\n"
		"  nobody failed first: it was ended from outside (SIGINT)\n"
		"  3 ranks were terminated  0-2  SIGINT\n"));
}

static void nothing_to_read_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(
		report_verdict("/no/such/run", NULL, NULL, NULL, stderr, true, NULL), -ENOENT);
	assert_int_equal(
		report_verdict("/dev/null", NULL, NULL, NULL, stderr, true, NULL), -EINVAL);
	assert_int_equal(
		report_verdict("Makefile", NULL, NULL, NULL, stderr, true, NULL), -ENODATA);
}

static int columns_of(const char *line, size_t length)
{
	int columns = 0;

	for (size_t i = 0; i < length; i++)
		columns += (line[i] & 0xc0) != 0x80;
	return columns;
}

static void assert_lines_fit(const char *text)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		if (columns_of(text, length) > PAINT_COLUMNS)
			fail_msg("too long: %.*s", (int)length, text);
		text += length + 1;
	}
}

static void every_line_of_every_fixture_fits(void **state)
{
	DIR *directory = opendir(FIXTURES);
	struct dirent *entry;

	(void)state;
	assert_non_null(directory);
	while ((entry = readdir(directory)) != NULL) {
		char path[512], *text = NULL;
		size_t size = 0;
		const char *paths[] = {path};
		struct report_request request = {.paths = paths, .path_count = 1, .skew_us = 10000};
		struct report *report;
		FILE *to;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, FIXTURES "%s", entry->d_name);
		assert_int_equal(report_make(&request, &report, (char[64]){0}, 64), 0);
		to = open_memstream(&text, &size);
		assert_int_equal(report_print(report, REPORT_TEXT, to), 0);
		fclose(to);
		assert_lines_fit(text);
		free(text);
		report_free(report);
	}
	closedir(directory);
}

static const char *painted(const char *line, bool color, enum style style, int columns)
{
	static char buffer[512];
	FILE *to = fmemopen(buffer, sizeof buffer, "w");

	memset(buffer, 0, sizeof buffer);
	paint_line(to, color, style, line, columns);
	fclose(to);
	return buffer;
}

static void foreign_text_cannot_steer_the_terminal(void **state)
{
	(void)state;
	assert_string_equal(painted("a\033[2Jb\r\n\x7f", false, STYLE_PLAIN, 100),
		"a\\x1b[2Jb\\x0d\\x0a\\x7f\n");
	assert_string_equal(painted("\xc2\x9b"
				    "1m",
				    false, STYLE_PLAIN, 100),
		"\\xc2\\x9b1m\n");
	assert_string_equal(painted("\xff\xc3", false, STYLE_PLAIN, 100), "\\xff\\xc3\n");
	assert_string_equal(painted("\xe2\x80\xae", false, STYLE_PLAIN, 100), "\\xe2\\x80\\xae\n");
	assert_string_equal(
		painted("\xd8\x9c\xc2\xad", false, STYLE_PLAIN, 100), "\\xd8\\x9c\\xc2\\xad\n");
	assert_string_equal(painted("é\tü", false, STYLE_PLAIN, 100), "é    ü\n");
}

static void a_long_line_is_cut(void **state)
{
	(void)state;
	assert_string_equal(painted("abcdef", false, STYLE_PLAIN, 6), "abcdef\n");
	assert_string_equal(painted("abcdefg", false, STYLE_PLAIN, 6), "abcde…\n");
	assert_string_equal(painted("ääääääg", false, STYLE_PLAIN, 6), "äääää…\n");
	assert_string_equal(painted("abc\001def", false, STYLE_PLAIN, 6), "abc…\n");
}

static void colour_comes_only_where_it_is_wanted(void **state)
{
	(void)state;
	assert_string_equal(painted("a", true, STYLE_HEAD, 9), "\033[1ma\033[0m\n");
	assert_string_equal(painted("a", true, STYLE_PLAIN, 9), "a\n");
	unsetenv("NO_COLOR");
	unsetenv("FORCE_COLOR");
	unsetenv("CLICOLOR_FORCE");
	FILE *file = tmpfile();

	assert_false(paint_wanted(file));
	setenv("FORCE_COLOR", "1", 1);
	assert_true(paint_wanted(file));
	setenv("NO_COLOR", "1", 1);
	assert_false(paint_wanted(file));
	unsetenv("FORCE_COLOR");
	unsetenv("NO_COLOR");
	setenv("CLICOLOR_FORCE", "1", 1);
	assert_true(paint_wanted(file));
	unsetenv("CLICOLOR_FORCE");
	fclose(file);
}

static const char *listed(const int64_t *ranks, size_t count)
{
	static struct rank_list list;

	list = (struct rank_list){.length = 0};
	for (size_t i = 0; i < count; i++)
		ranks_add(&list, ranks[i]);
	ranks_finish(&list);
	return list.text;
}

static void ranks_are_grouped(void **state)
{
	int64_t many[200];

	(void)state;
	assert_string_equal(listed((int64_t[]){0, 1, 2, 7}, 4), "0-2,7");
	assert_string_equal(listed((int64_t[]){0, 1}, 2), "0,1");
	assert_string_equal(listed((int64_t[]){5}, 1), "5");
	for (int i = 0; i < 200; i++)
		many[i] = 2 * i;
	assert_non_null(strstr(listed(many, 200), ",…"));
	assert_true(strlen(listed(many, 200)) < RANK_LIST_SIZE);
}

UNIT_TESTS(cmocka_unit_test(ports_and_pids_make_no_other_reason),
	cmocka_unit_test(a_verdict_has_the_documented_form),
	cmocka_unit_test(pythons_frames_stand_above_the_native_ones),
	cmocka_unit_test(a_runtimes_own_report_stands_under_the_stack),
	cmocka_unit_test(events_and_report_share_a_line_where_they_fit),
	cmocka_unit_test(a_job_without_ranks_names_the_program),
	cmocka_unit_test(success_is_silent_unless_it_is_asked_for),
	cmocka_unit_test(restarts_that_helped_are_reported),
	cmocka_unit_test(an_end_from_outside_has_no_culprit),
	cmocka_unit_test(nothing_to_read_is_an_error),
	cmocka_unit_test(every_line_of_every_fixture_fits),
	cmocka_unit_test(foreign_text_cannot_steer_the_terminal),
	cmocka_unit_test(a_long_line_is_cut),
	cmocka_unit_test(colour_comes_only_where_it_is_wanted),
	cmocka_unit_test(ranks_are_grouped), )
