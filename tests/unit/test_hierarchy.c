/* SPDX-License-Identifier: Apache-2.0 */
/* A hierarchy that lives on: its changes, and configurations on top of each other. */
#include "core/config/config.h"
#include "core/logging/reconfigure.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct arena arena;
static struct logging *logging;
static struct config_errors errors;

static int begin(void **state)
{
	(void)state;
	logging = logging_new(&arena);
	return logging == NULL ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static struct logger *get(const char *name)
{
	return logging_get(logging, name);
}

static int configure(const char *text)
{
	struct config_context context = {.living = logging};
	struct logging *same = NULL;
	int error;

	memset(&errors, 0, sizeof errors);
	errors.arena = &arena;
	errors.path = "f";
	error = config_parse(
		&arena, arena_strdup(&arena, text), strlen(text), &context, &same, &errors);
	if (error == 0)
		assert_ptr_equal(same, logging);
	return error;
}

static void assert_parent(const char *name, const char *parent)
{
	assert_string_equal(get(name)->parent->name, parent);
}

static void names_that_python_itself_treats_oddly(void **state)
{
	(void)state;
	get("r.x");
	get("ro.x");
	get("s.x");
	get("r");
	get("ro");
	get("s");
	assert_parent("r.x", "root");
	assert_parent("ro.x", "root");
	assert_parent("s.x", "s");
	assert_parent("r.y", "r");
	get("a");
	assert_parent("a..b", "root");
	get("a.");
	assert_parent("a..b", "a.");
	assert_ptr_equal(get("root"), &logging->root);
}

static void ten_thousand_loggers_are_found_by_their_names(void **state)
{
	char name[64];

	(void)state;
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof name, "a.b%d.c", i);
		assert_non_null(get(name));
	}
	get("a");
	assert_parent("a.b9999.c", "a");
	assert_parent("a.b0.c", "a");
	assert_int_equal(logging->names.count, 20001);
}

static void disable_is_for_all_and_for_its_own_level_too(void **state)
{
	struct logger *logger = get("a");

	(void)state;
	logger_set_level(logger, LEVEL_DEBUG);
	assert_true(logger_is_enabled_for(logger, LEVEL_WARNING));
	logging_disable(logging, LEVEL_WARNING);
	assert_false(logger_is_enabled_for(logger, LEVEL_WARNING));
	assert_true(logger_is_enabled_for(logger, 31));
	assert_false(logger_is_enabled_for(&logging->root, LEVEL_WARNING));
	logging_disable(logging, LEVEL_NOTSET);
	assert_true(logger_is_enabled_for(logger, LEVEL_DEBUG));
	logger_set_level(logger, -5);
	assert_false(logger_is_enabled_for(logger, -5));
	logging_disable(logging, INT_MIN);
	assert_true(logger_is_enabled_for(logger, -5));
	logger_set_level(logger, INT_MIN);
	assert_false(logger_is_enabled_for(logger, INT_MIN));
	assert_true(logger_is_enabled_for(logger, INT_MIN + 1));
	logging_disable(logging, INT_MAX);
	assert_false(logger_is_enabled_for(logger, INT_MAX));
}

static void what_was_found_out_of_a_level_is_forgotten_with_any_change(void **state)
{
	struct logger *leaf = get("a.b.c");

	(void)state;
	assert_false(logger_is_enabled_for(leaf, LEVEL_DEBUG));
	logger_set_level(get("a"), LEVEL_DEBUG);
	assert_true(logger_is_enabled_for(leaf, LEVEL_DEBUG));
	logger_set_level(get("a.b"), LEVEL_ERROR);
	assert_false(logger_is_enabled_for(leaf, LEVEL_WARNING));
	assert_int_equal(configure("{version: 1, loggers: {a.b: {level: INFO}}}"), 0);
	assert_true(logger_is_enabled_for(leaf, LEVEL_INFO));
	logger_set_disabled(leaf, true);
	assert_false(logger_is_enabled_for(leaf, LEVEL_CRITICAL));
}

static size_t said(int level)
{
	struct log_record record = {.levelno = level, .message = "m"};
	int old = dup(STDERR_FILENO), fd;
	char path[] = "/tmp/vigil-said-XXXXXX", buffer[256] = "";
	struct text scratch;
	off_t size;

	fd = mkstemp(path);
	dup2(fd, STDERR_FILENO);
	text_init(&scratch, buffer, sizeof buffer);
	assert_int_equal(logger_handle(get("nh.x"), &record, &scratch), 0);
	dup2(old, STDERR_FILENO);
	close(old);
	size = lseek(fd, 0, SEEK_END);
	close(fd);
	unlink(path);
	return (size_t)size;
}

static void that_there_are_no_handlers_is_said_once_where_there_is_no_last_resort(void **state)
{
	(void)state;
	assert_int_equal(said(LEVEL_WARNING), strlen("m\n"));
	logging->last_resort = NULL;
	assert_int_equal(
		said(LEVEL_DEBUG), strlen("No handlers could be found for logger \"nh.x\"\n"));
	assert_int_equal(said(LEVEL_CRITICAL), 0);
}

static void nor_is_it_said_without_raise_exceptions(void **state)
{
	(void)state;
	logging->last_resort = NULL;
	logging->raise_exceptions = false;
	assert_int_equal(said(LEVEL_CRITICAL), 0);
}

static bool is_disabled(const char *name)
{
	return logger_setup(get(name))->disabled;
}

static void loggers_that_are_not_named_are_disabled_but_for_those_below(void **state)
{
	(void)state;
	get("keep.child");
	get("keepx");
	get("other.kid");
	logger_set_level(get("keep.child"), 10);
	logger_set_propagate(get("keep.child"), false);
	assert_int_equal(configure("{version: 1, loggers: {keep: {level: INFO}}}"), 0);
	assert_false(is_disabled("keep"));
	assert_false(is_disabled("keep.child"));
	assert_int_equal(logger_level(get("keep.child")), LEVEL_NOTSET);
	assert_true(logger_setup(get("keep.child"))->propagate);
	assert_true(is_disabled("keepx"));
	assert_true(is_disabled("other.kid"));
	assert_false(is_disabled("root"));
	assert_int_equal(configure("{version: 1, disable_existing_loggers: false}"), 0);
	assert_false(is_disabled("keepx"));
}

static void a_named_logger_keeps_what_is_not_said_and_gathers_filters(void **state)
{
	static const char text[] = "{version: 1, filters: {f: {name: a}}, handlers: {h: {class: "
				   "logging.NullHandler}}, loggers: {a: {filters: [f]}}}";
	struct logger *logger = get("a");
	struct handler *handler;

	(void)state;
	null_handler_new(&arena, &handler);
	logger_add_handler(logger, handler);
	logger_set_level(logger, 10);
	logger_set_propagate(logger, false);
	assert_int_equal(configure(text), 0);
	assert_int_equal(configure(text), 0);
	assert_int_equal(logger_level(logger), 10);
	assert_false(logger_setup(logger)->propagate);
	assert_int_equal(logger_setup(logger)->handlers->count, 0);
	assert_int_equal(logger_setup(logger)->filters->count, 2);
}

static void incremental_changes_levels_and_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(
		configure("{version: 1, handlers: {h: {class: logging.NullHandler}}, "
			  "root: {handlers: [h]}, loggers: {a: {level: INFO, handlers: [h]}}}"),
		0);
	get("b");
	logger_set_disabled(get("a"), true);
	assert_int_equal(configure("{version: 1, incremental: true, formatters: 3, handlers: {h: "
				   "{level: ERROR, formatter: zz}}, root: {level: 7}, "
				   "loggers: {a: {level: 8, propagate: no, handlers: [zz]}}}"),
		0);
	assert_int_equal(logging_handler(logging, "h")->level, LEVEL_ERROR);
	assert_int_equal(logger_level(&logging->root), 7);
	assert_int_equal(logger_level(get("a")), 8);
	assert_false(logger_setup(get("a"))->propagate);
	assert_int_equal(logger_setup(get("a"))->handlers->count, 1);
	assert_false(is_disabled("a"));
	assert_false(is_disabled("b"));
	assert_int_equal(
		configure("{version: 1, incremental: true, handlers: {zz: {level: 1}}}"), -EINVAL);
	assert_non_null(strstr(errors.lines[0], "No handler found with name 'zz'"));
}

static void what_is_refused_leaves_all_as_it_was(void **state)
{
	(void)state;
	get("b");
	assert_int_equal(
		configure("{version: 1, handlers: {h: {class: logging.NullHandler}}, "
			  "disable_existing_loggers: no, root: {level: 5, handlers: [h]}}"),
		0);
	assert_int_equal(configure("{version: 1, root: {level: 6}, loggers: {b: {level: 7}, "
				   "a: {handlers: [zz]}}}"),
		-EINVAL);
	assert_int_equal(logger_level(&logging->root), 5);
	assert_int_equal(logger_level(get("b")), LEVEL_NOTSET);
	assert_int_equal(logger_setup(&logging->root)->handlers->count, 1);
	assert_non_null(logging_handler(logging, "h"));
}

static void added_names_go_both_ways(void **state)
{
	static struct arena for_ever;
	char buffer[LEVEL_NAME_SIZE];
	int level = 0;

	(void)state;
	assert_int_equal(level_add(&for_ever, 25, "NOTICE"), 0);
	assert_string_equal(level_name(25, buffer), "NOTICE");
	assert_int_equal(level_parse("NOTICE", &level), 0);
	assert_int_equal(level, 25);
	level_add(&for_ever, LEVEL_INFO, "Info");
	assert_string_equal(level_name(LEVEL_INFO, buffer), "Info");
	assert_int_equal(level_parse("INFO", &level), 0);
	assert_int_equal(level, LEVEL_INFO);
	level_add(&for_ever, LEVEL_INFO, "");
	assert_string_equal(level_name(LEVEL_INFO, buffer), "");
	level_add(&for_ever, LEVEL_INFO, "INFO");
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, begin, end)

UNIT_TESTS(FRESH(names_that_python_itself_treats_oddly),
	FRESH(ten_thousand_loggers_are_found_by_their_names),
	FRESH(disable_is_for_all_and_for_its_own_level_too),
	FRESH(what_was_found_out_of_a_level_is_forgotten_with_any_change),
	FRESH(that_there_are_no_handlers_is_said_once_where_there_is_no_last_resort),
	FRESH(nor_is_it_said_without_raise_exceptions),
	FRESH(loggers_that_are_not_named_are_disabled_but_for_those_below),
	FRESH(a_named_logger_keeps_what_is_not_said_and_gathers_filters),
	FRESH(incremental_changes_levels_and_nothing_else),
	FRESH(what_is_refused_leaves_all_as_it_was), cmocka_unit_test(added_names_go_both_ways))
