/* SPDX-License-Identifier: Apache-2.0 */
/* Of a recursion a reader sees the first frames, and how many there are. */
#include "core/report/render/recursion.h"

#include "tests/support/cmocka.h"

static struct frame frames[64];
static size_t count;

/* NAMES, one letter a function; "." an interpreter's frame; "+" before a name: 1000 are left out.
 */
static struct recursion stack_of(const char *names)
{
	static const char functions[][2] = {"a", "b", "c", "d", "m"};
	unsigned left_out = 0;

	count = 0;
	for (; *names != '\0'; names++) {
		struct frame *frame = &frames[count];

		if (*names == '+') {
			left_out = 1000;
			continue;
		}
		*frame = (struct frame){.left_out = left_out, .offset = count};
		left_out = 0;
		frame->kind = *names == '.' ? FRAME_PYTHON : FRAME_CFI;
		for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
			if (functions[i][0] == *names)
				frame->function = functions[i];
		count++;
	}
	return (struct recursion){.frames = frames, .count = count};
}

/* What is shown of NAMES: "0a 1a [30 of a] 32m". */
static const char *shown(const char *names)
{
	static char buffer[1024];
	struct recursion stack = stack_of(names);
	struct text text;
	bool more;

	text_init(&text, buffer, sizeof buffer);
	do {
		more = recursion_next(&stack);
		if (stack.hidden > 0) {
			text_printf(&text, "[%zu", stack.hidden);
			text_add(&text, stack.functions > 0 ? " of " : "");
			recursion_names(&stack, &text);
			text_add(&text, "] ");
		}
		if (more)
			text_printf(&text, "%zu%s ", stack.number,
				frames[stack.index].function == NULL
					? "?"
					: frames[stack.index].function);
	} while (more);
	return buffer;
}

static void what_is_no_recursion_is_shown(void **state)
{
	(void)state;
	assert_string_equal(shown(""), "");
	assert_string_equal(shown("abcm"), "0a 1b 2c 3m ");
	assert_string_equal(shown("aaaam"), "0a 1a 2a 3a 4m ");
	assert_string_equal(shown("ababcm"), "0a 1b 2a 3b 4c 5m ");
}

static void the_first_two_rounds_are_shown(void **state)
{
	(void)state;
	assert_string_equal(shown("aaaaaaaam"), "0a 1a [6 of a] 8m ");
	assert_string_equal(shown("cabababababm"), "0c 1a 2b 3a 4b [6 of a and b] 11m ");
	assert_string_equal(shown("abcabcabcabcm"), "0a 1b 2c 3a 4b 5c [6 of a, b and c] 12m ");
	assert_string_equal(shown("aaaaaabbbbbbm"), "0a 1a [4 of a] 6b 7b [4 of b] 12m ");
}

static void frames_that_were_left_out_are_counted(void **state)
{
	(void)state;
	assert_string_equal(shown("aaaa+aaam"), "0a 1a [1005 of a] 1007m ");
	assert_string_equal(shown("abab+baba+m"), "0a 1b 2a 3b [2004] 2008m ");
	assert_string_equal(shown("abc+dm"), "0a 1b 2c [1000] 1003d 1004m ");
}

static void a_recursion_may_be_the_end(void **state)
{
	(void)state;
	assert_string_equal(shown("aaaaaaaa"), "0a 1a [6 of a] ");
}

static void an_interpreters_frames_do_not_count(void **state)
{
	(void)state;
	assert_string_equal(shown("...aaaaaam"), "0a 1a [4 of a] 6m ");
}

static void frames_without_names_differ_by_their_place(void **state)
{
	(void)state;
	assert_string_equal(shown("??????m"), "0? 1? 2? 3? 4? 5? 6m ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_recursion_is_shown),
		cmocka_unit_test(the_first_two_rounds_are_shown),
		cmocka_unit_test(frames_that_were_left_out_are_counted),
		cmocka_unit_test(a_recursion_may_be_the_end),
		cmocka_unit_test(an_interpreters_frames_do_not_count),
		cmocka_unit_test(frames_without_names_differ_by_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
