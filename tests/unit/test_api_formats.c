/* SPDX-License-Identifier: Apache-2.0 */
/* Filters and formatters of the public API. The numbers are those of the statements that a test
 * shows. */
#include "tests/unit/api_world.h"

#include <errno.h>

static enum vigil_verdict drop_odd(struct vigil_record *record, void *data)
{
	(void)data;
	return record->lineno % 2 == 0 ? VIGIL_KEEP : VIGIL_DROP;
}

static enum vigil_verdict shout(struct vigil_record *record, void *data)
{
	(void)data;
	record->message = record->keep(record, "SHOUTED");
	record->set(record, "by", "filter");
	return VIGIL_KEEP;
}

static enum vigil_verdict replace(struct vigil_record *record, void *data)
{
	record->message = data;
	record->levelno = VIGIL_CRITICAL;
	return VIGIL_REPLACE;
}

static void log_line(struct vigil_logger *logger, int line)
{
	const struct vigil_call call = {.file = "f.c", .line = line, .function = "f"};

	vigil_log_call(logger, VIGIL_INFO, &call, "line %d", line);
}

static void filters_are_functions_77_78(void **state)
{
	const struct vigil_filter_spec odd = {.filter = drop_odd};
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("h78", &kept);

	(void)state;
	assert_int_equal(vigil_logger_add_filter(logger, &odd), 0);
	assert_int_equal(vigil_logger_add_filter(logger, &odd), 0);
	log_line(logger, 1);
	log_line(logger, 2);
	assert_int_equal(vigil_logger_remove_filter(logger, &odd), 0);
	assert_int_equal(vigil_logger_remove_filter(logger, &odd), 0);
	log_line(logger, 3);
	assert_string_equal(kept.text, "line 2\nline 3\n");
}

static void what_a_filter_changes_stays_changed_72(void **state)
{
	const struct vigil_filter_spec loud = {.filter = shout};
	static struct record_buffer kept, later;
	struct vigil_logger *logger = alone("h72", &kept);
	struct vigil_handler *first, *second = keeping(&later);

	(void)state;
	vigil_logger_handlers(logger, &first, 1);
	format_by(logger, "%(by)s %(message)s");
	assert_int_equal(vigil_handler_add_filter(first, &loud), 0);
	vigil_handler_set_formatter(second, formatting("%(message)s by %(by)s"));
	vigil_logger_add_handler(logger, second);
	vigil_info(logger, "quiet");
	assert_string_equal(kept.text, "filter SHOUTED\n");
	assert_string_equal(later.text, "SHOUTED by filter\n");
}

static void a_replaced_record_stays_in_its_handler_72(void **state)
{
	const struct vigil_filter_spec other = {.filter = replace, .data = (void *)"other"};
	const struct vigil_filter_spec all = {.filter = replace, .data = (void *)"all"};
	static struct record_buffer kept, later;
	struct vigil_logger *logger = alone("h72r", &kept);
	struct vigil_handler *first, *second = keeping(&later);

	(void)state;
	vigil_logger_handlers(logger, &first, 1);
	format_by(logger, "%(levelname)s %(message)s");
	vigil_handler_add_filter(first, &other);
	vigil_logger_add_handler(logger, second);
	vigil_info(logger, "mine");
	assert_string_equal(kept.text, "CRITICAL other\n");
	assert_string_equal(later.text, "mine\n");
	vigil_logger_add_filter(logger, &all);
	assert_int_equal(vigil_handler_remove_filter(first, &other), 0);
	vigil_info(logger, "mine");
	assert_string_equal(kept.text, "CRITICAL other\nCRITICAL all\n");
	assert_string_equal(later.text, "mine\nall\n");
}

static void names_are_filtered_76(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("h76", &kept);
	struct vigil_handler *handler;

	(void)state;
	vigil_logger_handlers(logger, &handler, 1);
	vigil_handler_add_name_filter(handler, "h76.A");
	vigil_error(vigil_get_logger("h76.A"), "1");
	vigil_error(vigil_get_logger("h76.A.b"), "2");
	vigil_error(vigil_get_logger("h76.AB"), "3");
	assert_int_equal(vigil_logger_add_name_filter(vigil_get_logger("h76.A"), "zz"), 0);
	vigil_error(vigil_get_logger("h76.A"), "4");
	vigil_error(vigil_get_logger("h76.A.b"), "5"); /* 65: a logger's filter is its own */
	assert_string_equal(kept.text, "1\n2\n5\n");
}

static ssize_t bracket(const struct vigil_record *record, char *buffer, size_t size, void *data)
{
	char user[8];
	ssize_t length = record->attribute == NULL
				 ? -ENOENT
				 : record->attribute(record, "user", user, sizeof user);

	return snprintf(buffer, size, "%s[%s|%s|%zd]", (const char *)data, record->message,
		length < 0 ? "-" : user, length);
}

static void formatters_are_functions(void **state)
{
	const struct vigil_formatter_spec spec = {.format = bracket, .data = (void *)">"};
	const struct vigil_extra extra[] = {VIGIL_STR("user", "wilhelmine"), VIGIL_END};
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("h.format", &kept);
	struct vigil_formatter *formatter;
	struct vigil_handler *handler;
	struct vigil_record record;
	char buffer[64];

	(void)state;
	assert_int_equal(vigil_custom_formatter_new(&spec, &formatter), 0);
	vigil_logger_handlers(logger, &handler, 1);
	vigil_handler_set_formatter(handler, formatter);
	assert_int_equal(vigil_handler_set_terminator(handler, "!\n"), 0); /* 112, 234 */
	vigil_log_extra(logger, VIGIL_INFO, extra, "m");
	vigil_info(logger, "n");
	assert_string_equal(kept.text, ">[m|wilhelm|10]!\n>[n|-|-2]!\n");
	vigil_record_init(&record);
	record.message = "out of line";
	assert_int_equal(vigil_format(NULL, &record, buffer, sizeof buffer), 11);
	assert_string_equal(buffer, "out of line");
	assert_int_equal(vigil_format(NULL, &record, buffer, 4), 3);
}

static void formats_are_checked_85_93_to_99(void **state)
{
	static const struct {
		struct vigil_formatter_options options;
		const char *why;
	} bad[] = {
		{{.style = "x"}, "Style must be one of: %,{,$"},
		{{.format = "hello"}, "Invalid format 'hello' for '%' style"},
		{{.format = "%(asctime)Z"}, "Invalid format '%(asctime)Z' for '%' style"},
		{{.format = "{}", .style = "{"}, "invalid format: no fields"},
		{{.format = "{name:.2ff}", .style = "{"}, "invalid format: bad specifier: '.2ff'"},
		{{.format = "$", .style = "$"}, "invalid format: bare '$' not allowed"},
	};
	const struct vigil_formatter_options loose = {.format = "hello", .no_validate = true};
	struct vigil_formatter *formatter = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(vigil_formatter_new(&bad[i].options, &formatter), -EINVAL);
		assert_string_equal(vigil_error_text(), bad[i].why);
		assert_null(formatter);
	}
	assert_int_equal(vigil_formatter_new(&loose, &formatter), 0);
}

static void a_buffering_formatter_puts_something_around_records_110(void **state)
{
	struct vigil_record records[2];
	char buffer[64];

	(void)state;
	vigil_record_init(&records[0]);
	records[0].message = "one";
	records[1] = records[0];
	records[1].message = "two";
	assert_int_equal(vigil_format_all(NULL, NULL, records, 2, NULL, buffer, sizeof buffer), 6);
	assert_string_equal(buffer, "onetwo");
	vigil_format_all(
		formatting("<%(message)s>"), "[(2)", records, 2, "(2)]", buffer, sizeof buffer);
	assert_string_equal(buffer, "[(2)<one><two>(2)]");
	assert_int_equal(vigil_format_all(NULL, "[", records, 0, "]", buffer, sizeof buffer), 0);
	assert_string_equal(buffer, "");
	assert_int_equal(vigil_format_all(NULL, NULL, records, 2, NULL, buffer, 5), 4);
	assert_string_equal(buffer, "onet");
}

static void ranks_choose_what_is_seen(void **state)
{
	static struct record_buffer zero, one;
	struct vigil_logger *logger = alone("h.ranks", &zero);
	struct vigil_handler *first, *second = keeping(&one);
	const struct vigil_extra rank_0[] = {VIGIL_INT("rank", 0), VIGIL_END};

	(void)state;
	setenv("RANK", "1", 1);
	setenv("WORLD_SIZE", "2", 1);
	vigil_logger_handlers(logger, &first, 1);
	assert_int_equal(vigil_handler_add_rank_filter(first, (const int64_t[]){0}, 1), 0);
	assert_int_equal(vigil_handler_add_rank_filter(second, (const int64_t[]){1}, 1), 0);
	vigil_logger_add_handler(logger, second);
	vigil_info(logger, "mine");
	vigil_log_extra(logger, VIGIL_INFO, rank_0, "zero's");
	assert_string_equal(zero.text, "zero's\n");
	assert_string_equal(one.text, "mine\n");
	assert_int_equal(vigil_logger_add_rank_filter(logger, (const int64_t[]){0}, 1), 0);
	vigil_info(logger, "nobody's");
	assert_int_equal(one.count, 1);
	unsetenv("RANK");
	unsetenv("WORLD_SIZE");
}

static void colours_are_where_they_are_wanted(void **state)
{
	const struct vigil_extra abbrev[] = {VIGIL_STR("detectron2", "d2"), VIGIL_END};
	const struct vigil_color_options always = {
		.color = "always", .datefmt = "%Y", .abbrev = abbrev};
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("detectron2.data", &kept);
	struct vigil_formatter *formatter;
	struct vigil_handler *handler;

	(void)state;
	vigil_logger_handlers(logger, &handler, 1);
	assert_int_equal(vigil_color_formatter_new(&always, &formatter), 0);
	vigil_handler_set_formatter(handler, formatter);
	vigil_warning(logger, "w");
	assert_non_null(strstr(kept.text, "\x1b[5m\x1b[31mWARNING\x1b[0m \x1b[32m["));
	assert_non_null(strstr(kept.text, " d2.data]: \x1b[0mw\n"));
	kept.text[0] = '\0';
	assert_int_equal(vigil_color_formatter_new(NULL, &formatter), 0);
	vigil_handler_set_formatter(handler, formatter);
	vigil_warning(logger, "w"); /* no terminal, no colour */
	assert_non_null(strstr(kept.text, "] detectron2.data WARNING: w\n"));
	assert_int_equal(vigil_color_formatter_new(
				 &(struct vigil_color_options){.color = "maybe"}, &formatter),
		-EINVAL);
	assert_string_equal(
		vigil_error_text(), "expected one of auto, always, never, found 'maybe'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_are_functions_77_78),
		cmocka_unit_test(what_a_filter_changes_stays_changed_72),
		cmocka_unit_test(a_replaced_record_stays_in_its_handler_72),
		cmocka_unit_test(names_are_filtered_76),
		cmocka_unit_test(formatters_are_functions),
		cmocka_unit_test(formats_are_checked_85_93_to_99),
		cmocka_unit_test(a_buffering_formatter_puts_something_around_records_110),
		cmocka_unit_test(ranks_choose_what_is_seen),
		cmocka_unit_test(colours_are_where_they_are_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
