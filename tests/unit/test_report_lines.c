/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of source: whose they are, where their debug information may lie, and what happens when it
 * is not what it should be. */
#include "core/report/symbols/symbolizer.h"

#include "tests/unit/lines_world.h"

#include <sys/stat.h>

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
	shell("cd %s && mkdir -p buildid/" BUILD_ID " && mv apart buildid/" BUILD_ID "/debuginfo",
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
	struct symbolizer_location locations[3] = {{.address = 1}, {.address = 1}, {.address = 1}};
	struct symbolizer_module modules[] = {
		{&deadly, &locations[0], 1, SOURCE_OK},
		{&good, &locations[1], 1, SOURCE_OK},
		{&deadly, &locations[2], 1, SOURCE_OK},
	};
	struct symbolizer_name name = {.symbol = "_Z1fv"};
	struct symbolizer_query questions = {&name, 1, modules, 3, NULL, 20000, false};
	struct arena arena = {0};

	build(world, "-g " PIE WITH_ID);
	good.path = world->program;
	for (size_t i = 0; i < good.build_id_size; i++)
		sscanf(&BUILD_ID[2 * i], "%2hhx", &good.build_id[i]);
	locations[1].address = world->spots[SPOT_MAIN].address - 1;
	assert_int_equal(symbolizer_run(&questions, &arena), 0);
	assert_string_equal(name.demangled, "f()");
	assert_int_equal(modules[0].trouble, SOURCE_DAMAGED);
	assert_int_equal(modules[1].trouble, SOURCE_OK);
	assert_int_equal(locations[1].line, world->spots[SPOT_MAIN].line);
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

static void two_frames(struct world *world, const struct report_request *how)
{
	char frames[2048], good[112];

	snprintf(good, sizeof good, "%s.good", world->program);
	snprintf(frames, sizeof frames, "%s,",
		frame_in(world->program, world->spots[SPOT_INLINED].address, MEMBER_ID));
	strcat(frames, frame_in(good, world->spots[SPOT_MAIN].address, MEMBER_ID));
	report_frames(world, how, "abort", frames);
}

/* Whatever stands where libdw would look for debug information: it is not opened, that is said, and
 * another module has its lines. */
static void a_debug_file_that_is_not_stored_is_not_opened(void **state)
{
	static const char *const traps[] = {
		"mkfifo", "ln -s /dev/zero", "mkdir", "truncate -s 5G", "ln -s /proc/self/pagemap"};
	static const char *const locations[] = {"program.debug", ".debug/program.debug",
		"more/program.debug",
		"more/.build-id/01/23456789abcdef0123456789abcdef01234567.debug"};
	struct world *world = *state;
	struct report_request how = with_lines;
	char more[96], path[256];
	int64_t began = instant_now().mono_us;

	build(world, "-g " PIE WITH_ID);
	snprintf(more, sizeof more, "%s/more", world->directory);
	how.debug_directory = more;
	shell("cp %s %s.good", world->program, world->program);
	shell("cd %s && objcopy --only-keep-debug program program.debug && "
	      "objcopy --strip-all --add-gnu-debuglink=program.debug program && rm program.debug",
		world->directory);
	for (size_t i = 0; i < sizeof locations / sizeof *locations; i++) {
		snprintf(path, sizeof path, "%s/%s", world->directory, locations[i]);
		shell("mkdir -p $(dirname %s)", path);
		for (size_t j = 0; j < sizeof traps / sizeof *traps; j++) {
			shell("%s %s", traps[j], path);
			two_frames(world, &how);
			assert_null(end_of(world)->event.frames[0].file);
			assert_line(world, 1, world->spots[SPOT_MAIN].line);
			assert_warned(
				world, "program has debug information in what is no stored file");
			report_free(world->report);
			shell("rm -r %s", path);
		}
	}
	report_frames(world, &with_lines, "abort", "");
	assert_true(instant_now().mono_us - began < INT64_C(60) * 1000 * 1000);
}

/* What a compiler has split off, and what several debug files share. */
static void a_part_of_debug_information_that_is_not_stored_is_not_opened(void **state)
{
	struct world *world = *state;
	int64_t began = instant_now().mono_us;

	build(world, "-g " PIE WITH_ID);
	shell("cp %s %s.good", world->program, world->program);
	shell("cd %s && cc -w -O0 -g -gsplit-dwarf " PIE WITH_ID "-o program program.c && "
	      "rm *.dwo && mkfifo $(readelf -wi program | sed -n 's/.*dwo_name.*: //p')",
		world->directory);
	two_frames(world, &with_lines);
	assert_line(world, 1, world->spots[SPOT_MAIN].line);
	assert_warned(world, "program has debug information in what is no stored file");
	report_free(world->report);
	shell("cd %s && rm program && cp program.good program && mkfifo shared && "
	      "printf 'shared\\0aaaaaaaaaaaaaaaaaaaa' >link && "
	      "objcopy --add-section .gnu_debugaltlink=link program",
		world->directory);
	two_frames(world, &with_lines);
	assert_line(world, 1, world->spots[SPOT_MAIN].line);
	assert_warned(world, "program has debug information in what is no stored file");
	assert_true(instant_now().mono_us - began < INT64_C(60) * 1000 * 1000);
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
	LINES_TEST(a_debug_file_that_is_not_stored_is_not_opened),
	LINES_TEST(a_part_of_debug_information_that_is_not_stored_is_not_opened),
	LINES_TEST(nothing_is_opened_unless_it_is_asked_for), )
