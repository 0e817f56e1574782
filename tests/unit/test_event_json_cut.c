/* SPDX-License-Identifier: Apache-2.0 */
/* What is cut from an event's line that is too long, and in what order: frames, error_trace, argv.
 */
#include "tests/support/event_line.h"
#include "tests/support/event_sample.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

/* A string of COUNT bytes, made of PIECE again and again; the caller's. */
static char *repeated(const char *piece, size_t count)
{
	char *string = malloc(count + 1);

	assert_non_null(string);
	for (size_t i = 0; i < count; i++)
		string[i] = piece[i % strlen(piece)];
	string[count] = '\0';
	return string;
}

static void too_many_frames_are_cut_from_the_end(void **state)
{
	static struct frame frames[128];
	char *name = repeated("_ZN", 200);
	struct event event = sample_fault();

	(void)state;
	for (size_t i = 0; i < 128; i++)
		frames[i] = (struct frame){.pc = i, .module = &sample_solver, .function = name};
	event.frames = frames;
	event.frame_count = 128;
	cJSON *object = written(&event);

	assert_true(says_truncated(object));
	assert_uint_in_range(count_of(object, "frames"), 32, 127);
	assert_string_equal(
		string_of(cJSON_GetArrayItem(item_of(object, "frames"), 0), "pc"), "0x0");
	assert_non_null(strstr(string_of(object, "error_trace"), "#127 _ZN")); /* it is whole */
	cJSON_Delete(object);
	free(name);
}

static void a_long_trace_is_cut_after_the_frames(void **state)
{
	char *trace = repeated("Traceback\n", 200000);
	struct event event = sample_fault();

	(void)state;
	event.foreign_trace = trace;
	event.process_in_full = true;
	cJSON *object = written(&event);
	size_t length = strlen(string_of(object, "error_trace"));

	assert_true(says_truncated(object));
	assert_int_equal(count_of(object, "frames"), 0);
	assert_uint_in_range(length, 8192, EVENT_LINE_MAX);
	assert_memory_equal(string_of(object, "error_trace"), trace, length);
	assert_int_equal(count_of(item_of(object, "process"), "argv"), 3);
	cJSON_Delete(object);
	free(trace);
}

static void a_long_argv_is_cut_last(void **state)
{
	static const char *argv[5000];
	struct event event = sample_fault();

	(void)state;
	for (size_t i = 0; i < 5000; i++)
		argv[i] = "an argument of thirty-two bytes.";
	event.process.argv = argv;
	event.process.argc = 5000;
	event.process_in_full = true;
	cJSON *object = written(&event);

	assert_true(says_truncated(object));
	assert_int_equal(count_of(object, "frames"), 0);
	assert_string_equal(string_of(object, "error_trace"), "");
	assert_uint_in_range(count_of(item_of(object, "process"), "argv"), 600, 2000);
	cJSON_Delete(object);
}

static void a_long_command_has_whole_arguments_and_argv_has_all(void **state)
{
	static const char *argv[400];
	struct event event = sample_init();

	(void)state;
	for (size_t i = 0; i < 400; i++)
		argv[i] = "an argument of thirty-two bytes.";
	event.process.argv = argv;
	event.process.argc = 400;
	cJSON *object = written(&event);
	const char *command = string_of(item_of(object, "process"), "command");

	assert_false(says_truncated(object));
	assert_int_equal(count_of(item_of(object, "process"), "argv"), 400);
	assert_int_equal(strlen(command), 8192 / 35 * 35 - 1);
	assert_string_equal(command + strlen(command) - 8, " bytes.'");
	cJSON_Delete(object);
}

static void a_long_string_is_cut_between_two_characters_and_it_is_said(void **state)
{
	char *argument = repeated("\xe2\x82\xac", 9000), *message = repeated("\xc3\xa4", 3000);
	struct event event = sample_init();

	(void)state;
	event.process.argv = (const char *const[]){argument};
	event.process.argc = 1;
	event.what = "exec";
	cJSON *object = written(&event);
	const cJSON *argv = item_of(item_of(object, "process"), "argv");

	assert_true(says_truncated(object));
	assert_int_equal(strlen(cJSON_GetArrayItem(argv, 0)->valuestring), 8190);
	assert_null(strstr(line_buffer, "\\ufffd"));
	cJSON_Delete(object);
	event = sample_fault();
	event.abort_message = message;
	object = written(&event);
	assert_true(says_truncated(object));
	assert_null(strstr(line_buffer, "\\ufffd"));
	assert_uint_in_range(strlen(string_of(object, "message")), 999, 1000);
	cJSON_Delete(object);
	free(argument);
	free(message);
}

/* An event all of whose strings are as long as the system lets them be, of bytes that escape to six
 * each. */
struct hostile {
	struct event event;
	char name[256], comm[16], *path, *long_text;
	const char *argv[300];
	struct event_ancestor ancestors[16];
	struct frame_module module;
	struct frame frames[128];
};

static void fill(char *string, size_t size)
{
	memset(string, 0x01, size - 1);
	string[size - 1] = '\0';
}

static void fill_frames(struct hostile *hostile)
{
	hostile->module =
		(struct frame_module){.path = hostile->path, .build_id_size = BUILD_ID_MAX};
	for (size_t i = 0; i < 128; i++)
		hostile->frames[i] =
			(struct frame){FRAME_FP, UINT64_MAX, false, &hostile->module, UINT64_MAX,
				hostile->path, UINT64_MAX, hostile->path, INT32_MAX, UINT32_MAX};
	hostile->event.frames = hostile->frames;
	hostile->event.frame_count = 128;
}

static void fill_process(struct hostile *hostile)
{
	struct event_process *process = &hostile->event.process;

	for (size_t i = 0; i < 300; i++)
		hostile->argv[i] = hostile->path;
	for (size_t i = 0; i < 16; i++)
		hostile->ancestors[i] = (struct event_ancestor){INT32_MAX, hostile->comm};
	*process = (struct event_process){.program = hostile->name,
		.exe = hostile->path,
		.cwd = hostile->path,
		.argv = hostile->argv,
		.argc = 300,
		.ppid = INT32_MAX,
		.ancestors = hostile->ancestors,
		.ancestor_count = 16,
		.start_ticks = UINT64_MAX,
		.boot_id = hostile->comm,
		.tid = INT32_MAX,
		.thread = hostile->comm};
	hostile->event.process_in_full = true;
}

static struct hostile *hostile_new(void)
{
	struct hostile *hostile = calloc(1, sizeof *hostile);
	struct event *event = &hostile->event;

	hostile->path = repeated("\x01", 4095);
	hostile->long_text = repeated("\x01", 100000);
	fill(hostile->name, sizeof hostile->name);
	fill(hostile->comm, sizeof hostile->comm);
	*event = sample_fault();
	fill(event->identity.run_id, sizeof event->identity.run_id);
	fill(event->identity.master_endpoint, sizeof event->identity.master_endpoint);
	event->hostname = hostile->name;
	event->exception = (struct event_exception){
		hostile->comm, hostile->path, hostile->long_text, hostile->path};
	event->abort_message = event->foreign_trace = hostile->long_text;
	event->signal.sender = hostile->comm;
	event->usage = (struct event_usage){true, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN};
	fill_process(hostile);
	fill_frames(hostile);
	return hostile;
}

static void hostile_free(struct hostile *hostile)
{
	free(hostile->path);
	free(hostile->long_text);
	free(hostile);
}

static void bytes_that_escape_to_six_each_are_cut_until_they_fit(void **state)
{
	struct hostile *hostile = hostile_new();
	cJSON *object = written(&hostile->event);

	(void)state;
	assert_true(says_truncated(object));
	assert_string_equal(string_of(object, "node_state"), "FAILED");
	assert_string_equal(string_of(object, "cause"), "fault");
	assert_int_equal(number_of(object, "rank"), 3);
	assert_int_equal(number_of(object, "seq"), 2);
	cJSON_Delete(object);
	hostile_free(hostile);
}

static void a_larger_buffer_holds_no_longer_line(void **state)
{
	struct hostile *hostile = hostile_new();
	cJSON *object = written_in(&hostile->event, EVENT_LINE_MAX + 4096);

	(void)state;
	assert_non_null(object);
	cJSON_Delete(object);
	hostile_free(hostile);
}

/* In every buffer: a valid line, or it is flagged. What fits in the largest of them and was cut in
 * a smaller one says so. */
static void in_a_smaller_buffer_a_line_is_valid_or_flagged(void **state)
{
	struct event plain = sample_fault();
	struct hostile *hostile = hostile_new();

	(void)state;
	for (size_t size = 1024; size < EVENT_LINE_MAX; size += size < 2500 ? 1 : size / 7) {
		cJSON *object = written_in(&plain, size);

		assert_non_null(object); /* 1 KiB is enough for a plain one */
		assert_true(says_truncated(object) || count_of(object, "frames") == 3);
		cJSON_Delete(object);
		object = written_in(&hostile->event, size);
		assert_true(line.truncated || says_truncated(object));
		cJSON_Delete(object);
	}
	hostile_free(hostile);
}

/* Down to where nothing fits: not a byte too many, whichever field it is that finds the buffer
 * full. */
static void the_smallest_buffers_are_not_overrun(void **state)
{
	struct event plain = sample_fault();
	struct hostile *hostile = hostile_new();

	(void)state;
	for (size_t size = 1; size < 1024; size++) {
		cJSON_Delete(written_in(&plain, size));
		cJSON_Delete(written_in(&hostile->event, size));
	}
	hostile_free(hostile);
}

UNIT_TESTS(cmocka_unit_test(too_many_frames_are_cut_from_the_end),
	cmocka_unit_test(a_long_trace_is_cut_after_the_frames),
	cmocka_unit_test(a_long_argv_is_cut_last),
	cmocka_unit_test(a_long_command_has_whole_arguments_and_argv_has_all),
	cmocka_unit_test(a_long_string_is_cut_between_two_characters_and_it_is_said),
	cmocka_unit_test(bytes_that_escape_to_six_each_are_cut_until_they_fit),
	cmocka_unit_test(a_larger_buffer_holds_no_longer_line),
	cmocka_unit_test(in_a_smaller_buffer_a_line_is_valid_or_flagged),
	cmocka_unit_test(the_smallest_buffers_are_not_overrun))
