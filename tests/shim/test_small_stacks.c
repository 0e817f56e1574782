/* SPDX-License-Identifier: Apache-2.0 */
/* Where a program has just enough stack, it has enough under watch. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define STACKS VICTIM("small_stacks")

/* What any call of ours may take of the host's stack, in bytes. */
#define MORE_MAX 512

/* Lines "NAME BYTES" of both halves, in the same order. */
static void assert_little_more(const char *act)
{
	const char *argv[] = {STACKS, act, NULL};
	struct run_how how = {.timeout_s = 120};
	struct run bare, watched;
	char *one, *other, *rest_one, *rest_other;

	run_bare(&bare, &how, argv);
	run_watched(&watched, &how, argv);
	assert_int_equal(bare.status, 0);
	assert_int_equal(watched.status, 0);
	one = strtok_r(bare.out.data, "\n", &rest_one);
	other = strtok_r(watched.out.data, "\n", &rest_other);
	for (; one != NULL && other != NULL;
		one = strtok_r(NULL, "\n", &rest_one), other = strtok_r(NULL, "\n", &rest_other)) {
		int needs_bare = atoi(strrchr(one, ' ')), needs = atoi(strrchr(other, ' '));

		print_message("# %s bytes of stack bare, %d watched\n", one, needs);
		assert_true(needs_bare > 0);
		assert_true(needs > 0 && needs <= needs_bare + MORE_MAX);
	}
	assert_null(one);
	assert_null(other);
	run_free(&bare);
	run_free(&watched);
}

static void every_call_needs_little_more(void **state)
{
	(void)state;
	assert_little_more("calls");
}

static void a_handler_that_reaps_needs_little_more(void **state)
{
	(void)state;
	assert_little_more("reaper");
}

static void little_stack(void *kilobytes)
{
	struct rlimit limit;

	limit.rlim_cur = limit.rlim_max = *(const rlim_t *)kilobytes * 1024;
	setrlimit(RLIMIT_STACK, &limit);
	/* How much of it is left at the start goes by chance otherwise. */
	personality(ADDR_NO_RANDOMIZE);
}

/* The fewest kilobytes of RLIMIT_STACK with which /bin/true starts. */
static rlim_t smallest_start(
	void (*run_it)(struct run *, const struct run_how *, const char *const[]),
	const char *variable)
{
	const char *argv[] = {"/bin/true", NULL};
	rlim_t size = 4;
	struct run_how how = {
		.in_child = little_stack, .argument = &size, .environment = {variable}};
	struct run run;
	int status = -1;

	for (; status != 0 && size < 256; size++) {
		run_it(&run, &how, argv);
		status = run.status;
		run_free(&run);
	}
	return size - 1;
}

/* The loader's own way with a preload, and the longer environment, are part of it: a page. */
static void a_program_starts_with_as_little(void **state)
{
	rlim_t bare = smallest_start(run_bare, NULL);
	rlim_t off = smallest_start(run_watched, "VIGIL_DISABLE=1");
	rlim_t watched = smallest_start(run_watched, NULL);

	(void)state;
	print_message("# %lu KiB of stack bare, %lu switched off, %lu watched\n",
		(unsigned long)bare, (unsigned long)off, (unsigned long)watched);
	assert_uint_in_range(watched, bare, bare + 4);
	assert_uint_in_range(watched, bare, off);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_needs_little_more),
		cmocka_unit_test(a_handler_that_reaps_needs_little_more),
		cmocka_unit_test(a_program_starts_with_as_little),
	};

	return cmocka_run_group_tests_name("small stacks", tests, NULL, NULL);
}
