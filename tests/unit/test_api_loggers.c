/* SPDX-License-Identifier: Apache-2.0 */
/* The loggers of the public API. The numbers are those of the statements that a test shows. */
#include "tests/unit/api_world.h"

#include <errno.h>

static void three_names_are_the_root_14(void **state)
{
	struct vigil_logger *root = vigil_get_logger(NULL);

	(void)state;
	assert_ptr_equal(vigil_get_logger(""), root);
	assert_ptr_equal(vigil_get_logger("root"), root);
	assert_null(vigil_logger_parent(root));
	assert_string_equal(vigil_logger_name(root), "root");
}

static void a_logger_is_one_object_for_ever_16(void **state)
{
	struct vigil_logger *logger = vigil_get_logger("l16.a");

	(void)state;
	for (int i = 0; i < 2000; i++) {
		char name[32];

		snprintf(name, sizeof name, "l16.n%d", i);
		vigil_get_logger(name);
	}
	assert_ptr_equal(vigil_get_logger("l16.a"), logger);
	assert_string_equal(vigil_logger_name(logger), "l16.a");
}

static void children_come_below_their_parent_26(void **state)
{
	struct vigil_logger *a = vigil_get_logger("l26");

	(void)state;
	assert_ptr_equal(vigil_get_child(a, "b.c"), vigil_get_logger("l26.b.c"));
	assert_ptr_equal(vigil_get_child(vigil_get_logger(NULL), "l26k"), vigil_get_logger("l26k"));
	assert_string_equal(vigil_logger_name(vigil_get_child(a, "")), "l26.");
	assert_ptr_equal(vigil_logger_parent(vigil_get_logger("l26.b.c")), a);
}

static void direct_children_only_and_no_placeholders_27(void **state)
{
	struct vigil_logger *top = vigil_get_logger("l27"), *found[8];
	struct vigil_logger *one = vigil_get_logger("l27.one");

	(void)state;
	vigil_get_logger("l27.hole.deep");
	vigil_get_logger("l27.one.deep");
	assert_int_equal(vigil_logger_children(top, found, 8), 1);
	assert_ptr_equal(found[0], one);
	vigil_get_logger("l27.two");
	assert_int_equal(vigil_logger_children(top, found, 1), 2);
}

static void reprs_are_pythons_28_61(void **state)
{
	struct vigil_record record;
	struct vigil_logger *logger = vigil_get_logger("l28.b");
	struct vigil_handler *handler;
	char buffer[256];

	(void)state;
	vigil_set_level(logger, VIGIL_WARNING);
	assert_int_equal(vigil_logger_repr(logger, buffer, sizeof buffer), 24);
	assert_string_equal(buffer, "<Logger l28.b (WARNING)>");
	vigil_logger_repr(vigil_get_logger(NULL), buffer, sizeof buffer);
	assert_string_equal(buffer, "<RootLogger root (WARNING)>");
	assert_int_equal(vigil_stream_handler_new(2, &handler), 0);
	vigil_handler_repr(handler, buffer, sizeof buffer);
	assert_string_equal(buffer, "<StreamHandler <stderr> (NOTSET)>");
	assert_int_equal(vigil_null_handler_new(&handler), 0);
	vigil_handler_set_level(handler, 25);
	vigil_handler_repr(handler, buffer, sizeof buffer);
	assert_string_equal(buffer, "<NullHandler (Level 25)>");
	assert_int_equal(
		vigil_file_handler_new("/tmp/vigil-28.log", VIGIL_FILE_DELAY, &handler), 0);
	vigil_handler_repr(handler, buffer, sizeof buffer);
	assert_string_equal(buffer, "<FileHandler /tmp/vigil-28.log (NOTSET)>");
	vigil_adapter_repr(&(struct vigil_adapter){.logger = logger}, buffer, sizeof buffer);
	assert_string_equal(buffer, "<LoggerAdapter l28.b (WARNING)>");
	vigil_record_init(&record);
	record.name = "n";
	record.levelno = 20;
	record.pathname = "/p/q.py";
	record.lineno = 3;
	record.message = "hi";
	assert_int_equal(vigil_record_repr(&record, buffer, sizeof buffer), 36);
	assert_string_equal(buffer, "<LogRecord: n, 20, /p/q.py, 3, \"hi\">");
}

static void levels_have_names_and_numbers_3_4_5(void **state)
{
	char buffer[32];
	int level = -7;

	(void)state;
	assert_string_equal(vigil_level_name(20, buffer, sizeof buffer), "INFO");
	assert_string_equal(vigil_level_name(-1, buffer, sizeof buffer), "Level -1");
	assert_int_equal(vigil_level_parse("FATAL", &level), 0);
	assert_int_equal(level, 50);
	assert_int_equal(vigil_level_parse("xyz", &level), -EINVAL);
	assert_int_equal(level, 50);
	assert_string_equal(vigil_error_text(), "Unknown level: 'xyz'");
	assert_int_equal(vigil_set_level_name(vigil_get_logger("l5"), "warn"), -EINVAL);
	assert_string_equal(vigil_error_text(), "Unknown level: 'warn'");
	assert_int_equal(vigil_level_parse(NULL, &level), -EINVAL);
	assert_string_equal(vigil_error_text(), "Level not an integer or a valid string: None");
}

static void all_names_of_levels_8_10(void **state)
{
	const char *names[16];
	int levels[16];

	(void)state;
	assert_int_equal(vigil_level_names(names, levels, 16), 8);
	assert_string_equal(names[0], "CRITICAL");
	assert_string_equal(names[1], "FATAL");
	assert_int_equal(levels[1], 50);
	assert_int_equal(vigil_add_level_name(25, "NOTICE"), 0);
	assert_int_equal(vigil_add_level_name(21, "INFO"), 0);
	assert_int_equal(vigil_add_level_name(24, "NOTICE"), 0);
	assert_int_equal(vigil_add_level_name(21, "INFO"), 0);
	assert_int_equal(vigil_level_names(names, levels, 1), 9);
	assert_string_equal(names[0], "INFO");
	assert_int_equal(levels[0], 21);
	assert_int_equal(vigil_add_level_name(20, "INFO"), 0);
}

static void a_negative_level_lets_less_pass_than_disable_7(void **state)
{
	struct vigil_logger *logger = vigil_get_logger("l7");

	(void)state;
	vigil_set_level(logger, -5);
	assert_int_equal(vigil_logger_level(logger), -5);
	assert_false(vigil_is_enabled_for(logger, -5));
	assert_true(vigil_is_enabled_for(logger, 1));
}

static void every_change_of_a_level_is_seen_at_once_34(void **state)
{
	struct vigil_logger *top = vigil_get_logger("l34"), *leaf = vigil_get_logger("l34.a.b");

	(void)state;
	vigil_set_level(top, VIGIL_ERROR);
	assert_false(vigil_is_enabled_for(leaf, VIGIL_WARNING));
	vigil_set_level(top, VIGIL_DEBUG);
	assert_true(vigil_is_enabled_for(leaf, VIGIL_WARNING));
	vigil_disable(VIGIL_WARNING);
	assert_false(vigil_is_enabled_for(leaf, VIGIL_WARNING));
	assert_true(vigil_is_enabled_for(leaf, VIGIL_ERROR));
	vigil_disable(VIGIL_NOTSET);
	assert_true(vigil_is_enabled_for(leaf, VIGIL_WARNING));
	vigil_set_level(vigil_get_logger("l34.a"), VIGIL_CRITICAL);
	assert_false(vigil_is_enabled_for(leaf, VIGIL_WARNING));
	assert_int_equal(vigil_effective_level(leaf), VIGIL_CRITICAL);
}

static void a_disabled_logger_drops_and_its_children_do_not_38(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("l38", &kept);

	(void)state;
	vigil_set_disabled(logger, true);
	assert_true(vigil_disabled(logger));
	vigil_critical(logger, "lost");
	vigil_critical(vigil_get_logger("l38.child"), "kept");
	assert_string_equal(kept.text, "kept\n");
	vigil_set_disabled(logger, false);
}

static void new_loggers_are_as_python_makes_them_31(void **state)
{
	struct vigil_logger *logger = vigil_get_logger("l31");

	(void)state;
	assert_int_equal(vigil_logger_level(logger), VIGIL_NOTSET);
	assert_true(vigil_propagate(logger));
	assert_false(vigil_disabled(logger));
	assert_int_equal(vigil_logger_handlers(logger, NULL, 0), 0);
	assert_int_equal(vigil_logger_level(vigil_get_logger(NULL)), VIGIL_WARNING);
}

static void handlers_are_found_up_to_where_propagation_ends_68(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *leaf = vigil_get_logger("l68.leaf");

	(void)state;
	alone("l68", &kept);
	assert_true(vigil_logger_has_handlers(leaf));
	vigil_set_propagate(leaf, false);
	assert_false(vigil_logger_has_handlers(leaf));
}

static void a_handler_is_added_once_and_removed_67(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("l67", &kept);
	struct vigil_handler *handler, *other;

	(void)state;
	assert_int_equal(vigil_logger_handlers(logger, &handler, 1), 1);
	assert_int_equal(vigil_logger_add_handler(logger, handler), 0);
	assert_int_equal(vigil_logger_handlers(logger, NULL, 0), 1);
	vigil_set_propagate(vigil_get_logger("l67.child"), true);
	vigil_logger_add_handler(vigil_get_logger("l67.child"), handler);
	vigil_error(vigil_get_logger("l67.child"), "twice");
	assert_string_equal(kept.text, "twice\ntwice\n");
	vigil_null_handler_new(&other);
	assert_int_equal(vigil_logger_remove_handler(logger, other), 0);
	assert_int_equal(vigil_logger_remove_handler(logger, handler), 0);
	assert_int_equal(vigil_logger_handlers(logger, NULL, 0), 0);
}

static void null_is_a_logger_that_logs_nothing(void **state)
{
	(void)state;
	vigil_critical(NULL, "nobody");
	vigil_set_level(NULL, VIGIL_DEBUG);
	assert_false(vigil_is_enabled_for(NULL, VIGIL_CRITICAL));
	assert_int_equal(vigil_logger_add_handler(NULL, NULL), -EINVAL);
	assert_null(vigil_get_child(NULL, "x"));
	assert_int_equal(vigil_logger_children(NULL, NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_names_are_the_root_14),
		cmocka_unit_test(a_logger_is_one_object_for_ever_16),
		cmocka_unit_test(children_come_below_their_parent_26),
		cmocka_unit_test(direct_children_only_and_no_placeholders_27),
		cmocka_unit_test(reprs_are_pythons_28_61),
		cmocka_unit_test(levels_have_names_and_numbers_3_4_5),
		cmocka_unit_test(all_names_of_levels_8_10),
		cmocka_unit_test(a_negative_level_lets_less_pass_than_disable_7),
		cmocka_unit_test(new_loggers_are_as_python_makes_them_31),
		cmocka_unit_test(every_change_of_a_level_is_seen_at_once_34),
		cmocka_unit_test(a_disabled_logger_drops_and_its_children_do_not_38),
		cmocka_unit_test(handlers_are_found_up_to_where_propagation_ends_68),
		cmocka_unit_test(a_handler_is_added_once_and_removed_67),
		cmocka_unit_test(null_is_a_logger_that_logs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
