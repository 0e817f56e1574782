/* SPDX-License-Identifier: Apache-2.0 */
/* Log calls of the public API, and what becomes of their records. The numbers are those of the
 * statements that a test shows. */
#include "tests/unit/api_world.h"

#include <errno.h>

static void messages_are_printfs_and_raw_ones_stay_43(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("c43", &kept);

	(void)state;
	vigil_info(logger, "%d %s %5.1f|%-4d|%04x|%c|%zu|%ld|%p", -3, "x", 2.25, 7, 0xab, 'c',
		(size_t)9, 123456789012L, (void *)0x10);
	vigil_info(logger, "%.2s|%*d|%%|%-3s|", "abcd", 4, 5, "z");
	vigil_info(logger, "%hhd %lld %+d %#x %e", (signed char)-1, 9LL, 5, 255, 1.5);
	vigil_info(logger, "%f %e", 0.5, 1.5);
	vigil_info(logger, "%d %e", 7, 2.5);
	vigil_log_text(logger, VIGIL_INFO, NULL, "100% %d %s");
	assert_string_equal(kept.text, "-3 x   2.2|7   |00ab|c|9|123456789012|0x10\n"
				       "ab|   5|%|z  |\n"
				       "-1 9 +5 0xff 1.500000e+00\n"
				       "0.500000 1.500000e+00\n7 2.500000e+00\n"
				       "100% %d %s\n");
}

static void the_level_decides_before_anything_is_formatted_42(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("c42", &kept);
	int evaluated = 0;

	(void)state;
	vigil_set_level(logger, VIGIL_WARNING);
	vigil_info(logger, "%d", ++evaluated);
	assert_int_equal(evaluated, 0);
	vigil_warning(logger, "%d", ++evaluated);
	assert_string_equal(kept.text, "1\n");
}

static void the_location_of_the_call_comes_along_48_49(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("c49", &kept);
	char wanted[64];

	(void)state;
	format_by(logger, "%(filename)s:%(lineno)d %(funcName)s %(module)s");
	snprintf(wanted, sizeof wanted, "test_api_calls.c:%d", __LINE__ + 1);
	vigil_error(logger, "x");
	assert_memory_equal(kept.text, wanted, strlen(wanted));
	assert_non_null(strstr(kept.text, __func__));
	kept.text[0] = '\0';
	vigil_log_text(logger, VIGIL_ERROR, NULL, "x");
	assert_string_equal(kept.text, "(unknown file):0 (unknown function) (unknown file)\n");
}

static void an_exception_is_what_errno_says_40_46(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("c46", &kept);

	(void)state;
	format_by(logger, "%(levelname)s %(message)s");
	errno = 0;
	vigil_exception(logger, "nothing");
	assert_string_equal(kept.text, "ERROR nothing\nNoneType: None\n");
	kept.text[0] = '\0';
	errno = ENOENT;
	vigil_exception(logger, "no %s", "mesh");
	assert_int_equal(errno, ENOENT);
	assert_non_null(strstr(kept.text, "ERROR no mesh\nTraceback (most recent call last):\n"
					  "  File \""));
	assert_non_null(strstr(kept.text, ", in an_exception_is_what_errno_says_40_46\n"
					  "FileNotFoundError: [Errno 2] "
					  "No such file or directory\n"));
}

static void exc_text_and_stack_follow_on_lines_of_their_own_47_107(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("c47", &kept);
	const struct vigil_call call = {
		.file = "a.c", .line = 7, .function = "f", .exc_text = "TB", .stack_info = true};
	const char *stack;

	(void)state;
	vigil_log_call(logger, VIGIL_ERROR, &call, "m");
	assert_ptr_equal(
		strstr(kept.text, "m\nTB\nStack (most recent call last):\n  File \""), kept.text);
	stack = strstr(kept.text, "Stack");
	/* The outermost frame first, the call itself last. */
	assert_non_null(strstr(stack, "_start"));
	assert_string_equal(stack + strlen(stack) - strlen("\n  File \"a.c\", line 7, in f\n"),
		"\n  File \"a.c\", line 7, in f\n");
	assert_null(strstr(stack, "vigil_log_call"));
}

static void extra_becomes_attributes_and_may_hide_nothing_50_51(void **state)
{
	static const char *const reserved[] = {"args", "created", "exc_info", "exc_text",
		"filename", "funcName", "levelname", "levelno", "lineno", "module", "msecs", "msg",
		"name", "pathname", "process", "processName", "relativeCreated", "stack_info",
		"taskName", "thread", "threadName", "message", "asctime"};
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("c50", &kept);
	const struct vigil_extra extra[] = {VIGIL_STR("user", "bob"), VIGIL_INT("rank", -3),
		VIGIL_FLOAT("x", 0.1), VIGIL_BOOL("ok", true), VIGIL_STR("none", NULL), VIGIL_END};

	(void)state;
	format_by(logger, "%(user)s %(rank)03d %(x)s %(ok)s %(none)s %(message)s");
	vigil_log_extra(logger, VIGIL_INFO, extra, "hi %d", 1);
	assert_string_equal(kept.text, "bob -03 0.1 True None hi 1\n");
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
		const struct vigil_extra bad[] = {VIGIL_STR(reserved[i], "v"), VIGIL_END};
		const struct vigil_call call = {.extra = bad};
		char wanted[96];

		assert_int_equal(vigil_log_call(logger, VIGIL_INFO, &call, "x"), -EEXIST);
		snprintf(wanted, sizeof wanted, "\"Attempt to overwrite '%s' in LogRecord\"",
			reserved[i]);
		assert_string_equal(vigil_error_text(), wanted);
	}
	assert_int_equal(kept.count, 1);
}

static void json_keeps_the_types_of_extra(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("c.json", &kept);
	const struct vigil_extra extra[] = {VIGIL_STR("a\"b", "q\"\n"), VIGIL_INT("rank", 3),
		VIGIL_FLOAT("x", 1e300), VIGIL_FLOAT("nan", __builtin_nan("")),
		VIGIL_BOOL("ok", false), VIGIL_STR("none", NULL), VIGIL_END};
	struct vigil_handler *handler;

	(void)state;
	vigil_logger_handlers(logger, &handler, 1);
	vigil_handler_set_formatter(handler, vigil_json_formatter());
	vigil_log_extra(logger, VIGIL_INFO, extra, "m");
	assert_non_null(
		strstr(kept.text, "\"a\\\"b\":\"q\\\"\\n\",\"rank\":3,\"x\":1e+300,\"nan\":null,"
				  "\"ok\":false,\"none\":null,\"message\":\"m\"}"));
}

static void handle_asks_for_no_level_52_53(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("c52", &kept);
	struct vigil_record record;

	(void)state;
	format_by(logger, "%(name)s %(levelname)s %(message)s %(lineno)d");
	vigil_set_level(logger, VIGIL_CRITICAL);
	vigil_record_init(&record);
	record.levelno = VIGIL_DEBUG;
	record.message = "from elsewhere";
	record.name = "far.away";
	assert_int_equal(vigil_handle(logger, &record), 0);
	assert_string_equal(kept.text, "far.away DEBUG from elsewhere 0\n");
	vigil_set_disabled(logger, true);
	vigil_handle(logger, &record);
	assert_int_equal(kept.count, 1);
	vigil_set_disabled(logger, false);
}

static bool hooked;

static void enrich(struct vigil_record *record, void *data)
{
	(void)data;
	if (hooked)
		record->set(record, "host", "n7");
}

static void hooks_see_every_record_54(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("c54", &kept);

	(void)state;
	hooked = true;
	format_by(logger, "%(host)s %(message)s");
	assert_int_equal(vigil_add_record_hook(enrich, NULL), 0);
	vigil_info(logger, "a");
	hooked = false;
	assert_string_equal(kept.text, "n7 a\n");
	for (int i = 0; i < 7; i++)
		assert_int_equal(vigil_add_record_hook(enrich, NULL), 0);
	assert_int_equal(vigil_add_record_hook(enrich, NULL), -ENOSPC);
}

static void adapters_replace_or_merge_55_56(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("c55", &kept);
	const struct vigil_extra own[] = {VIGIL_STR("k", "own"), VIGIL_END};
	const struct vigil_extra inner_extra[] = {
		VIGIL_STR("k", "inner"), VIGIL_STR("i", "inner"), VIGIL_END};
	const struct vigil_extra called[] = {
		VIGIL_STR("j", "call"), VIGIL_STR("k", "call"), VIGIL_END};
	const struct vigil_formatter_options options = {.format = "%(k)s %(j)s %(i)s",
		.defaults = (const struct vigil_extra[]){
			VIGIL_STR("k", "-"), VIGIL_STR("j", "-"), VIGIL_STR("i", "-"), VIGIL_END}};
	struct vigil_adapter plain = {.logger = logger, .extra = own};
	struct vigil_adapter merging = {.logger = logger, .extra = own, .merge_extra = true};
	struct vigil_adapter inner = {.logger = logger, .extra = inner_extra, .merge_extra = true};
	struct vigil_adapter outer = {.inner = &inner, .extra = own, .merge_extra = true};
	const struct vigil_call call = {.extra = called};
	struct vigil_formatter *formatter;
	struct vigil_handler *handler;

	(void)state;
	assert_int_equal(vigil_formatter_new(&options, &formatter), 0);
	vigil_logger_handlers(logger, &handler, 1);
	vigil_handler_set_formatter(handler, formatter);
	vigil_adapter_log_call(&plain, VIGIL_INFO, &call, "m");
	vigil_adapter_log_call(&merging, VIGIL_INFO, &call, "m");
	vigil_adapter_log_call(&outer, VIGIL_INFO, &call, "m");
	vigil_adapter_log(&outer, VIGIL_INFO, "m");
	inner.merge_extra = false;
	vigil_adapter_log_call(&outer, VIGIL_INFO, &call, "m");
	assert_string_equal(kept.text, "own - -\n"
				       "call call -\n"
				       "call call inner\n"
				       "own - inner\n"
				       "inner - inner\n");
	assert_ptr_equal(vigil_adapter_logger(&outer), logger);
}

static void sites_count_their_calls(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("c.sites", &kept);

	(void)state;
	for (int i = 0; i < 7; i++) {
		vigil_log_first_n(logger, VIGIL_INFO, 2, "first %d", i);
		vigil_log_every_n(logger, VIGIL_INFO, 3, "every %d", i);
		vigil_log_every_n_seconds(logger, VIGIL_INFO, 3600, "seconds %d", i);
	}
	assert_string_equal(kept.text, "first 0\nevery 0\nseconds 0\nfirst 1\nevery 3\nevery 6\n");
}

#undef VIGIL_FLOOR
#define VIGIL_FLOOR VIGIL_INFO

static void what_is_below_the_floor_is_not_even_there_13(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("c13", &kept);
	int evaluated = 0;

	(void)state;
	vigil_debug(logger, "%d", ++evaluated);
	assert_int_equal(evaluated, 0);
	vigil_set_level(logger, VIGIL_ERROR);
	vigil_info(logger, "%d", ++evaluated);
	assert_int_equal(evaluated, 0);
	assert_int_equal(kept.count, 0);
}

static void long_messages_arrive_whole_219(void **state)
{
	size_t size = 1 << 20;
	char *big = malloc(size), *read_back = malloc(size + 16);
	struct vigil_logger *logger = to_file("c219");
	int fd = open(path, O_RDONLY);

	(void)state;
	memset(big, 'x', size - 1);
	big[size - 1] = '\0';
	vigil_error(logger, "%s", big);
	vigil_error(logger, "%s%hhd", big, 1);
	vigil_log_text(logger, VIGIL_ERROR, NULL, big);
	assert_int_equal(lseek(fd, 0, SEEK_END), (size - 1) * 3 + 4);
	assert_int_equal(pread(fd, read_back, size, 0), size);
	assert_memory_equal(read_back, big, size - 1);
	assert_int_equal(read_back[size - 1], '\n');
	unlink(path);
	close(fd);
	free(big);
	free(read_back);
}

static int spoil_errno(
	const struct vigil_record *record, const char *text, size_t length, void *data)
{
	(void)record;
	(void)text;
	(void)length;
	(void)data;
	errno = EIO;
	return 0;
}

static void errno_is_as_it_was_224(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("c224", &kept);
	const struct vigil_handler_spec spoiling = {.emit = spoil_errno};
	struct vigil_handler *handler;

	(void)state;
	vigil_set_raise_exceptions(false);
	assert_int_equal(
		vigil_file_handler_new("/proc/no/such/file", VIGIL_FILE_DELAY, &handler), 0);
	vigil_logger_add_handler(logger, handler);
	assert_int_equal(vigil_custom_handler_new(&spoiling, &handler), 0);
	vigil_logger_add_handler(logger, handler);
	errno = EXDEV;
	vigil_error(logger, "%d %f", 1, 2.0);
	assert_int_equal(errno, EXDEV);
	vigil_log_text(logger, VIGIL_ERROR, NULL, "x");
	assert_int_equal(errno, EXDEV);
	vigil_set_raise_exceptions(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_printfs_and_raw_ones_stay_43),
		cmocka_unit_test(the_level_decides_before_anything_is_formatted_42),
		cmocka_unit_test(the_location_of_the_call_comes_along_48_49),
		cmocka_unit_test(an_exception_is_what_errno_says_40_46),
		cmocka_unit_test(exc_text_and_stack_follow_on_lines_of_their_own_47_107),
		cmocka_unit_test(extra_becomes_attributes_and_may_hide_nothing_50_51),
		cmocka_unit_test(json_keeps_the_types_of_extra),
		cmocka_unit_test(handle_asks_for_no_level_52_53),
		cmocka_unit_test(hooks_see_every_record_54),
		cmocka_unit_test(adapters_replace_or_merge_55_56),
		cmocka_unit_test(sites_count_their_calls),
		cmocka_unit_test(what_is_below_the_floor_is_not_even_there_13),
		cmocka_unit_test(long_messages_arrive_whole_219),
		cmocka_unit_test(errno_is_as_it_was_224),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
