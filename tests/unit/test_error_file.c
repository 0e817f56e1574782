/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/error_file.h"

#include "core/base/environment.h"
#include "core/events/event_log.h"
#include "tests/support/event_sample.h"
#include "tests/unit/unit.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[EVENT_SCRATCH_SIZE], directory[64], path[80], variable[128];
static char *const environment[] = {(char *)"A=1", variable, NULL};

static int begin(void **state)
{
	(void)state;
	snprintf(directory, sizeof directory, "/tmp/vigil-error-file-XXXXXX");
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/error.json", directory);
	snprintf(variable, sizeof variable, "TORCHELASTIC_ERROR_FILE=%s", path);
	return 0;
}

/* How many files there are: nothing half-made is left. */
static int file_count(void)
{
	DIR *list = opendir(directory);
	int count = -2; /* "." and ".." */

	while (readdir(list) != NULL)
		count++;
	closedir(list);
	return count;
}

static int end(void **state)
{
	(void)state;
	chmod(directory, 0700);
	unlink(path);
	return rmdir(directory);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static char *content(void)
{
	static char text[EVENT_LINE_MAX + 1];
	FILE *file = fopen(path, "r");
	size_t length;

	assert_non_null(file);
	length = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[length] = '\0';
	return text;
}

static void a_fault_is_written_as_torchelastic_reads_it(void **state)
{
	struct event fault = sample_fault();
	struct stat stat_;
	mode_t mask = umask(027);

	(void)state;
	assert_int_equal(error_file_write(&fault, environment, scratch), 0);
	umask(mask);
	assert_string_equal(content(),
		"{\"message\":{\"message\":\"SIGSEGV: (address not mapped) at 0x8 in step "
		"(solver.c:88)\",\"extraInfo\":{\"py_callstack\":\"rank 3 FAILED: SIGSEGV (address "
		"not mapped) at 0x8 in step (solver.c:88)\\n#0  strlen+0x2 (/lib/libc.so.6+0x10)"
		"\\n#1  step+0x12 (/opt/job/solver+0x1139) src/solver.c:88\\n#2  0x1234\","
		"\"timestamp\":\"1700000000\"}}}");
	assert_int_equal(stat(path, &stat_), 0);
	assert_int_equal(stat_.st_mode & 0777, 0640);
	assert_int_equal(file_count(), 1);
}

static void a_fault_that_a_handler_had_first_is_the_type(void **state)
{
	struct event event = sample_fault();

	(void)state;
	event.signal.number = 0;
	event.how = HOW__EXIT;
	event.exit_code = 3;
	event.frame_count = 0;
	event.fault = (struct event_fault){.number = SIGFPE, .code = FPE_INTDIV};
	assert_int_equal(error_file_write(&event, environment, scratch), 0);
	assert_non_null(strstr(
		content(), "\"message\":\"SIGFPE: (integer division by zero), then exit 3\""));
}

static void an_exception_is_its_traceback(void **state)
{
	struct event event = sample_fault();

	(void)state;
	event.cause = CAUSE_EXCEPTION;
	event.signal.number = 0;
	event.frame_count = 0;
	event.exception = (struct event_exception){"python", "ValueError", "bad", "builtins"};
	event.foreign_trace = "Traceback:\n  x\nValueError: bad\n";
	assert_int_equal(error_file_write(&event, environment, scratch), 0);
	assert_string_equal(content(),
		"{\"message\":{\"message\":\"ValueError: bad\",\"extraInfo\":{\"py_callstack\":"
		"\"Traceback:\\n  x\\nValueError: bad\",\"timestamp\":\"1700000000\"}}}");
}

static void an_exit_has_a_line_in_location_of_a_stack(void **state)
{
	struct event event = sample_init();

	(void)state;
	event.state = NODE_FAILED;
	event.cause = CAUSE_EXIT;
	event.how = HOW__EXIT;
	event.exit_code = 3;
	assert_int_equal(error_file_write(&event, environment, scratch), 0);
	assert_string_equal(content(), "{\"message\":{\"message\":\"exit 3\",\"extraInfo\":{"
				       "\"py_callstack\":\"rank 3 FAILED: exit 3\","
				       "\"timestamp\":\"1700000000\"}}}");
}

static void a_file_that_is_there_stays(void **state)
{
	struct event fault = sample_fault();
	FILE *file = fopen(path, "w");

	(void)state;
	fputs("mine", file);
	fclose(file);
	assert_int_equal(error_file_write(&fault, environment, scratch), -EEXIST);
	assert_string_equal(content(), "mine");
	unlink(path);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_int_equal(error_file_write(&fault, environment, scratch), -EEXIST);
	assert_int_equal(file_count(), 1);
}

static void only_a_leader_s_failure_is_written(void **state)
{
	struct event event = sample_fault();

	(void)state;
	event.leader = false;
	assert_int_equal(error_file_write(&event, environment, scratch), -EEXIST);
	event.leader = true;
	event.identity.rank = RANK_UNKNOWN;
	assert_int_equal(error_file_write(&event, environment, scratch), -EEXIST);
	event = sample_init();
	event.state = NODE_SUCCEEDED;
	assert_int_equal(error_file_write(&event, environment, scratch), -EEXIST);
	event = sample_fault();
	assert_int_equal(error_file_write(&event, NULL, scratch), -EEXIST);
	variable[0] = '\0';
	assert_int_equal(error_file_write(&event, environment, scratch), -EEXIST);
	strcpy(variable, "TORCHELASTIC_ERROR_FILE=");
	assert_int_equal(error_file_write(&event, environment, scratch), -EEXIST);
	assert_int_equal(file_count(), 0);
}

static void a_directory_that_is_not_there_is_an_error(void **state)
{
	struct event fault = sample_fault();

	(void)state;
	snprintf(variable, sizeof variable, "TORCHELASTIC_ERROR_FILE=%s/no/error.json", directory);
	assert_int_equal(error_file_write(&fault, environment, scratch), -ENOENT);
	assert_int_equal(file_count(), 0);
}

/* Even where every byte is escaped to six. */
static void a_long_trace_is_cut_inside(void **state)
{
	static char trace[EVENT_LINE_MAX];
	struct event fault = sample_fault();
	cJSON *json;

	(void)state;
	memset(trace, '\1', sizeof trace - 1);
	fault.foreign_trace = trace;
	assert_int_equal(error_file_write(&fault, environment, scratch), 0);
	json = cJSON_Parse(content());
	assert_non_null(json);
	assert_true(strlen(content()) > EVENT_LINE_MAX / 3);
	cJSON_Delete(json);
}

static void an_environment_is_read_with_care(void **state)
{
	char value[8], first[] = "AB=no", second[] = "A=1234567", third[] = "A=x";
	char *const some[] = {first, second, third, NULL};
	char *const bad[] = {(char *)8, third, NULL};

	(void)state;
	assert_false(environment_read(some, "A", value, sizeof value)); /* it may be cut */
	assert_true(environment_read(some, "AB", value, sizeof value));
	assert_string_equal(value, "no");
	assert_false(environment_read(some, "B", value, sizeof value));
	assert_true(environment_read(bad, "A", value, sizeof value));
	assert_false(environment_read((char *const *)8, "A", value, sizeof value));
	assert_false(environment_read(NULL, "A", value, sizeof value));
}

UNIT_TESTS(TEST(a_fault_is_written_as_torchelastic_reads_it),
	TEST(a_fault_that_a_handler_had_first_is_the_type), TEST(an_exception_is_its_traceback),
	TEST(an_exit_has_a_line_in_location_of_a_stack), TEST(a_file_that_is_there_stays),
	TEST(only_a_leader_s_failure_is_written), TEST(a_directory_that_is_not_there_is_an_error),
	TEST(a_long_trace_is_cut_inside), cmocka_unit_test(an_environment_is_read_with_care))
