/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever a host does to its descriptors, limits and directories: its files are its own, and it
 * lives as before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"
#include "tests/support/in_child.h"

#define FILES VICTIM("files")
#define CRASHED LIVED("FAILED SIGSEGV SEGV_MAPERR")

static void four_descriptors(void *unused)
{
	struct rlimit limit = {4, 4};

	(void)unused;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void three_descriptors(void *unused)
{
	struct rlimit limit = {3, 3};

	(void)unused;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void no_bytes(void *unused)
{
	struct rlimit limit = {0, 0};

	(void)unused;
	setrlimit(RLIMIT_FSIZE, &limit);
}

/* The host's bytes, and what we said although our descriptor was closed. */
static const struct run_case descriptor_cases[] = {
	{"all closed, then a crash", {FILES, "close_all", "crash"}, CRASHED},
	{"all closed, then a return", {FILES, "close_all", "return"}, LIVED("FAILED return 3")},
	{"all closed, then _exit", {FILES, "close_all", "_exit"}, LIVED("FAILED _exit 7")},
	{"all above 2 closed, then an abort", {FILES, "close_above_2", "abort"},
		LIVED("FAILED SIGABRT abort")},
	{"the host's file on every number, then a crash", {FILES, "data_everywhere", "crash"},
		.outcome_only = true},
	{"the host's file on every number, then a return", {FILES, "data_everywhere", "return"},
		.outcome_only = true},
	{"closed one by one, then a crash", {FILES, "close_one_by_one", "crash"}, CRASHED,
		.masks = {"^[0-9]+ were open"}},
	{"closed one by one, then _exit", {FILES, "close_one_by_one", "_exit"},
		LIVED("FAILED _exit 7"), .masks = {"^[0-9]+ were open"}},
	{"the first open", {FILES, "first_open"}, LIVED("FAILED return 43")},
	{"the first open without stdin", {FILES, "first_open"}, LIVED("FAILED return 40"),
		.how.stdin_from = STDIN_CLOSED},
	{"the first open without stdout", {FILES, "first_open"}, LIVED("FAILED return 41"),
		.how.close_stdout = true},
	{"the first open without stderr", {FILES, "first_open"}, LIVED("FAILED return 42"),
		.how.close_stderr = true},
	{"the first open without any", {FILES, "first_open"}, LIVED("FAILED return 40"),
		.how = {.stdin_from = STDIN_CLOSED, .close_stdout = true, .close_stderr = true}},
	{"a crash without any", {VICTIM("crashes"), "null_write"}, CRASHED,
		.how = {.stdin_from = STDIN_CLOSED, .close_stdout = true, .close_stderr = true}},
	{"a silent pipe as stdin", {VICTIM("ends"), "return", "3"}, LIVED("FAILED return 3"),
		.how.stdin_from = STDIN_PIPE},
	{"the table is full, then a crash", {FILES, "fill_table", "crash"}, CRASHED},
	{"the table is full, then a return", {FILES, "fill_table", "return"},
		LIVED("FAILED return 3")},
	{"no more files, then a crash", {FILES, "no_more_files", "crash"}, CRASHED},
	{"errno is kept", {FILES, "keep_errno"}, LIVED("SUCCEEDED return 0"),
		{"INIT, FAILED _exit 77"}},
};

static const struct run_case limit_cases[] = {
	{"4 descriptors, then a return", {VICTIM("ends"), "return", "3"}, .outcome_only = true,
		.how.in_child = four_descriptors},
	{"4 descriptors, then a crash", {VICTIM("crashes"), "null_write"}, .outcome_only = true,
		.how.in_child = four_descriptors},
	{"3 descriptors, one of them free", {VICTIM("crashes"), "null_write"}, .outcome_only = true,
		.how = {.in_child = three_descriptors, .stdin_from = STDIN_CLOSED}},
	{"4 descriptors, the first open", {FILES, "first_open"}, .outcome_only = true,
		.how.in_child = four_descriptors},
	{"no bytes to be written, then a return", {VICTIM("ends"), "return", "3"},
		.outcome_only = true, .how.in_child = no_bytes},
	{"no bytes to be written, then a crash", {VICTIM("crashes"), "null_write"},
		.outcome_only = true, .how.in_child = no_bytes},
	{"no bytes from now on, then a return", {FILES, "no_more_bytes", "return"},
		.outcome_only = true},
	{"no bytes from now on, then an abort", {FILES, "no_more_bytes", "abort"},
		.outcome_only = true},
	{"another user from now on", {FILES, "change_user", "crash"}, CRASHED,
		.how = {.lend = true}},
	{"another root from now on", {FILES, "change_root_directory", "crash"}, CRASHED},
	{"the environment is cleared", {FILES, "clear_environment", "crash"}, CRASHED},
	{"the environment is overwritten", {FILES, "overwrite_environment", "crash"}, CRASHED},
	{"the environment is overwritten, then _exit", {FILES, "overwrite_environment", "_exit"},
		LIVED("FAILED _exit 7")},
};

static const struct run_case directory_cases[] = {
	{"no run directory, then a return", {VICTIM("ends"), "return", "3"},
		.how.dir = "/no/such/directory"},
	{"no run directory, then a crash", {VICTIM("crashes"), "null_write"},
		.how.dir = "/no/such/directory"},
	{"the run directory is a device", {VICTIM("crashes"), "null_write"},
		.how.dir = "/dev/null"},
	{"the run directory is somebody else's, a return", {VICTIM("ends"), "return", "3"},
		.outcome_only = true, .how = {.dir = "/", .in_child = become_nobody, .lend = true}},
	{"the run directory is somebody else's, a crash", {VICTIM("crashes"), "null_write"},
		.outcome_only = true, .how = {.dir = "/", .in_child = become_nobody, .lend = true}},
	{"the run directory vanishes, then a return", {FILES, "remove_run_directory", "return"}},
	{"the run directory vanishes, then a crash", {FILES, "remove_run_directory", "crash"}},
	{"the run directory vanishes, then _exit", {FILES, "remove_run_directory", "_exit"}},
};

/* A short life in DIR, which is made for it. */
static void live_in(const char *dir, const char *victim, const char *act)
{
	struct run_case one = {
		.argv = {victim, act, "3"}, .outcome_only = true, .how = {.dir = dir}};

	one.how.timeout_s = 10;
	run_case(&one);
}

static void fill(const char *dir)
{
	char path[128], block[4096] = {0};
	FILE *file;

	snprintf(path, sizeof path, "%s/filler", dir);
	file = fopen(path, "we");
	while (file && fwrite(block, sizeof block, 1, file) == 1 && !fflush(file))
		;
	if (file)
		fclose(file);
}

static void a_full_disk_is_survived(void **state)
{
	char dir[] = "/tmp/vigil-full-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	if (mount("none", dir, "tmpfs", 0, "size=64k")) {
		rmdir(dir);
		print_message("  mounting a small tmpfs is not permitted here\n");
		skip();
	}
	fill(dir);
	live_in(dir, VICTIM("ends"), "return");
	live_in(dir, VICTIM("ends"), "_exit");
	live_in(dir, VICTIM("crashes"), "null_write");
	assert_int_equal(umount2(dir, MNT_DETACH), 0);
	rmdir(dir);
}

/* Nobody reads: neither an open nor a write may wait for somebody. */
static void a_fifo_without_reader_is_survived(void **state)
{
	char dir[] = "/tmp/vigil-fifo-XXXXXX", hostname[256] = "", path[300];

	(void)state;
	assert_non_null(mkdtemp(dir));
	gethostname(hostname, sizeof hostname - 1);
	snprintf(path, sizeof path, "%s/%s.jsonl", dir, hostname);
	assert_int_equal(mkfifo(path, 0666), 0);
	live_in(dir, VICTIM("ends"), "return");
	live_in(dir, VICTIM("crashes"), "null_write");
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_disk_is_survived),
		cmocka_unit_test(a_fifo_without_reader_is_survived),
	};

	return run_cases("descriptors", descriptor_cases) + run_cases("limits", limit_cases) +
	       run_cases("directories", directory_cases) +
	       cmocka_run_group_tests_name("special directories", tests, NULL, NULL);
}
