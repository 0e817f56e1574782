/* SPDX-License-Identifier: Apache-2.0 */
/* Where colours are wanted. What a terminal is, is asked in tests/cli/test_color.py, which has one.
 */
#include "core/base/color.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <unistd.h>

static void the_environment_says_where(void **state)
{
	static const struct {
		const char *environment[6];
		enum color_where where;
	} rows[] = {
		{{NULL}, COLOR_NOWHERE},
		{{"TERM=xterm"}, COLOR_TERMINALS},
		{{"TERM="}, COLOR_NOWHERE},
		{{"TERM=dumb"}, COLOR_NOWHERE},
		{{"TERM=dumber"}, COLOR_TERMINALS},
		{{"TERM=xterm", "NO_COLOR="}, COLOR_TERMINALS},
		{{"TERM=xterm", "NO_COLOR=0"}, COLOR_NOWHERE},
		{{"NO_COLOR=1", "FORCE_COLOR=1", "CLICOLOR_FORCE=1", "TERM=xterm"}, COLOR_NOWHERE},
		{{"FORCE_COLOR=1"}, COLOR_STREAMS},
		{{"FORCE_COLOR=0", "TERM=dumb"}, COLOR_STREAMS},
		{{"FORCE_COLOR=", "TERM=xterm"}, COLOR_TERMINALS},
		{{"CLICOLOR_FORCE=1", "TERM=dumb"}, COLOR_STREAMS},
		{{"CLICOLOR_FORCE=0"}, COLOR_NOWHERE},
		{{"CLICOLOR_FORCE=0", "TERM=xterm"}, COLOR_TERMINALS},
		{{"CLICOLOR_FORCE=", "TERM=xterm"}, COLOR_TERMINALS},
		{{"CLICOLOR=0", "TERM=xterm"}, COLOR_NOWHERE},
		{{"CLICOLOR=1", "TERM=xterm"}, COLOR_TERMINALS},
		{{"CLICOLOR=0", "FORCE_COLOR=1"}, COLOR_STREAMS},
	};

	(void)state;
	assert_int_equal(color_where(NULL), COLOR_NOWHERE);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (color_where((char *const *)rows[i].environment) != rows[i].where)
			fail_msg("row %zu: not %d", i, rows[i].where);
}

static void only_streams_are_asked(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_false(color_wanted(COLOR_NOWHERE, ends[1]));
	assert_false(color_wanted(COLOR_TERMINALS, ends[1]));
	assert_true(color_wanted(COLOR_STREAMS, ends[1]));
	assert_true(color_wanted(COLOR_EVERYWHERE, ends[1]));
	assert_false(color_wanted(COLOR_TERMINALS, 0));
	assert_false(color_wanted(COLOR_STREAMS, 0));
	assert_true(color_wanted(COLOR_EVERYWHERE, 0));
	close(ends[0]);
	close(ends[1]);
	assert_false(color_wanted(COLOR_TERMINALS, ends[1]));
}

UNIT_TESTS(cmocka_unit_test(the_environment_says_where), cmocka_unit_test(only_streams_are_asked))
