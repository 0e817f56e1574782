/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of source and names for people: programs that are compiled here say what their own lines
 * are, and the report of an event with their addresses must say the same. */
#include "core/base/clock.h"
#include "core/report/ask.h"
#include "core/report/model.h"
#include "core/report/render.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUILD_ID "0123456789abcdef0123456789abcdef01234567"

/* where() says the address behind its call, and the line of the call; the line after that has an
 * instruction too. */
static const char program[] = "#include <stdio.h>\n"
			      "extern const char __executable_start[];\n"
			      "static __attribute__((noinline)) void where(int line)\n"
			      "{\n"
			      "	unsigned long at = (unsigned long)__builtin_return_address(0);\n"
			      "	printf(\"%lx %d\\n\", at - (unsigned long)(BIAS), line);\n"
			      "}\n"
			      "static inline __attribute__((always_inline)) void inner(void)\n"
			      "{\n"
			      "	where(__LINE__);\n"
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

static __attribute__((format(printf, 1, 2))) void shell(const char *format, ...)
{
	char command[1024];
	va_list arguments;

	va_start(arguments, format);
	assert_in_range(vsnprintf(command, sizeof command, format, arguments), 1,
		sizeof command - 1);
	va_end(arguments);
	if (system(command) != 0)
		fail_msg("%s", command);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void build(struct world *world, const char *flags)
{
	char path[128];
	FILE *output;

	snprintf(path, sizeof path, "%s/program.c", world->directory);
	write_file(path, program);
	shell("cc -w -O0 %s -o %s %s", flags, world->program, path);
	output = popen(world->program, "r");
	assert_non_null(output);
	for (size_t i = 0; i < SPOT_COUNT; i++)
		assert_int_equal(fscanf(output, "%lx %d", &world->spots[i].address,
					 &world->spots[i].line),
			2);
	assert_int_equal(pclose(output), 0);
}

/* A run whose one process ended in WHAT with these FRAMES. */
static void report_frames(
	struct world *world, const struct report_request *how, const char *what, const char *frames)
{
	const char *paths[] = {world->events};
	struct report_request request = *how;
	char event[8192], complaint[256] = "";

	snprintf(event, sizeof event,
		"{\"schema\":\"vigil.event/1\",\"name\":\"a:%s\",\"source\":\"WORKER\","
		"\"node_state\":\"FAILED\",\"cause\":\"fault\",\"signal\":{\"number\":11},"
		"\"time_us\":1700000000000000,\"mono_us\":5,\"hostname\":\"n1\",\"pid\":10,"
		"\"process\":{\"program\":\"a\",\"start_ticks\":7},\"frames\":[%s],\"seq\":0}\n",
		what, frames);
	write_file(world->events, event);
	request.paths = paths;
	request.path_count = 1;
	if (report_make(&request, &world->report, complaint, sizeof complaint) != 0)
		fail_msg("%s", complaint);
}

static const struct report_request with_lines = {.lines_ms = 20000};

/* One frame in PROGRAM, with MORE members. */
static const char *frame_in(const char *path, unsigned long offset, const char *more)
{
	static char frame[1024];

	snprintf(frame, sizeof frame,
		"{\"kind\":\"cfi\",\"module\":\"%s\",\"offset\":\"0x%lx\"%s}", path, offset, more);
	return frame;
}

#define MEMBER_ID ",\"build_id\":\"" BUILD_ID "\""

static void report_spot(struct world *world, const struct report_request *how, int spot)
{
	report_frames(world, how, "abort",
		frame_in(world->program, world->spots[spot].address, MEMBER_ID));
}

static const struct told_end *end_of(const struct world *world)
{
	return world->report->job.processes[0].end->end;
}

static void assert_no_line(const struct world *world)
{
	assert_null(end_of(world)->event.frames[0].file);
	assert_int_equal(end_of(world)->event.frames[0].line, 0);
}

static void assert_line(const struct world *world, size_t frame, int line)
{
	const char *file = end_of(world)->event.frames[frame].file;

	if (file == NULL)
		fail_msg("no line of frame %zu", frame);
	assert_non_null(strstr(file, "/program.c"));
	assert_int_equal(end_of(world)->event.frames[frame].line, line);
}

static void assert_warned(const struct world *world, const char *text)
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

static const char *text_of(const struct world *world)
{
	static char buffer[16384];
	FILE *to = fmemopen(buffer, sizeof buffer, "w");

	memset(buffer, 0, sizeof buffer);
	assert_int_equal(report_print_text(world->report, to), 0);
	fclose(to);
	return buffer;
}

static const char *json_of(const struct world *world)
{
	static char buffer[32768];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	render_json(world->report, &text);
	assert_false(text.truncated);
	return buffer;
}

static void assert_text(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no '%s' in:\n%s", part, text);
}

static void a_return_address_is_the_line_of_its_call(void **state)
{
	struct world *world = *state;

	build(world, "-g " PIE WITH_ID);
	report_spot(world, &with_lines, SPOT_MAIN);
	assert_line(world, 0, world->spots[SPOT_MAIN].line);
	assert_warned(world, NULL);
	assert_text(text_of(world), "  in main (program.c:19)\n");
	assert_text(text_of(world), " (program)  program.c:19\n");
	assert_text(json_of(world), "/program.c\",\"line\":19,");
}

static void a_program_at_a_fixed_address_has_lines(void **state)
{
	struct world *world = *state;

	build(world, "-g " NO_PIE WITH_ID);
	report_spot(world, &with_lines, SPOT_MAIN);
	assert_line(world, 0, world->spots[SPOT_MAIN].line);
	assert_text(json_of(world), "\"function\":\"main\",\"function_offset\":");
}

static void lines_need_no_table_of_addresses(void **state)
{
	struct world *world = *state;

	build(world, "-g " PIE WITH_ID);
	shell("objcopy --remove-section .debug_aranges %s", world->program);
	report_spot(world, &with_lines, SPOT_MAIN);
	assert_line(world, 0, world->spots[SPOT_MAIN].line);
}

/* Where a signal came, the address is that of the instruction itself: here, of the next line. */
static void an_interrupted_instruction_is_taken_as_it_stands(void **state)
{
	struct world *world = *state;
	unsigned long at;
	char frames[2048];
	int line;

	build(world, "-g " PIE WITH_ID);
	at = world->spots[SPOT_MAIN].address;
	line = world->spots[SPOT_MAIN].line;
	snprintf(frames, sizeof frames, "%s,", frame_in(world->program, at, MEMBER_ID));
	strcat(frames, frame_in(world->program, at, MEMBER_ID));
	strcat(frames, ",{\"kind\":\"cfi\",\"function\":\"<signal handler called>\"},");
	strcat(frames, frame_in(world->program, at, MEMBER_ID));
	report_frames(world, &with_lines, "signal", frames);
	assert_line(world, 0, line + 1);
	assert_line(world, 1, line);
	assert_null(end_of(world)->event.frames[2].file);
	assert_line(world, 3, line + 1);
}

static void inlined_functions_are_named(void **state)
{
	struct world *world = *state;

	build(world, "-g " PIE WITH_ID);
	report_spot(world, &with_lines, SPOT_INLINED);
	assert_line(world, 0, world->spots[SPOT_INLINED].line);
	assert_string_equal(end_of(world)->event.frames[0].function, "main");
	assert_text(json_of(world), "\"inlined\":[\"inner\",\"middle\"]");
	assert_text(text_of(world), "  program.c:10 in inner (inlined)\n");
}

static void another_build_has_no_lines_and_that_is_said_once(void **state)
{
	struct world *world = *state;
	char frames[2048], warning[160];

	build(world, "-g " PIE "-Wl,--build-id=0xfe23456789abcdef0123456789abcdef01234567");
	snprintf(frames, sizeof frames, "%s,", frame_in(world->program, 0x1000, MEMBER_ID));
	strcat(frames, frame_in(world->program, 0x1100, MEMBER_ID));
	report_frames(world, &with_lines, "abort", frames);
	assert_no_line(world);
	snprintf(warning, sizeof warning,
		"%s is another build than the one that ran; no lines of it", world->program);
	assert_warned(world, warning);
}

static void without_a_build_id_there_is_nothing_to_go_by(void **state)
{
	struct world *world = *state;

	build(world, "-g " PIE "-Wl,--build-id=none");
	report_frames(world, &with_lines, "abort",
		frame_in(world->program, world->spots[SPOT_MAIN].address, ""));
	assert_no_line(world);
	assert_warned(world, "/program ran without a build-id to know it by; no lines of it");
}

static void without_debug_information_there_is_no_line_and_no_warning(void **state)
{
	struct world *world = *state;

	build(world, "-s " PIE WITH_ID);
	report_spot(world, &with_lines, SPOT_MAIN);
	assert_no_line(world);
	assert_warned(world, NULL);
}

static void split(struct world *world)
{
	build(world, "-g " PIE WITH_ID);
	shell("cd %s && objcopy --only-keep-debug program apart && strip program",
		world->directory);
}

static void a_debug_file_is_found_by_its_link(void **state)
{
	struct world *world = *state;

	split(world);
	report_spot(world, &with_lines, SPOT_MAIN);
	assert_no_line(world);
	report_free(world->report);
	shell("cd %s && objcopy --add-gnu-debuglink=apart program", world->directory);
	report_spot(world, &with_lines, SPOT_MAIN);
	assert_line(world, 0, world->spots[SPOT_MAIN].line);
}

static void a_debug_file_is_found_by_build_id_even_without_its_program(void **state)
{
	struct world *world = *state;
	struct report_request request = with_lines;

	split(world);
	shell("cd %s && mkdir -p d/.build-id/01 && mv apart d/.build-id/01/%s.debug",
		world->directory, &BUILD_ID[2]);
	request.debug_directory = world->directory;
	report_spot(world, &request, SPOT_MAIN);
	assert_no_line(world);
	report_free(world->report);
	shell("mv %s/d/.build-id %s", world->directory, world->directory);
	report_spot(world, &request, SPOT_MAIN);
	assert_line(world, 0, world->spots[SPOT_MAIN].line);
	report_free(world->report);
	assert_int_equal(unlink(world->program), 0);
	report_spot(world, &request, SPOT_MAIN);
	assert_line(world, 0, world->spots[SPOT_MAIN].line);
	assert_string_equal(end_of(world)->event.frames[0].function, "main");
}

/* A server of debug files may also be a folder. */
static void a_server_is_asked_if_the_user_names_one(void **state)
{
	struct world *world = *state;
	char url[128];

	split(world);
	shell("cd %s && mkdir -p buildid/" BUILD_ID " && mv apart buildid/" BUILD_ID
	      "/debuginfo",
		world->directory);
	snprintf(url, sizeof url, "file://%s", world->directory);
	setenv("DEBUGINFOD_CACHE_PATH", world->directory, 1);
	report_spot(world, &with_lines, SPOT_MAIN);
	assert_no_line(world);
	report_free(world->report);
	setenv("DEBUGINFOD_URLS", url, 1);
	report_spot(world, &with_lines, SPOT_MAIN);
	unsetenv("DEBUGINFOD_URLS");
	assert_line(world, 0, world->spots[SPOT_MAIN].line);
}

static void damage(const char *path, unsigned seed)
{
	FILE *file = fopen(path, "r+");
	long size;

	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	srand(seed);
	for (int i = 0; i < 400; i++) {
		fseek(file, 0x400 + rand() % (size - 0x400), SEEK_SET);
		fputc(rand() % 256, file);
	}
	assert_int_equal(fclose(file), 0);
}

static void a_damaged_file_costs_its_lines_and_nothing_else(void **state)
{
	struct world *world = *state;
	char frames[2048], good[112];

	build(world, "-g " PIE WITH_ID);
	snprintf(good, sizeof good, "%s.good", world->program);
	shell("cp %s %s", world->program, good);
	snprintf(frames, sizeof frames, "%s,",
		frame_in(world->program, world->spots[SPOT_INLINED].address, MEMBER_ID));
	strcat(frames, frame_in(good, world->spots[SPOT_MAIN].address, MEMBER_ID));
	for (unsigned seed = 0; seed < 30; seed++) {
		shell("cp %s %s", good, world->program);
		damage(world->program, seed);
		report_frames(world, &with_lines, "abort", frames);
		assert_line(world, 1, world->spots[SPOT_MAIN].line);
		if (seed < 29)
			report_free(world->report);
	}
}

/* A path that nobody can read stands for a file that libdw dies of. */
static void what_kills_its_reader_costs_itself_alone(void **state)
{
	struct world *world = *state;
	const char *nowhere = (const char *)(uintptr_t)8;
	struct frame_module deadly = {.path = nowhere}, good = {.build_id_size = 20};
	struct ask_place places[3] = {{.address = 1}, {.address = 1}, {.address = 1}};
	struct ask_module modules[] = {
		{&deadly, &places[0], 1, SOURCE_OK},
		{&good, &places[1], 1, SOURCE_OK},
		{&deadly, &places[2], 1, SOURCE_OK},
	};
	struct ask_name name = {.symbol = "_Z1fv"};
	struct ask questions = {&name, 1, modules, 3, NULL, 20000, false};
	struct arena arena = {0};

	build(world, "-g " PIE WITH_ID);
	good.path = world->program;
	for (size_t i = 0; i < good.build_id_size; i++)
		sscanf(&BUILD_ID[2 * i], "%2hhx", &good.build_id[i]);
	places[1].address = world->spots[SPOT_MAIN].address - 1;
	assert_int_equal(ask(&questions, &arena), 0);
	assert_string_equal(name.demangled, "f()");
	assert_int_equal(modules[0].trouble, SOURCE_DAMAGED);
	assert_int_equal(modules[1].trouble, SOURCE_OK);
	assert_int_equal(places[1].line, world->spots[SPOT_MAIN].line);
	assert_int_equal(modules[2].trouble, SOURCE_DAMAGED);
	assert_false(questions.late);
	arena_release(&arena);
}

static void what_is_no_file_of_its_own_is_not_opened(void **state)
{
	struct world *world = *state;
	char pipe[96];
	const char *paths[] = {"program", "/dev/zero", "/proc/self/mem", "/", "", pipe};
	int64_t began = instant_now().mono_us;

	snprintf(pipe, sizeof pipe, "%s/pipe", world->directory);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	build(world, "-g " PIE WITH_ID);
	assert_int_equal(chdir(world->directory), 0);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		report_frames(world, &with_lines, "abort",
			frame_in(paths[i], world->spots[SPOT_MAIN].address, MEMBER_ID));
		assert_no_line(world);
		assert_warned(world, NULL);
		report_free(world->report);
	}
	assert_int_equal(chdir("/"), 0);
	report_frames(world, &with_lines, "abort", "");
	assert_true(instant_now().mono_us - began < INT64_C(10) * 1000 * 1000);
}

static void nothing_is_opened_unless_it_is_asked_for(void **state)
{
	struct world *world = *state;
	struct report_request names = with_lines;

	names.no_lines = true;
	build(world, "-g " PIE WITH_ID);
	report_spot(world, &names, SPOT_MAIN);
	assert_no_line(world);
	report_free(world->report);
	report_spot(world, &(struct report_request){.lines_ms = 0}, SPOT_MAIN);
	assert_no_line(world);
}

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
			"{\"kind\":\"cfi\",\"function\":\"%s\",\"function_offset\":3}", names[i][0]);
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
		assert_in_range(columns, 0, 100);
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

static int begin(void **state)
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

static int finish(void **state)
{
	struct world *world = *state;

	report_free(world->report);
	shell("rm -rf %s", world->directory);
	free(world);
	return 0;
}

#define LINES_TEST(test) cmocka_unit_test_setup_teardown(test, begin, finish)

UNIT_TESTS(LINES_TEST(a_return_address_is_the_line_of_its_call),
	LINES_TEST(a_program_at_a_fixed_address_has_lines),
	LINES_TEST(lines_need_no_table_of_addresses),
	LINES_TEST(an_interrupted_instruction_is_taken_as_it_stands),
	LINES_TEST(inlined_functions_are_named),
	LINES_TEST(another_build_has_no_lines_and_that_is_said_once),
	LINES_TEST(without_a_build_id_there_is_nothing_to_go_by),
	LINES_TEST(without_debug_information_there_is_no_line_and_no_warning),
	LINES_TEST(a_debug_file_is_found_by_its_link),
	LINES_TEST(a_debug_file_is_found_by_build_id_even_without_its_program),
	LINES_TEST(a_server_is_asked_if_the_user_names_one),
	LINES_TEST(a_damaged_file_costs_its_lines_and_nothing_else),
	LINES_TEST(what_kills_its_reader_costs_itself_alone),
	LINES_TEST(what_is_no_file_of_its_own_is_not_opened),
	LINES_TEST(nothing_is_opened_unless_it_is_asked_for),
	LINES_TEST(names_of_cplusplus_are_for_people),
	LINES_TEST(a_long_name_is_cut_for_people_and_whole_for_programs),
	LINES_TEST(a_name_that_explodes_costs_no_more_than_the_time_there_is), )
