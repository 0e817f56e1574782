/* SPDX-License-Identifier: Apache-2.0 */
/* The other threads of an event, its registers, and a stack that was cut: as text and as JSON. */
#include "core/events/event_threads.h"

#include "tests/support/event_line.h"
#include "tests/support/event_sample.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static const struct frame waiting[] = {
	{FRAME_CFI, 0x7fff00000020, true, &sample_libc, 0x20, "read", 4, NULL, 0, 0},
	{FRAME_CFI, 0x7f0000001200, false, &sample_solver, 0x1200, "load", 8, NULL, 0, 0},
};

static const struct event_thread three_threads[] = {
	{.tid = 31821, .name = "loader", .frames = waiting, .frame_count = 2},
	{.tid = 31822, .name = "", .frames = waiting, .frame_count = 2},
	{.tid = 31823, .name = "lost", .error = "did not stop in time"},
};

static struct event with_threads(const struct event_thread *threads, size_t count)
{
	struct event event = sample_fault();

	event.threads = threads;
	event.thread_count = count;
	return event;
}

static const char *text_of(const struct event *event, struct thread_limits limits)
{
	static char buffer[4096];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	event_threads_text(event, &limits, &text);
	assert_false(text.truncated);
	return buffer;
}

static void each_thread_has_a_section_and_equal_stacks_are_reported_once(void **state)
{
	struct event event = with_threads(three_threads, 3);

	(void)state;
	assert_string_equal(text_of(&event, THREAD_LIMITS_NONE),
		"Thread 31821 (loader):\n"
		"#0  read+0x4 (/lib/libc.so.6+0x20)\n"
		"#1  load+0x8 (/opt/job/solver+0x1200)\n"
		"Thread 31822: as thread 31821\n"
		"Thread 31823 (lost): did not stop in time\n");
	assert_string_equal(text_of(&event, (struct thread_limits){2, 1}),
		"Thread 31821 (loader):\n"
		"#0  read+0x4 (/lib/libc.so.6+0x20)\n"
		"    … more frames\n"
		"Thread 31822: as thread 31821\n");
}

static void the_sections_stand_last_in_the_trace(void **state)
{
	struct event event = with_threads(three_threads, 1);

	(void)state;
	event.threads_trace = "Python stack of thread 0x7f (most recent call last):\n";
	cJSON *object = written(&event);

	assert_string_equal(string_of(object, "error_trace"),
		"#0  strlen+0x2 (/lib/libc.so.6+0x10)\n"
		"#1  step+0x12 (/opt/job/solver+0x1139) src/solver.c:88\n#2  0x1234\n"
		"Python stack of thread 0x7f (most recent call last):\n"
		"Thread 31821 (loader):\n"
		"#0  read+0x4 (/lib/libc.so.6+0x20)\n"
		"#1  load+0x8 (/opt/job/solver+0x1200)\n");
	cJSON_Delete(object);
}

static void threads_are_these_members(void **state)
{
	struct event event = with_threads(three_threads, 3);

	(void)state;
	event.threads_left_out = 2;
	event.threads_error = "ptrace: Operation not permitted";
	cJSON_Delete(written(&event));
	assert_non_null(strstr(line_buffer,
		",\"threads\":[{\"tid\":31821,\"name\":\"loader\",\"frames\":[{"
		"\"pc\":\"0x7fff00000020\",\"module\":\"/lib/libc.so.6\",\"offset\":\"0x20\","
		"\"function\":\"read\",\"function_offset\":4,\"kind\":\"cfi\"},{"
		"\"pc\":\"0x7f0000001200\",\"module\":\"/opt/job/solver\",\"build_id\":\"dead01\","
		"\"offset\":\"0x1200\",\"function\":\"load\",\"function_offset\":8,"
		"\"kind\":\"cfi\"}]},{\"tid\":31822,\"name\":\"\",\"same_as\":31821},"
		"{\"tid\":31823,\"name\":\"lost\",\"frames\":[],"
		"\"error\":\"did not stop in time\"}],\"threads_left_out\":2,"
		"\"threads_error\":\"ptrace: Operation not permitted\",\"trace\":{"));
}

static void without_any_there_are_no_members(void **state)
{
	struct event event = sample_fault();

	(void)state;
	cJSON_Delete(written(&event));
	assert_null(strstr(line_buffer, "threads"));
	assert_null(strstr(line_buffer, "registers"));
}

static void registers_are_an_object_in_their_order(void **state)
{
	static const struct frame_register registers[] = {{"rip", 0x1139}, {"rsp", UINT64_MAX}};
	struct event event = sample_fault();

	(void)state;
	event.registers = registers;
	event.register_count = 2;
	cJSON_Delete(written(&event));
	assert_non_null(strstr(line_buffer,
		",\"registers\":{\"rip\":\"0x1139\",\"rsp\":\"0xffffffffffffffff\"},\"trace\":"));
}

static void a_stack_that_goes_on_says_so_and_why_it_was_cut(void **state)
{
	struct event event = sample_fault();

	(void)state;
	event.truncated = true;
	event.stop = "too many frames";
	cJSON *object = written(&event);
	const cJSON *trace = item_of(object, "trace");

	assert_true(says_truncated(trace));
	assert_false(says_truncated(object)); /* the line is whole */
	assert_string_equal(string_of(trace, "stop"), "too many frames");
	assert_non_null(
		strstr(string_of(object, "error_trace"), "\n#2  0x1234\n    … more frames\n"));
	cJSON_Delete(object);
}

/* COUNT threads with stacks of their own, DEPTH frames each. */
#define CROWD_MOST 64
#define DEPTH_MOST 128
static struct frame crowd_frames[CROWD_MOST][DEPTH_MOST];
static struct event_thread crowd[CROWD_MOST];

static struct event with_crowd(size_t count, size_t depth)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < depth; j++) {
			crowd_frames[i][j] = waiting[1];
			crowd_frames[i][j].pc += i * DEPTH_MOST + j;
		}
		crowd[i] = (struct event_thread){.tid = (pid_t)(100 + i),
			.name = "worker",
			.frames = crowd_frames[i],
			.frame_count = depth};
	}
	return with_threads(crowd, count);
}

static void deep_stacks_are_cut_before_threads_are(void **state)
{
	struct event event = with_crowd(16, 128);
	cJSON *object = written(&event);
	const cJSON *first = cJSON_GetArrayItem(item_of(object, "threads"), 0);

	(void)state;
	assert_true(says_truncated(object));
	assert_int_equal(count_of(object, "threads"), 16);
	assert_uint_in_range(count_of(first, "frames"), 8, 64);
	assert_true(says_truncated(first));
	assert_non_null(
		strstr(string_of(object, "error_trace"), "\n    … more frames\nThread 115 "));
	assert_int_equal(count_of(object, "frames"), 3);
	cJSON_Delete(object);
}

static void threads_are_cut_from_the_end_of_the_list_and_from_the_trace(void **state)
{
	struct event event = with_crowd(64, 12);
	cJSON *object = written(&event);
	size_t count = count_of(object, "threads");
	char section[32];

	(void)state;
	assert_true(says_truncated(object));
	assert_uint_in_range(count, 16, 63);
	assert_int_equal(count_of(cJSON_GetArrayItem(item_of(object, "threads"), 0), "frames"), 8);
	assert_int_equal(number_of(object, "threads_left_out"), 64 - count);
	snprintf(section, sizeof section, "\nThread %zu ", 100 + count - 1);
	assert_non_null(strstr(string_of(object, "error_trace"), section));
	snprintf(section, sizeof section, "\nThread %zu ", 100 + count);
	assert_null(strstr(string_of(object, "error_trace"), section));
	assert_int_equal(count_of(object, "frames"), 3);
	cJSON_Delete(object);
}

/* The crashing thread's stack is worth more than all others together. */
static void all_threads_go_before_a_frame_does(void **state)
{
	static struct frame frames[128];
	struct event event = with_crowd(64, 12);

	(void)state;
	for (size_t i = 0; i < 128; i++)
		frames[i] = waiting[1];
	event.frames = frames;
	event.frame_count = 128;
	event.foreign_trace = NULL;
	cJSON *object = written(&event);

	assert_true(says_truncated(object));
	assert_int_equal(count_of(object, "frames"), 128);
	cJSON_Delete(object);
}

static void in_a_smaller_buffer_a_line_is_valid_or_flagged(void **state)
{
	struct event event = with_crowd(8, 16);

	(void)state;
	for (size_t size = 1; size < 16384; size += size < 2500 ? 1 : size / 7) {
		cJSON *object = written_in(&event, size);

		assert_true(line.truncated || says_truncated(object) ||
			    count_of(object, "threads") == 8);
		cJSON_Delete(object);
	}
}

UNIT_TESTS(cmocka_unit_test(each_thread_has_a_section_and_equal_stacks_are_reported_once),
	cmocka_unit_test(the_sections_stand_last_in_the_trace),
	cmocka_unit_test(threads_are_these_members),
	cmocka_unit_test(without_any_there_are_no_members),
	cmocka_unit_test(registers_are_an_object_in_their_order),
	cmocka_unit_test(a_stack_that_goes_on_says_so_and_why_it_was_cut),
	cmocka_unit_test(deep_stacks_are_cut_before_threads_are),
	cmocka_unit_test(threads_are_cut_from_the_end_of_the_list_and_from_the_trace),
	cmocka_unit_test(all_threads_go_before_a_frame_does),
	cmocka_unit_test(in_a_smaller_buffer_a_line_is_valid_or_flagged))
