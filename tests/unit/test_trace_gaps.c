/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program whose segments lie 2 MiB apart, as for huge pages: the kernel leaves gaps between them,
 * and glibc's loader then speaks of one segment at a time. The Makefile links it so.
 */
#include "tests/support/trace_stacks.h"

extern const char __executable_start[];

static void program_with_gaps_is_one_object(void **state)
{
	static struct modules modules;
	const struct module *code, *data;

	(void)state;
	modules_init(&modules);
	code = modules_find(&modules, (uintptr_t)program_with_gaps_is_one_object);
	data = modules_find(&modules, (uintptr_t)&log_file);
	assert_non_null(code);
	assert_ptr_equal(code, data);
	assert_int_equal(code->header, (uintptr_t)__executable_start);
	assert_int_equal(code->public.start, (uintptr_t)__executable_start);
	assert_true(modules_is_code(&modules, code, (uintptr_t)program_with_gaps_is_one_object));
	assert_false(modules_is_code(&modules, code, (uintptr_t)&log_file));
}

static void crash_of_a_program_with_gaps_is_traced(void **state)
{
	struct trace *trace = trace_of(outer_most);
	char self[4096] = "";

	(void)state;
	assert_whole(trace);
	assert_function(trace, 0, "inner_most");
	assert_function(trace, 2, "outer_most");
	assert_true(trace->frames[0].module->build_id_size > 0);
	assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
	assert_string_equal(trace->frames[0].module->path, self);
	for (unsigned i = 0; i < trace->count; i++)
		assert_int_equal(trace->frames[i].kind, FRAME_CFI);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(program_with_gaps_is_one_object),
		cmocka_unit_test(crash_of_a_program_with_gaps_is_traced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
