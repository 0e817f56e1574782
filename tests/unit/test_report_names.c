/* SPDX-License-Identifier: Apache-2.0 */
/* Names of C++ functions: for people in both forms, cut to the page in one of them. */
#include "tests/unit/lines_world.h"

static void names_of_cplusplus_are_for_people(void **state)
{
	static const char *const names[][2] = {
		{"_ZN6solver4stepEi", "solver::step(int)"},
		{"_ZN6solver4stepEd", "solver::step(double)"},
		{"_Z3addIiET_S0_S0_", "int add<int>(int, int)"},
		{"_ZZ4mainENKUliE_clEi", "main::{lambda(int)#1}::operator()(int) const"},
	};
	struct world *world = *state;
	struct report_request request = with_lines;
	char frame[256], part[256];

	request.no_lines = true;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(frame, sizeof frame,
			"{\"kind\":\"cfi\",\"function\":\"%s\",\"function_offset\":3}",
			names[i][0]);
		report_frames(world, &request, "signal", frame);
		assert_string_equal(end_of(world)->event.frames[0].function, names[i][1]);
		snprintf(part, sizeof part, "\"function\":\"%s\"", names[i][1]);
		assert_text(json_of(world), part);
		snprintf(part, sizeof part, "\"symbol\":\"%s\"", names[i][0]);
		assert_text(json_of(world), part);
		report_free(world->report);
	}
	report_frames(world, &request, "signal",
		"{\"kind\":\"cfi\",\"function\":\"_RNvC1a1b\"},"
		"{\"kind\":\"cfi\",\"function\":\"_Zebra\"}");
	assert_string_equal(end_of(world)->event.frames[0].function, "_RNvC1a1b");
	assert_string_equal(end_of(world)->event.frames[1].function, "_Zebra");
	assert_null(strstr(json_of(world), "\"symbol\""));
}

static void a_long_name_is_cut_for_people_and_whole_for_programs(void **state)
{
	static const char symbol[] = "_ZN6solver5sweepIdEET_RKSt6vectorIS1_SaIS1_EEPS1_RKSt3mapI"
				     "S1_S1_St4lessIS1_ESaISt4pairIKS1_S1_EEE";
	struct world *world = *state;
	char frame[512];
	const char *text;

	snprintf(frame, sizeof frame,
		"{\"kind\":\"cfi\",\"module\":\"/a/solver\",\"offset\":\"0x1\",\"function\":\"%s\","
		"\"function_offset\":3,\"file\":\"/a/solver.cpp\",\"line\":88}",
		symbol);
	report_frames(world, &with_lines, "signal", frame);
	text = text_of(world);
	assert_text(text, "    #0  double solver::sweep<double>(");
	assert_text(text, "…+0x3 (solver)  solver.cpp:88\n");
	assert_text(text, "… (solver.cpp:88)\n");
	for (const char *at = text; *at != '\0'; at += strcspn(at, "\n") + 1) {
		size_t columns = 0;

		for (size_t i = 0; at[i] != '\n'; i++)
			columns += (at[i] & 0xc0) != 0x80;
		assert_uint_in_range(columns, 0, 100);
	}
	assert_text(json_of(world), "std::allocator<std::pair<double const, double> > > const&)\"");
}

/* Each parameter is a pair of two of the one before: 2^60 names, from 700 bytes. */
static void a_name_that_explodes_costs_no_more_than_the_time_there_is(void **state)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	struct report_request request = {.lines_ms = 300, .no_lines = true};
	struct world *world = *state;
	char frame[1024] = "{\"kind\":\"cfi\",\"function\":\"_Z1f1PI1AS0_E", name[16];
	int64_t began;

	for (int i = 1; i < 36; i++) {
		snprintf(name, sizeof name, "S_IS%c_S%c_E", digits[i], digits[i]);
		strcat(frame, name);
	}
	strcat(frame, "\"}");
	began = instant_now().mono_us;
	report_frames(world, &request, "signal", frame);
	assert_true(instant_now().mono_us - began < INT64_C(5) * 1000 * 1000);
	assert_warned(world, "names and lines took longer than 300 ms; some are missing");
	assert_null(end_of(world)->notes[0].symbol);
}

UNIT_TESTS(LINES_TEST(names_of_cplusplus_are_for_people),
	LINES_TEST(a_long_name_is_cut_for_people_and_whole_for_programs),
	LINES_TEST(a_name_that_explodes_costs_no_more_than_the_time_there_is), )
