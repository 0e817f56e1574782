/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines_world.h - programs that say what their own lines are, and the report of an event with their
 * addresses, which must say the same.
 */
#pragma once

#include "core/base/clock.h"
#include "core/report/report.h"
#include "core/report/verdict/model.h"
#include "core/report/render/render.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUILD_ID "0123456789abcdef0123456789abcdef01234567"

/* where() says the address behind its call, and the line of the call; the line after that has an
 * instruction too. */
static const char program_source[] =
	"#include <stdio.h>\n"
	"extern const char __executable_start[];\n"
	"static __attribute__((noinline)) void where(int line)\n"
	"{\n"
	"	unsigned long at = (unsigned long)__builtin_return_address(0);\n"
	"	printf(\"%lx %d\\n\", at - (unsigned long)(BIAS), line);\n"
	"}\n"
	"static inline __attribute__((always_inline)) void inner(void)\n"
	"{\n"
	"	where(__LINE__);\n"
	/* clang-format off */
			      "	__asm__ volatile(\"nop\");\n"
			      "}\n"
			      "static inline __attribute__((always_inline)) void middle(void)\n"
			      "{\n"
			      "	inner();\n"
			      "}\n"
			      "int main(void)\n"
			      "{\n"
			      "	where(__LINE__);\n"
			      "	__asm__ volatile(\"nop\");\n"
			      "	middle();\n"
			      "	return 0;\n"
			      "}\n";
/* clang-format on */

#define PIE "-pie -fPIE -DBIAS=__executable_start "
#define NO_PIE "-no-pie -fno-pie -DBIAS=0 "
#define WITH_ID "-Wl,--build-id=0x" BUILD_ID " "

/* What the program said. */
struct spot {
	unsigned long address;
	int line;
};
enum { SPOT_MAIN, SPOT_INLINED, SPOT_COUNT };

struct world {
	char directory[64], program[96], events[96];
	struct spot spots[SPOT_COUNT];
	struct report *report;
};

static inline __attribute__((format(printf, 1, 2))) void shell(const char *format, ...)
{
	char command[1024];
	va_list arguments;

	va_start(arguments, format);
	assert_uint_in_range(
		vsnprintf(command, sizeof command, format, arguments), 1, sizeof command - 1);
	va_end(arguments);
	if (system(command) != 0)
		fail_msg("%s", command);
}

static inline void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static inline void build(struct world *world, const char *flags)
{
	char path[128];
	FILE *output;

	snprintf(path, sizeof path, "%s/program.c", world->directory);
	write_file(path, program_source);
	shell("cc -w -O0 %s -o %s %s", flags, world->program, path);
	output = popen(world->program, "r");
	assert_non_null(output);
	for (size_t i = 0; i < SPOT_COUNT; i++)
		assert_int_equal(
			fscanf(output, "%lx %d", &world->spots[i].address, &world->spots[i].line),
			2);
	assert_int_equal(pclose(output), 0);
}

/* A run whose one process ended in WHAT, and reported these MEMBERS of it. */
static inline void report_members(struct world *world, const struct report_request *how,
	const char *what, const char *members)
{
	const char *paths[] = {world->events};
	struct report_request request = *how;
	char event[16384], complaint[256] = "";

	snprintf(event, sizeof event,
		"{\"schema\":\"vigil.event/1\",\"name\":\"a:%s\",\"source\":\"WORKER\","
		"\"node_state\":\"FAILED\",\"cause\":\"fault\",\"signal\":{\"number\":11},"
		"\"time_us\":1700000000000000,\"mono_us\":5,\"hostname\":\"n1\",\"pid\":10,"
		"\"process\":{\"program\":\"a\",\"start_ticks\":7},%s,\"seq\":0}\n",
		what, members);
	write_file(world->events, event);
	request.paths = paths;
	request.path_count = 1;
	if (report_make(&request, &world->report, complaint, sizeof complaint) != 0)
		fail_msg("%s", complaint);
}

/* These FRAMES. */
static inline void report_frames(
	struct world *world, const struct report_request *how, const char *what, const char *frames)
{
	char members[8192];

	snprintf(members, sizeof members, "\"frames\":[%s]", frames);
	report_members(world, how, what, members);
}

static const struct report_request with_lines = {.lines_ms = 20000};

/* One frame in PROGRAM, with MORE members. */
static inline const char *frame_in(const char *path, unsigned long offset, const char *more)
{
	static char frame[1024];

	snprintf(frame, sizeof frame, "{\"kind\":\"cfi\",\"module\":\"%s\",\"offset\":\"0x%lx\"%s}",
		path, offset, more);
	return frame;
}

#define MEMBER_ID ",\"build_id\":\"" BUILD_ID "\""

static inline void report_spot(struct world *world, const struct report_request *how, int spot)
{
	report_frames(world, how, "abort",
		frame_in(world->program, world->spots[spot].address, MEMBER_ID));
}

static inline const struct termination *end_of(const struct world *world)
{
	return world->report->job.processes[0].termination->end;
}

static inline void assert_no_line(const struct world *world)
{
	assert_null(end_of(world)->event.frames[0].file);
	assert_int_equal(end_of(world)->event.frames[0].line, 0);
}

static inline void assert_line(const struct world *world, size_t frame, int line)
{
	const char *file = end_of(world)->event.frames[frame].file;

	if (file == NULL)
		fail_msg("no line of frame %zu", frame);
	assert_non_null(strstr(file, "/program.c"));
	assert_int_equal(end_of(world)->event.frames[frame].line, line);
}

static inline void assert_warned(const struct world *world, const char *text)
{
	const struct reading *reading = &world->report->reading;

	if (text == NULL) {
		assert_int_equal(reading->warning_count, 0);
		return;
	}
	assert_int_equal(reading->warning_count, 1);
	if (strstr(reading->warnings[0], text) == NULL)
		fail_msg("the warning is: %s", reading->warnings[0]);
}

static inline const char *text_of(const struct world *world)
{
	static char buffer[16384];
	FILE *to = fmemopen(buffer, sizeof buffer, "w");

	memset(buffer, 0, sizeof buffer);
	assert_int_equal(report_print(world->report, REPORT_TEXT, to), 0);
	fclose(to);
	return buffer;
}

static inline const char *json_of(const struct world *world)
{
	static char buffer[32768];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	render_json(world->report, &text);
	assert_false(text.truncated);
	return buffer;
}

static inline void assert_text(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no '%s' in:\n%s", part, text);
}

static inline int begin(void **state)
{
	struct world *world = calloc(1, sizeof *world);

	unsetenv("DEBUGINFOD_URLS");
	strcpy(world->directory, "/tmp/vigil-lines-XXXXXX");
	if (mkdtemp(world->directory) == NULL)
		return -1;
	snprintf(world->program, sizeof world->program, "%s/program", world->directory);
	snprintf(world->events, sizeof world->events, "%s/n1.jsonl", world->directory);
	*state = world;
	return 0;
}

static inline int finish(void **state)
{
	struct world *world = *state;

	report_free(world->report);
	shell("rm -rf %s", world->directory);
	free(world);
	return 0;
}

#define LINES_TEST(test) cmocka_unit_test_setup_teardown(test, begin, finish)
