/* SPDX-License-Identifier: Apache-2.0 */
/* Where a program has just enough address space, it has enough under watch, and is watched. */
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define MEMORY VICTIM("little_memory")
#define STEP 16
#define PLENTY 9000

/* In KiB: what the preload itself may take. It is 1078 with gcc 12; gcc 16 makes 36 more of it. */
#define PRELOAD_MAX 1152

struct limit {
	__rlimit_resource_t resource;
	rlim_t kilobytes;
};

static void set_limit(void *wanted)
{
	const struct limit *limit = wanted;
	struct rlimit both = {limit->kilobytes * 1024, limit->kilobytes * 1024};

	setrlimit(limit->resource, &both);
	personality(ADDR_NO_RANDOMIZE);
}

/*
 * The fewest KiB with which /bin/true ends well, and is reported in full where it is watched. With
 * less the loader goes without libc, or without its preload: then nothing is reported.
 */
static rlim_t smallest(__rlimit_resource_t resource, bool is_watched)
{
	const char *argv[] = {"/bin/true", NULL};
	struct limit limit = {resource, PLENTY};
	struct run_how how = {.in_child = set_limit, .argument = &limit};
	struct run run;
	bool works = true;

	while (works && limit.kilobytes > STEP) {
		(is_watched ? run_watched : run_bare)(&run, &how, argv);
		works = run.status == 0 && (!is_watched || run.record.count > 0);
		if (works && is_watched)
			assert_events(&run, "INIT", "RUNNING", "SUCCEEDED return 0");
		run_free(&run);
		limit.kilobytes -= STEP;
	}
	return limit.kilobytes + 2 * STEP;
}

/* The KiB of the preload's segments that have all of FLAGS. */
static rlim_t preload_takes(Elf64_Word flags)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	Elf64_Xword bytes = 0;
	FILE *file = fopen(run_preload(), "rb");

	assert_non_null(file);
	assert_int_equal(fread(&header, sizeof header, 1, file), 1);
	assert_int_equal(fseek(file, (long)header.e_phoff, SEEK_SET), 0);
	for (int i = 0; i < header.e_phnum; i++) {
		assert_int_equal(fread(&segment, sizeof segment, 1, file), 1);
		if (segment.p_type == PT_LOAD && (segment.p_flags & flags) == flags)
			bytes += segment.p_memsz;
	}
	fclose(file);
	return bytes / 1024;
}

/* The preload adds itself, those of its segments that have FLAGS, and nothing else. */
static void assert_adds_little(__rlimit_resource_t resource, Elf64_Word flags)
{
	rlim_t bare = smallest(resource, false), watched = smallest(resource, true);
	rlim_t itself = preload_takes(flags);

	print_message("# %lu KiB bare, %lu watched; the preload itself takes %lu\n",
		(unsigned long)bare, (unsigned long)watched, (unsigned long)itself);
	assert_true(itself <= PRELOAD_MAX);
	assert_true(watched <= bare + itself + 2 * (rlim_t)STEP);
}

static void the_preload_adds_little_address_space(void **state)
{
	(void)state;
	assert_adds_little(RLIMIT_AS, 0);
}

static void the_preload_adds_little_data(void **state)
{
	(void)state;
	assert_adds_little(RLIMIT_DATA, PF_W);
}

static void with_trace(const struct run *watched)
{
	const char *trace = reported_string(run_end(watched), "error_trace");

	assert_non_null(strstr(trace, "#0  play_fault"));
	assert_non_null(strstr(trace, "main"));
}

static const struct run_case cases[] = {
	{"a fault where no memory is to be had", {MEMORY, "fault"},
		LIVED("FAILED SIGSEGV SEGV_MAPERR"), .also = with_trace},
	{"an abort there", {MEMORY, "abort"}, LIVED("FAILED SIGABRT abort")},
	{"a SIGTERM there", {MEMORY, "terminate"}, LIVED("FAILED SIGTERM terminated")},
	{"an exit there", {MEMORY, "exit", "3"}, LIVED("FAILED exit 3")},
	{"an exit of a rank there", {MEMORY, "exit", "3"}, LIVED("FAILED exit 3"),
		.how.environment = {"RANK=1", "WORLD_SIZE=2"}},
	{"a child's end there", {MEMORY, "reap"}, LIVED("SUCCEEDED return 0"), {"*"}},
};

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_preload_adds_little_address_space),
		cmocka_unit_test(the_preload_adds_little_data),
	};

	return run_cases("no memory", cases) +
	       cmocka_run_group_tests_name("little memory", tests, NULL, NULL);
}
