/* SPDX-License-Identifier: Apache-2.0 */
/* What CPython's dump of its stacks becomes. */
#include "core/trace/python_dump.h"

#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN "Stack (most recent call first):\n"
#define OWN_READ "Python stack (most recent call last):\n"
#define OTHER "Thread 0x00007f01 (most recent call first):\n"
#define OTHER_READ "Python stack of thread 0x00007f01 (most recent call last):\n"

static struct python_dump dump;

/* From a copy without a NUL, so that a sanitizer sees a read past its end. */
static const struct python_dump *read_n(const char *text, size_t size)
{
	char *copy = malloc(size + 1);

	assert_non_null(copy);
	memcpy(copy, text, size);
	copy = realloc(copy, size == 0 ? 1 : size);
	memset(&dump, 0x55, sizeof dump);
	python_dump_read(&dump, copy, size);
	free(copy);
	return &dump;
}

static const struct python_dump *read_text(const char *text)
{
	return read_n(text, strlen(text));
}

static void assert_frame(size_t i, const char *function, const char *file, int line)
{
	assert_true(i < dump.count);
	assert_int_equal(dump.frames[i].kind, FRAME_PYTHON);
	assert_string_equal(dump.frames[i].function, function);
	assert_string_equal(dump.frames[i].file, file);
	assert_int_equal(dump.frames[i].line, line);
}

static void the_most_recent_call_comes_last_in_text_and_first_in_frames(void **state)
{
	(void)state;
	read_text(OWN "  File \"train.py\", line 12 in step\n"
		      "  File \"train.py\", line 40 in <module>\n");
	assert_string_equal(dump.own, OWN_READ "  File \"train.py\", line 40, in <module>\n"
					       "  File \"train.py\", line 12, in step\n");
	assert_string_equal(dump.others, "");
	assert_int_equal(dump.count, 2);
	assert_frame(0, "step", "train.py", 12);
	assert_frame(1, "<module>", "train.py", 40);
}

static void other_threads_are_text_alone_and_the_own_is_reported_once(void **state)
{
	(void)state;
	read_text(OWN "  File \"a.py\", line 1 in f\n" OTHER
		      "  File \"b.py\", line 2 in g\n  File \"b.py\", line 3 in h\n"
		      "\nCurrent thread 0x00007f02 (most recent call first):\n"
		      "  File \"a.py\", line 1 in f\n"
		      "\nThread 0x00007f03 (most recent call first):\n  <no Python frame>\n");
	assert_string_equal(dump.own, OWN_READ "  File \"a.py\", line 1, in f\n");
	assert_string_equal(dump.others, OTHER_READ "  File \"b.py\", line 3, in h\n"
						    "  File \"b.py\", line 2, in g\n");
	assert_int_equal(dump.count, 1);
}

static void a_garbage_collection_is_the_innermost(void **state)
{
	static const char current[] = "Current thread 0x00007f02 (most recent call first):\n"
				      "  Garbage-collecting\n  File \"a.py\", line 1 in f\n";
	char text[256];

	(void)state;
	snprintf(text, sizeof text, OWN "  File \"a.py\", line 1 in f\n%s", current);
	read_text(text);
	assert_string_equal(
		dump.own, OWN_READ "  File \"a.py\", line 1, in f\n  Garbage-collecting\n");
	read_text(current);
	assert_string_equal(dump.own, "");
}

static void no_frame_is_nothing_to_show(void **state)
{
	(void)state;
	read_text(OWN "  <no Python frame>\n");
	assert_string_equal(dump.own, "");
	assert_int_equal(dump.count, 0);
	read_text("");
	assert_string_equal(dump.own, "");
	assert_string_equal(dump.others, "");
}

static void names_are_read_back_where_that_is_plain(void **state)
{
	(void)state;
	read_text(OWN "  File \"/tmp/gr\\xf6\\xdfe \\u4f60\\U0001f40d.py\", line 7 in \\xe4\n"
		      "  File \"a\\x0ab\\udcff\\x\\u12\", line 1 in x\n");
	assert_frame(0, "ä", "/tmp/größe 你🐍.py", 7);
	assert_frame(1, "x", "a\\x0ab\\udcff\\x\\u12", 1);
	assert_non_null(strstr(dump.own, "  File \"/tmp/größe 你🐍.py\", line 7, in ä\n"));
}

static void what_is_not_known_stays_so(void **state)
{
	(void)state;
	read_text(OWN "  File ???, line ??? in ???\n"
		      "  File \"odd\", line 3 in x.py\", line 12 in f\n"
		      "  File nonsense\n  ...\n");
	assert_string_equal(dump.own, OWN_READ "  ...\n  File nonsense\n"
					       "  File \"odd\", line 3 in x.py\", line 12, in f\n"
					       "  File ???, line ???, in ???\n");
	assert_int_equal(dump.count, 2);
	assert_frame(0, "???", "???", 0);
	assert_frame(1, "f", "odd\", line 3 in x.py", 12);
}

static void a_dump_may_end_anywhere(void **state)
{
	static const char whole[] =
		OWN "  File \"a\\xf6.py\", line 1 in f\n"
		    "  File \"b.py\", line 2 in g\n" OTHER "  File \"c.py\", line 3 in h\n";

	(void)state;
	for (size_t size = 0; size < sizeof whole; size++) {
		read_n(whole, size);
		assert_true(dump.count <= 2);
		assert_true(dump.own[0] == '\0' || strstr(dump.own, ", in f\n") != NULL);
	}
	assert_int_equal(dump.count, 2);
	assert_string_equal(dump.others, OTHER_READ "  File \"c.py\", line 3, in h\n");
}

static void too_much_is_left_out_and_said(void **state)
{
	static char text[PYTHON_DUMP_SIZE + 4096];
	size_t length = 0;

	(void)state;
	for (int i = 0; i < 400; i++)
		length += (size_t)sprintf(
			text + length, OTHER "  File \"b.py\", line %d in g\n\n", i);
	read_n(text, length);
	length = strlen(dump.others);
	assert_true(length < sizeof dump.others);
	assert_string_equal(dump.others + length - 9, "in g\n...\n");
	for (length = (size_t)sprintf(text, OWN); length < sizeof text - 64;)
		length += (size_t)sprintf(text + length, "  File \"b.py\", line 1 in g\n");
	read_n(text, length);
	assert_int_equal(dump.count, PYTHON_FRAMES_MAX);
}

UNIT_TESTS(cmocka_unit_test(the_most_recent_call_comes_last_in_text_and_first_in_frames),
	cmocka_unit_test(other_threads_are_text_alone_and_the_own_is_reported_once),
	cmocka_unit_test(a_garbage_collection_is_the_innermost),
	cmocka_unit_test(no_frame_is_nothing_to_show),
	cmocka_unit_test(names_are_read_back_where_that_is_plain),
	cmocka_unit_test(what_is_not_known_stays_so), cmocka_unit_test(a_dump_may_end_anywhere),
	cmocka_unit_test(too_much_is_left_out_and_said))
