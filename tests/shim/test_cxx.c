/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions of C++ that nobody catches end as ever: terminate() prints, abort() kills. What is
 * reported is what the exception was, with libstdc++ and with libc++.
 */
#include "tests/support/cases.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

#define THROWS(act)                   \
	{                             \
		VICTIM("throws"), act \
	}
#define ABORTED LIVED("FAILED SIGABRT abort")

/* An act of the victim's, and the exception that it dies of. */
struct uncaught {
	const char *act, *type;
	const char *message; /* NULL: it has none */
	bool by_library;     /* the type or the message is another one with each library */
};

static const struct uncaught exceptions[] = {
	{"own", "Own", "a type of its own"},
	{"number", "int", "42"},
	{"count", "unsigned long", "42"},
	{"text", "char const*", "no such mesh"},
	{"string", "std::string", "no message", true},
	{"struct", "Plain"},
	{"pointer", "Own*"},
	{"other", "Padding"},
	{"several", "mesh::Several", "several bases"},
	{"diamond", "mesh::Diamond", "a diamond"},
	{"template", "mesh::Of<Own>", "of something"},
	{"hidden", "(anonymous namespace)::Hidden", "std::exception"},
	{"noexcept", "std::logic_error", "out of noexcept"},
	{"thread", "Own", "a type of its own"},
	{"again", "Own", "a type of its own"},
	{"by_pointer", "Own", "a type of its own"},
	{"nested", "std::_Nested_exception<std::logic_error>", "around it", true},
	{"second", "std::out_of_range", "the second one"},
	{"destructor", "Own", "a type of its own"},
	{"memory", "std::bad_alloc", "std::bad_alloc"},
	{"open", "std::__ios_failure", "basic_ios::clear: iostream error", true},
	{"library", "plugin::Refused", "the library refuses", true},
	{"handled", "Own", "a type of its own"},
	{"quiet", "Own", "a type of its own"},
	{"what_bytes", "Bytes", "\x01\"\\ \xef\xbf\xbd\xc3\xa9\nsecond"},
	{"what_speaks", "Speaks", "it spoke"},
	{"what_nothing", "Nothing"},
	{"what_faults", "Faults"},
	{"what_overflows", "Overflows"},
	{"what_throws", "Throws"},
	{"what_aborts", "Aborts"},
	{"what_exits", "Exits"},
};

/* Whose events the case below looks at. */
static const struct uncaught *reported_of;

static void tells_of_it(const struct run *watched)
{
	const cJSON *end = run_end(watched);
	char expected[200];

	assert_string_equal(reported_string(end, "exception.language"), "c++");
	assert_string_equal(reported_string(end, "exception.type"), reported_of->type);
	assert_string_equal(reported_string(end, "exception.message"),
		reported_of->message ? reported_of->message : "");
	assert_string_equal(reported_string(end, "trace.outcome"), "ok");
	assert_string_equal(reported_string(end, "signal.name"), "SIGABRT");
	snprintf(expected, sizeof expected, " FAILED: %s%s%.*s", reported_of->type,
		reported_of->message ? ": " : "",
		reported_of->message ? (int)strcspn(reported_of->message, "\n") : 0,
		reported_of->message ? reported_of->message : "");
	if (strcmp(reported_of->act, "what_bytes"))
		assert_non_null(strstr(reported_string(end, "message"), expected));
}

static void dies_of(const char *victim, const struct uncaught *one)
{
	char life[200];
	struct run_case run = {.argv = {victim, one->act}, .life = life, .also = tells_of_it};

	reported_of = one;
	print_message("  %s\n", one->act);
	snprintf(life, sizeof life, LIVED("FAILED exception %s"), one->type);
	run_case(&run);
}

static void an_exception_of_libstdcxx_is_reported(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
		dies_of(VICTIM("throws"), &exceptions[i]);
}

static void an_exception_of_libcxx_is_reported(void **state)
{
	(void)state;
	if (access(VICTIM("libcxx/throws"), X_OK)) {
		print_message("  libc++ is not here\n");
		skip();
	}
	for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
		if (!exceptions[i].by_library)
			dies_of(VICTIM("libcxx/throws"), &exceptions[i]);
}

static void a_what_that_hangs_is_waited_for_a_second(void **state)
{
	struct timespec begin, end;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	dies_of(VICTIM("throws"), &(struct uncaught){"what_hangs", "Hangs"});
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_uint_in_range(end.tv_sec - begin.tv_sec, 1, 3);
}

static void a_long_message_is_cut(void **state)
{
	struct run watched;

	(void)state;
	run_watched(&watched, NULL, (const char *const[]){VICTIM("throws"), "what_long", NULL});
	assert_int_equal(strlen(reported_string(run_end(&watched), "exception.message")), 4095);
	run_free(&watched);
}

static void has_no_exception(const struct run *watched)
{
	assert_null(reported_get(run_end(watched), "exception"));
}

static const struct run_case cases[] = {
	{"c++: an exception that is caught", THROWS("caught"), LIVED("SUCCEEDED return 0")},
	{"c++: terminate() without an exception", THROWS("terminate"), ABORTED,
		.also = has_no_exception},
	{"c++: a thread that nobody joins", THROWS("joinable"), ABORTED, .also = has_no_exception},
	{"c++: nothing is thrown again", THROWS("throw_nothing"), ABORTED,
		.also = has_no_exception},
	{"c++: a pure virtual call", THROWS("pure"), ABORTED, .also = has_no_exception},
	/* There is a current exception, but it was caught. */
	{"c++: abort() in a catch block", THROWS("abort_in_catch"), ABORTED,
		.also = has_no_exception},
	{"c++: abort() in a catch block of a thread", THROWS("abort_in_catch_in_thread"), ABORTED,
		.also = has_no_exception},
	{"c++: abort() after an exception", THROWS("abort_after"), ABORTED,
		.also = has_no_exception},
	{"c++: a signal after an exception", THROWS("crash_after_catch"), LIVED("FAILED SIGSEGV *"),
		.also = has_no_exception},
	/* terminate() itself calls what(), to print it. */
	{"c++: a what() that faults when it is printed", THROWS("what_faults_in_print"),
		LIVED("FAILED SIGSEGV *"), .also = has_no_exception},
	{"c++: with a core dump", THROWS("own"), LIVED("FAILED exception Own"),
		.how = {.core = true}},
	/* The program keeps its runtime's names to itself: there is nobody to ask. */
	{"c++: the runtime inside the program", {VICTIM("static_cxx/throws"), "own"}, ABORTED,
		.also = has_no_exception},
	{"c++: the runtime inside the program, caught", {VICTIM("static_cxx/throws"), "caught"},
		LIVED("SUCCEEDED return 0")},
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exception_of_libstdcxx_is_reported),
		cmocka_unit_test(an_exception_of_libcxx_is_reported),
		cmocka_unit_test(a_what_that_hangs_is_waited_for_a_second),
		cmocka_unit_test(a_long_message_is_cut),
	};

	return run_cases("c++", cases) +
	       cmocka_run_group_tests_name("c++ exceptions", tests, NULL, NULL);
}
