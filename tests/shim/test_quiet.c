/* SPDX-License-Identifier: Apache-2.0 */
/* When to say nothing, and what to say when nobody said where. */
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"
#include "tests/support/in_child.h"

static const struct run_case switched_off[] = {
	{"the kill switch: a return", {VICTIM("ends"), "return", "7"},
		.how.environment = {"VIGIL_DISABLE=1"}},
	{"the kill switch: a crash", {VICTIM("crashes"), "null_write"},
		.how.environment = {"VIGIL_DISABLE=1"}},
	{"the kill switch: children", {VICTIM("children"), "fork_exit", "3"},
		.how.environment = {"VIGIL_DISABLE=1"}},
	{"the kill switch: dispositions", {VICTIM("view"), "sigactions"},
		.how.environment = {"VIGIL_DISABLE=1"}},
	{"an emptied environment ends the watch", {"env", "-i", VICTIM("crashes"), "null_write"},
		"INIT, RUNNING", .unended = 1},
};

/* Success says nothing at all when there is no run directory and no configuration. */
static const struct run_case last_resort_silent[] = {
	{"nothing configured: a success", {VICTIM("ends"), "return", "0"}, .how.dir = ""},
	{"nothing configured: a success by _exit", {VICTIM("ends"), "_exit", "0"}, .how.dir = ""},
	{"nothing configured: a recovery", {VICTIM("handles"), "recover", "10"}, .how.dir = ""},
	{"nothing configured: a vfork child", {VICTIM("children"), "vfork_nowhere"}, .how.dir = ""},
};

static void copy(const char *from, const char *to, mode_t mode)
{
	int in = open(from, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	struct stat status;

	assert_true(in >= 0 && out >= 0 && !fstat(in, &status));
	assert_int_equal(sendfile(out, in, NULL, (size_t)status.st_size), status.st_size);
	close(in);
	assert_int_equal(fchmod(out, mode), 0);
	close(out);
}

static void run_set_user_id(const char *path)
{
	const struct run_how how = {.in_child = become_nobody};
	const char *const command[] = {path, "users", NULL};
	struct run bare, watched;

	run_bare(&bare, &how, command);
	run_watched(&watched, &how, command);
	assert_string_equal(bare.out.data, "uid 65534, euid 0\n");
	assert_same_outcome(&bare, &watched);
	assert_int_equal(watched.err.size, 0);
	assert_silence(&watched);
	run_free(&bare);
	run_free(&watched);
}

static void a_set_user_id_program_is_left_alone(void **state)
{
	char dir[] = "/tmp/vigil-suid-XXXXXX", path[64];

	(void)state;
	if (geteuid()) {
		print_message("  only root can make a set-user-id program\n");
		skip();
	}
	assert_non_null(mkdtemp(dir));
	chmod(dir, 0755);
	snprintf(path, sizeof path, "%s/view", dir);
	copy(VICTIM("view"), path, 04755);
	run_set_user_id(path);
	unlink(path);
	rmdir(dir);
}

/* File capabilities make the loader as careful as set-user-id does. */
static void a_program_with_capabilities_is_left_alone(void **state)
{
	char dir[] = "/tmp/vigil-caps-XXXXXX", path[64], command[128];
	const struct run_how how = {.in_child = become_nobody};
	struct run bare, watched;

	(void)state;
	assert_non_null(mkdtemp(dir));
	chmod(dir, 0755);
	snprintf(path, sizeof path, "%s/view", dir);
	copy(VICTIM("view"), path, 0755);
	snprintf(command, sizeof command, "setcap cap_net_raw+ep %s 2>/dev/null", path);
	if (system(command)) {
		unlink(path);
		rmdir(dir);
		print_message("  setcap is not here or not permitted\n");
		skip();
	}
	run_bare(&bare, &how, (const char *[]){path, "users", NULL});
	run_watched(&watched, &how, (const char *[]){path, "users", NULL});
	unlink(path);
	rmdir(dir);
	assert_same_outcome(&bare, &watched);
	assert_silence(&watched);
	run_free(&bare);
	run_free(&watched);
}

static void assert_matches(const char *text, const char *regex)
{
	regex_t compiled;
	int result;

	assert_int_equal(regcomp(&compiled, regex, REG_EXTENDED | REG_NOSUB), 0);
	result = regexec(&compiled, text, 0, NULL, 0);
	regfree(&compiled);
	if (result)
		fail_msg("this does not match %s:\n%s", regex, text);
}

/*
 * Runs with nothing configured: all but stderr as bare, and stderr as bare with our words behind
 * it.
 */
static void last_resort(const char *const command[], const char *regex)
{
	const struct run_how how = {.dir = ""};
	struct run bare, watched;
	size_t before;

	run_bare(&bare, &how, command);
	run_watched(&watched, &how, command);
	before = bare.err.size;
	assert_true(watched.err.size > before);
	assert_true(!before || !memcmp(bare.err.data, watched.err.data, before));
	assert_matches(watched.err.data + before, regex);
	bytes_free(&bare.err);
	bytes_free(&watched.err);
	assert_same_outcome(&bare, &watched);
	assert_silence(&watched);
	run_free(&bare);
	run_free(&watched);
}

static void nothing_configured_a_crash_is_readable(void **state)
{
	const char *const command[] = {VICTIM("crashes"), "null_write", NULL};

	(void)state;
	last_resort(command,
		"^crashes \\(pid [0-9]+\\) FAILED: SIGSEGV \\(address not mapped\\) at 0x0 in "
		"leaf[^\n]*\n"
		"#0  leaf\\+0x[0-9a-f]+ [^\n]*\n#1  null_write\\+(.*\n)*#[0-9]+  main\\+");
}

static void nothing_configured_an_exit_is_one_line(void **state)
{
	const char *const command[] = {VICTIM("ends"), "exit", "3", NULL};

	(void)state;
	last_resort(command, "^ends \\(pid [0-9]+\\) FAILED: exit 3\n$");
}

static void nothing_configured_an_assertion_is_readable(void **state)
{
	const char *const command[] = {VICTIM("crashes"), "assert", NULL};

	(void)state;
	last_resort(
		command, "^crashes \\(pid [0-9]+\\) FAILED: [^\n]*Assertion `zero == 1' failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_user_id_program_is_left_alone),
		cmocka_unit_test(a_program_with_capabilities_is_left_alone),
		cmocka_unit_test(nothing_configured_a_crash_is_readable),
		cmocka_unit_test(nothing_configured_an_exit_is_one_line),
		cmocka_unit_test(nothing_configured_an_assertion_is_readable),
	};

	return run_cases("switched off", switched_off) +
	       run_cases("last resort, silent", last_resort_silent) +
	       cmocka_run_group_tests_name("quiet", tests, NULL, NULL);
}
