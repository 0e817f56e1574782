/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmocka.h - what our unit tests use of cmocka, for a machine that Debian has no cmocka for.
 *
 * Programs are cross-compiled against this header in place of the library's and print the same
 * TAP. A failed assertion leaves its test by longjmp(); unlike cmocka's, signals are left alone.
 * Threads: assertions belong to the main one.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct CMUnitTest {
	const char *name;
	void (*test_func)(void **state);
	int (*setup_func)(void **state);
	int (*teardown_func)(void **state);
};

#define cmocka_unit_test_setup_teardown(test, setup, teardown) \
	{                                                      \
#test, test, setup, teardown                   \
	}
#define cmocka_unit_test_setup(test, setup) cmocka_unit_test_setup_teardown(test, setup, NULL)
#define cmocka_unit_test(test) cmocka_unit_test_setup_teardown(test, NULL, NULL)

enum cmocka_end { CMOCKA_PASSED, CMOCKA_FAILED, CMOCKA_SKIPPED };

static jmp_buf cmocka_leave;

__attribute__((format(printf, 3, 4), unused)) static _Noreturn void cmocka_fail(
	const char *file, int line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	printf("# %s:%d: ", file, line);
	vprintf(format, arguments);
	putchar('\n');
	va_end(arguments);
	longjmp(cmocka_leave, CMOCKA_FAILED);
}

#define fail_msg(...) cmocka_fail(__FILE__, __LINE__, __VA_ARGS__)
#define skip() longjmp(cmocka_leave, CMOCKA_SKIPPED)
#define print_message(...) printf(__VA_ARGS__)
#define print_error(...) printf(__VA_ARGS__)

#define assert_true(value) ((value) ? (void)0 : fail_msg("%s", #value))
#define assert_false(value) assert_true(!(value))
#define assert_null(value) assert_true((value) == NULL)
#define assert_non_null(value) assert_true((value) != NULL)

/* Numbers and pointers, each seen once and compared as 64 bits. */
static inline void cmocka_compare(
	uint64_t one, uint64_t other, bool wanted, const char *what, const char *file, int line)
{
	if ((one == other) != wanted)
		cmocka_fail(file, line, "%s: %#llx, %#llx", what, (unsigned long long)one,
			(unsigned long long)other);
}

#define cmocka_numbers(one, other, wanted) \
	cmocka_compare(                    \
		(uint64_t)(one), (uint64_t)(other), wanted, #one ", " #other, __FILE__, __LINE__)
#define assert_int_equal(one, other) cmocka_numbers(one, other, true)
#define assert_int_not_equal(one, other) cmocka_numbers(one, other, false)
#define assert_ptr_equal(one, other) cmocka_numbers((uintptr_t)(one), (uintptr_t)(other), true)
#define assert_ptr_not_equal(one, other) cmocka_numbers((uintptr_t)(one), (uintptr_t)(other), false)

static inline void cmocka_within(
	uint64_t value, uint64_t least, uint64_t most, const char *what, const char *file, int line)
{
	if (value < least || value > most)
		cmocka_fail(file, line, "%s is %llu", what, (unsigned long long)value);
}

#define assert_uint_in_range(value, least, most)                                                \
	cmocka_within((uint64_t)(value), (uint64_t)(least), (uint64_t)(most), #value, __FILE__, \
		__LINE__)

static inline void cmocka_strings(
	const char *one, const char *other, bool wanted, const char *file, int line)
{
	if ((strcmp(one, other) == 0) != wanted)
		cmocka_fail(file, line, "\"%s\", \"%s\"", one, other);
}

#define assert_string_equal(one, other) cmocka_strings(one, other, true, __FILE__, __LINE__)
#define assert_string_not_equal(one, other) cmocka_strings(one, other, false, __FILE__, __LINE__)
#define assert_memory_equal(one, other, size) assert_true(memcmp(one, other, size) == 0)

static inline enum cmocka_end cmocka_run(const struct CMUnitTest *test)
{
	void *state = NULL;
	int end = setjmp(cmocka_leave);

	if (end != CMOCKA_PASSED)
		return (enum cmocka_end)end;
	if (test->setup_func != NULL && test->setup_func(&state) != 0)
		return CMOCKA_FAILED;
	test->test_func(&state);
	if (test->teardown_func != NULL && test->teardown_func(&state) != 0)
		return CMOCKA_FAILED;
	return CMOCKA_PASSED;
}

/* Returns how many failed. */
static inline int cmocka_run_tests(const struct CMUnitTest *tests, size_t count)
{
	static const char *const words[] = {"ok", "not ok", "ok"};
	int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		enum cmocka_end end = cmocka_run(&tests[i]);

		printf("%s %zu - %s%s\n", words[end], i + 1, tests[i].name,
			end == CMOCKA_SKIPPED ? " # SKIP" : "");
		failed += end == CMOCKA_FAILED;
	}
	return failed;
}

#define cmocka_run_group_tests(tests, setup, teardown) \
	cmocka_run_tests(tests, sizeof(tests) / sizeof *(tests))
#define cmocka_run_group_tests_name(name, tests, setup, teardown) \
	cmocka_run_group_tests(tests, setup, teardown)
