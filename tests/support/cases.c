/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka.h"

static void judge_events(const struct run_case *one, const struct run *watched)
{
	if (!one->life) {
		assert_silence(watched);
		return;
	}
	assert_events(watched, one->life);
	if (!one->others[0] || strcmp(one->others[0], ANY_LIFE))
		assert_others_(watched, one->others, one->helpers);
	assert_true_end(watched);
	assert_every_process_ended(watched, one->unended);
	assert_int_equal(watched->record.files, 1);
}

void run_case(const struct run_case *one)
{
	struct run bare, watched;

	if (one->needs && !run_can_find(one->needs)) {
		print_message("  %s is not here\n", one->needs);
		skip();
	}
	run_bare(&bare, &one->how, one->argv);
	run_watched(&watched, &one->how, one->argv);
	for (size_t i = 0; i < sizeof one->masks / sizeof *one->masks && one->masks[i]; i++) {
		run_mask(&bare, one->masks[i]);
		run_mask(&watched, one->masks[i]);
	}
	assert_same_outcome(&bare, &watched);
	if (!one->outcome_only)
		judge_events(one, &watched);
	if (one->also)
		one->also(&watched);
	run_free(&bare);
	run_free(&watched);
}

static void test_one(void **state)
{
	run_case(*state);
}

int run_cases_(const char *group, const struct run_case *cases, size_t count)
{
	struct CMUnitTest *tests = calloc(count, sizeof *tests);
	int failed;

	for (size_t i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){
			.name = cases[i].sentence,
			.test_func = test_one,
			.initial_state = (void *)(uintptr_t)&cases[i],
		};
	if (getenv("VIGIL_TEST"))
		cmocka_set_test_filter(getenv("VIGIL_TEST"));
	failed = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
	free(tests);
	return failed;
}
