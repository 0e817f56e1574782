/* SPDX-License-Identifier: Apache-2.0 */
/* What the report makes of other threads, of registers and of a stack that was cut. */
#include "tests/unit/lines_world.h"

#define FRAMES "\"frames\":[{\"kind\":\"cfi\",\"pc\":\"0x10\",\"function\":\"step\"}]"
#define STANDING(function) \
	"\"frames\":[{\"kind\":\"cfi\",\"pc\":\"0x20\",\"function\":\"" function "\"}]"

static void report_threads(struct world *world, const char *threads, const char *more)
{
	char results[8192];

	snprintf(results, sizeof results, FRAMES ",\"threads\":[%s]%s", threads, more);
	report_members(world, &with_lines, "signal", results);
}

static const struct event_thread *thread_of(const struct world *world, size_t index)
{
	assert_true(index < end_of(world)->event.thread_count);
	return &end_of(world)->event.threads[index];
}

static void threads_are_read_and_those_like_another_have_its_frames(void **state)
{
	struct world *world = *state;

	report_threads(world,
		"{\"tid\":11,\"name\":\"loader\",\"truncated\":true," STANDING(
			"load") "},"
				"{\"tid\":12,\"name\":\"loader\",\"same_as\":11},"
				"{\"tid\":13,\"name\":\"lost\",\"frames\":[],\"error\":\"did not "
				"stop in time\"},"
				"{\"tid\":14,\"name\":\"odd\",\"same_as\":99}",
		",\"threads_left_out\":3,\"threads_error\":\"the tracer died\"");
	assert_int_equal(end_of(world)->event.thread_count, 4);
	assert_int_equal(end_of(world)->event.threads_left_out, 3);
	assert_string_equal(end_of(world)->event.threads_error, "the tracer died");
	assert_int_equal(thread_of(world, 0)->tid, 11);
	assert_string_equal(thread_of(world, 0)->frames[0].function, "load");
	assert_ptr_equal(thread_of(world, 1)->frames, thread_of(world, 0)->frames);
	assert_true(thread_of(world, 1)->truncated);
	assert_int_equal(thread_of(world, 2)->frame_count, 0);
	assert_string_equal(thread_of(world, 2)->error, "did not stop in time");
	assert_int_equal(thread_of(world, 3)->frame_count, 0);
	assert_text(json_of(world),
		",\"threads\":[{\"tid\":11,\"name\":\"loader\",\"frames\":[{\"pc\":\"0x20\","
		"\"function\":\"load\",\"function_offset\":0,\"kind\":\"cfi\"}],"
		"\"truncated\":true},{\"tid\":12,\"name\":\"loader\",\"same_as\":11},{");
	assert_text(json_of(world), "\"frames\":[],\"error\":\"did not stop in time\"}");
	assert_text(
		json_of(world), ",\"threads_left_out\":3,\"threads_error\":\"the tracer died\"");
}

static void stacks_that_are_the_same_to_people_are_shown_once(void **state)
{
	struct world *world = *state;
	const char *text;

	report_threads(world,
		"{\"tid\":11,\"name\":\"loader\"," STANDING(
			"load") "},"
				"{\"tid\":12,\"name\":\"loader\",\"same_as\":11},"
				"{\"tid\":13,\"name\":\"other\"," STANDING(
					"wait") "},"
						"{\"tid\":14,\"frames\":[{\"kind\":\"cfi\",\"pc\":"
						"\"0x24\","
						"\"function\":\"load\"}]},"
						"{\"tid\":15,\"name\":\"a\",\"frames\":[],"
						"\"error\":\"not reached\"},"
						"{\"tid\":16,\"name\":\"b\",\"frames\":[],"
						"\"error\":\"not reached\"}",
		",\"threads_left_out\":2,\"threads_error\":\"pid 7 traces them\"");
	text = text_of(world);
	assert_text(text, "    #0  step+0x0\n"
			  "    thread 11 (loader) and 2 like it:\n    #0  load+0x0\n"
			  "    thread 13 (other):\n    #0  wait+0x0\n"
			  "    thread 15 (a) and 1 like it: not reached\n"
			  "    … 2 more threads\n"
			  "    other threads: pid 7 traces them\n");
}

static void no_more_than_eight_stacks_are_shown_and_eight_frames_of_each(void **state)
{
	struct world *world = *state;
	char threads[8192] = "", *at = threads;

	at += sprintf(at, "{\"tid\":10,\"name\":\"deep\",\"frames\":[");
	for (int i = 0; i < 11; i++)
		at += sprintf(at, "%s{\"kind\":\"cfi\",\"function\":\"f%d\"}", i > 0 ? "," : "", i);
	at += sprintf(at, "],\"truncated\":true}");
	for (int i = 1; i < 11; i++)
		at += sprintf(at,
			",{\"tid\":%d,\"frames\":[{\"kind\":\"cfi\",\"function\":\"g%d\"}]}",
			10 + i, i);
	report_threads(world, threads, "");
	assert_text(text_of(world), "    #7  f7+0x0\n    … 3 more frames\n"
				    "    … and more, which were not recorded\n    thread 11:\n");
	assert_text(text_of(world), "    thread 17:\n    #0  g7+0x0\n    … 3 more threads\n");
	assert_null(strstr(text_of(world), "thread 18"));
}

static void their_frames_have_lines_too(void **state)
{
	struct world *world = *state;
	char thread[2048];

	build(world, "-g " PIE WITH_ID);
	snprintf(thread, sizeof thread,
		"{\"tid\":11,\"name\":\"a\",\"frames\":[{\"kind\":\"cfi\",\"function\":\"x\"},%s]},"
		"{\"tid\":12,\"name\":\"b\",\"same_as\":11}",
		frame_in(world->program, world->spots[SPOT_INLINED].address, MEMBER_ID));
	report_threads(world, thread, "");
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(
			thread_of(world, i)->frames[1].line, world->spots[SPOT_INLINED].line);
		assert_string_equal(thread_of(world, i)->frames[1].function, "main");
	}
	assert_ptr_equal(thread_of(world, 1)->frames, thread_of(world, 0)->frames);
	assert_text(
		text_of(world), "    thread 11 (a) and 1 like it:\n    #0  x+0x0\n    #1  main+");
	assert_text(text_of(world), "  program.c:10 in inner (inlined)\n");
	assert_text(json_of(world), "\"inlined\":[\"inner\",\"middle\"]");
}

/* It was under way there: nothing had called it. */
static void the_innermost_frame_is_taken_as_it_stands(void **state)
{
	struct world *world = *state;
	char thread[2048];

	build(world, "-g " PIE WITH_ID);
	snprintf(thread, sizeof thread, "{\"tid\":11,\"name\":\"a\",\"frames\":[%s]}",
		frame_in(world->program, world->spots[SPOT_MAIN].address, MEMBER_ID));
	report_threads(world, thread, "");
	assert_int_equal(thread_of(world, 0)->frames[0].line, world->spots[SPOT_MAIN].line + 1);
}

static void registers_are_a_block_of_four_a_line(void **state)
{
	struct world *world = *state;

	report_members(world, &with_lines, "signal",
		FRAMES ",\"registers\":{\"rip\":\"0x1139\",\"rsp\":\"0xffffffffffffffff\","
		       "\"rbp\":\"0x0\",\"rax\":\"0x1\",\"r8\":\"0x2\"}");
	assert_text(text_of(world),
		"    #0  step+0x0\n"
		"    rip 0x0000000000001139  rsp 0xffffffffffffffff  rbp 0x0000000000000000  "
		"rax 0x0000000000000001\n"
		"    r8  0x0000000000000002\n");
	assert_text(json_of(world), ",\"registers\":{\"rip\":\"0x1139\",\"rsp\":"
				    "\"0xffffffffffffffff\",\"rbp\":\"0x0\",\"rax\":\"0x1\","
				    "\"r8\":\"0x2\"},");
}

static void a_stack_that_was_cut_says_so(void **state)
{
	struct world *world = *state;

	report_members(world, &with_lines, "signal",
		FRAMES ",\"trace\":{\"outcome\":\"ok\",\"us\":1,\"truncated\":true,"
		       "\"stop\":\"too many frames\"}");
	assert_text(text_of(world), "    #0  step+0x0\n    … and more, which were not recorded\n");
	assert_text(json_of(world), "],\"truncated\":true,\"stop\":\"too many frames\",");
	report_free(world->report);
	report_members(world, &with_lines, "signal",
		FRAMES ",\"trace\":{\"outcome\":\"ok\",\"us\":1,\"stop\":\"stack is misaligned\"}");
	assert_text(text_of(world), "    #0  step+0x0\n    … not further: stack is misaligned\n");
}

static void what_was_not_reported_is_not_there(void **state)
{
	struct world *world = *state;

	report_members(world, &with_lines, "signal", FRAMES);
	assert_null(strstr(text_of(world), "thread"));
	assert_null(strstr(text_of(world), "…"));
	assert_null(strstr(json_of(world), "thread"));
	assert_null(strstr(json_of(world), "registers"));
	assert_null(strstr(json_of(world), "truncated"));
}

UNIT_TESTS(LINES_TEST(threads_are_read_and_those_like_another_have_its_frames),
	LINES_TEST(stacks_that_are_the_same_to_people_are_shown_once),
	LINES_TEST(no_more_than_eight_stacks_are_shown_and_eight_frames_of_each),
	LINES_TEST(their_frames_have_lines_too),
	LINES_TEST(the_innermost_frame_is_taken_as_it_stands),
	LINES_TEST(registers_are_a_block_of_four_a_line), LINES_TEST(a_stack_that_was_cut_says_so),
	LINES_TEST(what_was_not_reported_is_not_there), )
