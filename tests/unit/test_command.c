/* SPDX-License-Identifier: Apache-2.0 */
/* A command line as one string: a shell reads the arguments back, byte for byte. */
#include "core/events/event.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static char command[1024];

/* Makes the command of COUNT arguments. Returns how many of them are in it. */
static size_t make(const char *const *argv, size_t count, enum argv_form form, size_t most)
{
	struct event_process process = {.argv = argv, .argc = count, .argv_form = form};
	struct text text;

	text_init(&text, command, sizeof command);
	return event_command(&process, count, most, &text);
}

/* What a shell prints that runs SCRIPT with the command after it. */
static size_t run_shell(const char *script, char *output, size_t size, int *ret_status)
{
	char line[2 * sizeof command];
	FILE *shell;
	size_t count;

	snprintf(line, sizeof line, "exec 2>/dev/null; PATH=/nonexistent\n%s%s", script, command);
	shell = popen(line, "r");
	assert_non_null(shell);
	count = fread(output, 1, size, shell);
	*ret_status = pclose(shell);
	return count;
}

static void a_shell_reads_the_arguments_back(void **state)
{
	static const char *const argv[] = {"./a b", "", "'", "''", "it's", "\"", "\\", "$HOME",
		"`id`", "$(id)", "*", "?", "[a]", "~", "~root", "a;b", "a&b", "a|b", "<", ">", "(",
		")", "{a,b}", "#", "a#b", "!", "line\nfeed\n", "\ttab", " ", "-n", "--x=y", "%s",
		"a=b", "\xc3\xa4", "\xff", "\x01", "if", "\\n", "^", "$'x'"};
	char expected[512], output[512];
	size_t size = 0;
	int status;

	(void)state;
	for (size_t i = 0; i < COUNT(argv); i++) {
		memcpy(expected + size, argv[i], strlen(argv[i]) + 1);
		size += strlen(argv[i]) + 1;
	}
	assert_int_equal(make(argv, COUNT(argv), ARGV_MASKED, sizeof command), COUNT(argv));
	assert_int_equal(run_shell("printf '%s\\0' ", output, sizeof output, &status), size);
	assert_int_equal(status, 0);
	assert_memory_equal(output, expected, size);
}

/* Nothing of these names can be run; syntax or an assignment would end in another way. */
static void a_first_word_is_never_syntax(void **state)
{
	static const char *const words[] = {"a=b", "if", "then", "while", "for", "case", "{", "!",
		"time", "function", "select", "~", "sh", "=", "fi", "done", "in"};
	char output[64];
	int status;

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		make(&words[i], 1, ARGV_MASKED, sizeof command);
		assert_int_equal(run_shell("", output, sizeof output, &status), 0);
		if (!WIFEXITED(status) ||
			(WEXITSTATUS(status) != 127 && WEXITSTATUS(status) != 126))
			fail_msg("%s: status %#x", command, (unsigned)status);
	}
}

static void a_plain_command_stays_as_it_is_typed(void **state)
{
	static const char *const argv[] = {
		"/usr/bin/python3", "-m", "job.train", "--lr=1e-3", "a,b:c@d+e%f_G"};

	(void)state;
	make(argv, COUNT(argv), ARGV_MASKED, sizeof command);
	assert_string_equal(command, "/usr/bin/python3 -m job.train --lr=1e-3 a,b:c@d+e%f_G");
}

static void secrets_are_masked_unless_the_form_is_full(void **state)
{
	static const char *const argv[] = {
		"curl", "--token=hush", "--password", "hush", "-H", "Authorization: hush", "x"};

	(void)state;
	make(argv, COUNT(argv), ARGV_MASKED, sizeof command);
	assert_string_equal(
		command, "curl --token='***' --password '***' -H 'Authorization: ***' x");
	make(argv, COUNT(argv), ARGV_FULL, sizeof command);
	assert_string_equal(
		command, "curl --token=hush --password hush -H 'Authorization: hush' x");
}

static void only_whole_arguments_are_in_it(void **state)
{
	static const char *const argv[] = {"solver", "a b", "c"};
	char small[12];
	struct event_process process = {.argv = argv, .argc = 3};
	struct text text;

	(void)state;
	assert_int_equal(make(argv, 3, ARGV_FULL, 14), 3);
	assert_string_equal(command, "solver 'a b' c");
	assert_int_equal(make(argv, 3, ARGV_FULL, 13), 2);
	assert_string_equal(command, "solver 'a b'");
	assert_int_equal(make(argv, 3, ARGV_FULL, 11), 1);
	assert_int_equal(make(argv, 3, ARGV_FULL, 5), 0);
	assert_string_equal(command, "");
	text_init(&text, small, sizeof small);
	assert_int_equal(event_command(&process, 3, sizeof command, &text), 1);
	assert_string_equal(small, "solver");
	assert_true(text.truncated);
}

UNIT_TESTS(cmocka_unit_test(a_shell_reads_the_arguments_back),
	cmocka_unit_test(a_first_word_is_never_syntax),
	cmocka_unit_test(a_plain_command_stays_as_it_is_typed),
	cmocka_unit_test(secrets_are_masked_unless_the_form_is_full),
	cmocka_unit_test(only_whole_arguments_are_in_it))
