/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/logger.h"

#include "core/base/log_file.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A fresh hierarchy, a directory for its files, and stderr in a file. */
struct world {
	struct arena arena;
	struct logging *logging;
	char directory[64], stderr_path[96];
	int old_stderr;
};

static int begin(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof world);
	strcpy(world.directory, "/tmp/vigil-logger-XXXXXX");
	if (mkdtemp(world.directory) == NULL)
		return -1;
	snprintf(world.stderr_path, sizeof world.stderr_path, "%s/stderr", world.directory);
	world.logging = logging_new(&world.arena);
	world.old_stderr = dup(STDERR_FILENO);
	close(STDERR_FILENO);
	*state = &world;
	return open(world.stderr_path, O_RDWR | O_CREAT | O_APPEND, 0600) == STDERR_FILENO ? 0 : -1;
}

static int end(void **state)
{
	struct world *world = *state;
	char command[128];

	dup2(world->old_stderr, STDERR_FILENO);
	close(world->old_stderr);
	arena_release(&world->arena);
	snprintf(command, sizeof command, "rm -rf %s", world->directory);
	return system(command);
}

static const char *file(const struct world *world, const char *name)
{
	static char path[160];

	snprintf(path, sizeof path, "%s/%s", world->directory, name);
	return path;
}

static void assert_file(const struct world *world, const char *name, const char *expected)
{
	char buffer[1024] = "";
	int fd = open(file(world, name), O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, buffer, sizeof buffer - 1) >= 0);
	close(fd);
	assert_string_equal(buffer, expected);
}

static size_t lines_in(const char *path)
{
	char buffer[4096];
	int fd = open(path, O_RDONLY);
	ssize_t length = read(fd, buffer, sizeof buffer);
	size_t lines = 0;

	close(fd);
	for (ssize_t i = 0; i < length; i++)
		lines += buffer[i] == '\n';
	return lines;
}

static struct handler *add_file(struct world *world, const char *logger, const char *name)
{
	struct handler *handler = NULL;

	assert_int_equal(file_handler_new(&world->arena, file(world, name), 0, &handler), 0);
	assert_int_equal(logger_add_handler(logging_get(world->logging, logger), handler), 0);
	return handler;
}

static int log_to(struct world *world, const char *name, int level, const char *message)
{
	const struct logger *logger = logging_get(world->logging, name);
	struct log_record record = {.levelno = level, .message = message, .process = 42};
	char buffer[1024];
	struct text scratch;

	text_init(&scratch, buffer, sizeof buffer);
	return logger_is_enabled_for(logger, level) ? logger_handle(logger, &record, &scratch) : 0;
}

static const char *parent_of(struct world *world, const char *name)
{
	return logging_get(world->logging, name)->parent->name;
}

static void the_root_has_three_names_and_level_warning(void **state)
{
	struct world *world = *state;
	const struct logger *root = logging_get(world->logging, NULL);

	assert_ptr_equal(root, logging_get(world->logging, ""));
	assert_ptr_equal(root, logging_get(world->logging, "root"));
	assert_null(root->parent);
	assert_int_equal(logger_level(root), LEVEL_WARNING);
	assert_ptr_equal(logging_get(world->logging, "a.b"), logging_get(world->logging, "a.b"));
}

static void parents_are_the_nearest_that_exist_in_whatever_order_they_come(void **state)
{
	struct world *world = *state;

	assert_string_equal(parent_of(world, "x.y.z"), "root");
	assert_string_equal(parent_of(world, "x.y"), "root");
	assert_string_equal(parent_of(world, "x.y.z"), "x.y");
	assert_string_equal(parent_of(world, "x"), "root");
	assert_string_equal(parent_of(world, "x.y"), "x");
	assert_string_equal(parent_of(world, "x.y.z"), "x.y");
	logging_get(world->logging, "p.q.r");
	logging_get(world->logging, "p.q.s");
	logging_get(world->logging, "p");
	assert_string_equal(parent_of(world, "p.q.r"), "p");
	logging_get(world->logging, "p.q");
	assert_string_equal(parent_of(world, "p.q.s"), "p.q");
	assert_string_equal(parent_of(world, "p.q"), "p");
}

static void odd_names_have_pythons_parents(void **state)
{
	struct world *world = *state;

	logging_get(world->logging, "a");
	assert_string_equal(parent_of(world, "ab.c"), "root");
	assert_string_equal(parent_of(world, "root.x"), "root");
	assert_string_equal(parent_of(world, "."), "root");
	assert_string_equal(parent_of(world, "..x"), ".");
	assert_string_equal(parent_of(world, "x."), "root");
}

static void levels_come_from_the_nearest_ancestor_that_has_one(void **state)
{
	struct world *world = *state;
	const struct logger *leaf = logging_get(world->logging, "a.b.c");

	assert_int_equal(logger_effective_level(leaf), LEVEL_WARNING);
	logger_set_level(logging_get(world->logging, "a"), LEVEL_DEBUG);
	assert_int_equal(logger_effective_level(leaf), LEVEL_DEBUG);
	assert_true(logger_is_enabled_for(leaf, LEVEL_DEBUG));
	assert_false(logger_is_enabled_for(leaf, 9));
	logger_set_level(logging_get(world->logging, "a.b.c"), 35);
	assert_true(logger_is_enabled_for(leaf, 35));
	assert_false(logger_is_enabled_for(leaf, 34));
}

static void a_root_without_a_level_lets_all_but_zero_pass(void **state)
{
	struct world *world = *state;

	logger_set_level(&world->logging->root, LEVEL_NOTSET);
	assert_true(logger_is_enabled_for(&world->logging->root, 1));
	assert_false(logger_is_enabled_for(&world->logging->root, 0));
	logger_set_level(&world->logging->root, -5);
	assert_false(logger_is_enabled_for(&world->logging->root, -5));
}

static void handlers_are_called_from_the_logger_up(void **state)
{
	struct world *world = *state;
	struct handler *one = add_file(world, "a.b", "own");

	add_file(world, "a", "middle");
	add_file(world, "", "top");
	assert_int_equal(logger_add_handler(logging_get(world->logging, "a.b"), one), 0);
	assert_int_equal(log_to(world, "a.b", LEVEL_ERROR, "x"), 0);
	logger_set_propagate(logging_get(world->logging, "a"), false);
	assert_int_equal(log_to(world, "a.b", LEVEL_ERROR, "y"), 0);
	assert_file(world, "own", "x\ny\n");
	assert_file(world, "middle", "x\ny\n");
	assert_file(world, "top", "x\n");
	assert_file(world, "stderr", "");
}

static void ancestors_levels_filters_and_disabled_are_not_asked(void **state)
{
	struct world *world = *state;
	struct logger *top = logging_get(world->logging, "a");

	add_file(world, "a", "top");
	logger_set_level(top, LEVEL_CRITICAL);
	logger_set_disabled(top, true);
	logger_add_filter(top, filter_new(&world->arena, "zz"));
	logger_set_level(logging_get(world->logging, "a.b"), LEVEL_DEBUG);
	log_to(world, "a.b", LEVEL_DEBUG, "child");
	log_to(world, "a", LEVEL_CRITICAL, "own");
	logger_set_disabled(top, false);
	log_to(world, "a", LEVEL_CRITICAL, "filtered");
	assert_file(world, "top", "child\n");
}

static void a_handlers_level_and_filters_drop_for_it_alone(void **state)
{
	struct world *world = *state;
	struct handler *strict = add_file(world, "", "strict");
	struct handler *filtered = add_file(world, "", "filtered");

	strict->level = 35;
	handler_add_filter(&world->arena, filtered, filter_new(&world->arena, "a.b"));
	log_to(world, "a.b", 34, "low");
	log_to(world, "a.b.c", 35, "below");
	log_to(world, "a.bb", 36, "beside");
	assert_file(world, "strict", "below\nbeside\n");
	assert_file(world, "filtered", "low\nbelow\n");
}

static void without_any_handler_the_last_resort_speaks_from_warning_on(void **state)
{
	struct world *world = *state;

	logger_set_level(logging_get(world->logging, "a"), LEVEL_DEBUG);
	assert_int_equal(log_to(world, "a", LEVEL_INFO, "info"), 0);
	assert_int_equal(log_to(world, "a", LEVEL_WARNING, "Final chance!"), 0);
	assert_file(world, "stderr", "Final chance!\n");
}

static void a_null_handler_silences_the_last_resort(void **state)
{
	struct world *world = *state;
	struct handler *null;

	assert_int_equal(null_handler_new(&world->arena, &null), 0);
	null->level = LEVEL_CRITICAL;
	logger_add_handler(logging_get(world->logging, "a"), null);
	log_to(world, "a.b", LEVEL_ERROR, "x");
	assert_file(world, "stderr", "");
	logger_set_propagate(logging_get(world->logging, "a.b"), false);
	log_to(world, "a.b", LEVEL_ERROR, "y");
	assert_file(world, "stderr", "y\n");
}

static void a_run_directory_gets_everything_and_changes_nothing_else(void **state)
{
	struct world *world = *state;
	struct logger *logger = logging_get(world->logging, "a");

	add_file(world, "a", "user");
	assert_int_equal(
		logging_run_directory(&world->arena, world->logging, world->directory, NULL, "n1"),
		0);
	logger_set_level(logger, LEVEL_ERROR);
	log_to(world, "a", LEVEL_DEBUG, "debug");
	log_to(world, "a", LEVEL_ERROR, "error");
	logger_set_disabled(logger, true);
	log_to(world, "a", LEVEL_CRITICAL, "disabled");
	log_to(world, "b", LEVEL_CRITICAL, "no handler");
	assert_file(world, "user", "error\n");
	assert_file(world, "stderr", "");
	assert_int_equal(access(file(world, "n1.jsonl"), F_OK), 0);
	assert_int_equal(lines_in(file(world, "n1.jsonl")), 4);
}

static void a_run_directory_that_is_not_there_counts_as_undelivered(void **state)
{
	struct world *world = *state;

	assert_int_equal(logging_run_directory(
				 &world->arena, world->logging, "/nonexistent/run", NULL, "n1"),
		-ENOENT);
	assert_int_equal(log_to(world, "a", LEVEL_DEBUG, "x"), 1);
}

static void a_run_files_name_is_made_of_what_is_known(void **state)
{
	struct world *world = *state;
	struct run_context context = {.directory = world->directory,
		.hostname = "n1",
		.program = "a/b",
		.rank = 3,
		.local_rank = -1,
		.pid = 42};
	struct handler *handler;

	assert_int_equal(run_file_handler_new(&world->arena,
				 "{hostname}-{rank}-{local_rank}-{pid}-{run_id}-{program}",
				 &context, 0, &handler),
		0);
	handler->formatter = NULL;
	logger_add_handler(&world->logging->root, handler);
	log_to(world, "", LEVEL_ERROR, "x");
	assert_file(world, "n1-3-none-42-none-a_b", "x\n");
	assert_int_equal(
		run_file_handler_new(&world->arena, "{host}", &context, 0, &handler), -EBADMSG);
	assert_int_equal(
		run_file_handler_new(&world->arena, "a}b", &context, 0, &handler), -EBADMSG);
}

static void each_process_has_the_file_of_its_pid(void **state)
{
	struct world *world = *state;
	struct run_context context = {
		.directory = world->directory, .rank = -1, .local_rank = -1, .pid = 1};
	struct log_record record = {.levelno = LEVEL_ERROR, .message = "child", .process = 2};
	struct handler *handler;
	char buffer[64];
	struct text scratch;

	text_init(&scratch, buffer, sizeof buffer);
	assert_int_equal(
		run_file_handler_new(&world->arena, "{pid}.log", &context, 0, &handler), 0);
	handler->formatter = NULL;
	logger_add_handler(&world->logging->root, handler);
	assert_int_equal(logger_handle(&world->logging->root, &record, &scratch), 0);
	record.process = 1;
	record.message = "parent";
	assert_int_equal(logger_handle(&world->logging->root, &record, &scratch), 0);
	assert_file(world, "2.log", "child\n");
	assert_file(world, "1.log", "parent\n");
}

static bool rank_attribute(const struct record_extra *extra, const char *name, struct text *text)
{
	(void)extra;
	if (strcmp(name, "rank") == 0)
		return text_add(text, "1"), true;
	return false;
}

static void ranks_are_filtered_and_what_has_none_passes(void **state)
{
	struct world *world = *state;
	static const struct record_extra extra = {.attribute = rank_attribute};
	struct log_record record = {.name = "a", .extra = &extra};
	const struct filter *zero = rank_filter_new(&world->arena, (const int64_t[]){0}, 1, -1);
	const struct filter *both = rank_filter_new(&world->arena, (const int64_t[]){0, 1}, 2, 1);

	assert_null(zero->apply(zero, &record, &record));
	assert_ptr_equal(both->apply(both, &record, &record), &record);
	record.extra = NULL;
	assert_ptr_equal(zero->apply(zero, &record, &record), &record);
}

static void a_small_scratch_cuts_but_ends_the_line(void **state)
{
	struct world *world = *state;
	struct log_record record = {.levelno = LEVEL_ERROR, .message = "abc\xc3\xa4"};
	char buffer[6];
	struct text scratch;

	add_file(world, "", "file");
	text_init(&scratch, buffer, sizeof buffer);
	assert_int_equal(logger_handle(&world->logging->root, &record, &scratch), 0);
	assert_file(world, "file", "abc\n");
	text_init(&scratch, buffer, 1);
	assert_int_equal(logger_handle(&world->logging->root, &record, &scratch), 1);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, begin, end)

UNIT_TESTS(IN_WORLD(the_root_has_three_names_and_level_warning),
	IN_WORLD(parents_are_the_nearest_that_exist_in_whatever_order_they_come),
	IN_WORLD(odd_names_have_pythons_parents),
	IN_WORLD(levels_come_from_the_nearest_ancestor_that_has_one),
	IN_WORLD(a_root_without_a_level_lets_all_but_zero_pass),
	IN_WORLD(handlers_are_called_from_the_logger_up),
	IN_WORLD(ancestors_levels_filters_and_disabled_are_not_asked),
	IN_WORLD(a_handlers_level_and_filters_drop_for_it_alone),
	IN_WORLD(without_any_handler_the_last_resort_speaks_from_warning_on),
	IN_WORLD(a_null_handler_silences_the_last_resort),
	IN_WORLD(a_run_directory_gets_everything_and_changes_nothing_else),
	IN_WORLD(a_run_directory_that_is_not_there_counts_as_undelivered),
	IN_WORLD(a_run_files_name_is_made_of_what_is_known),
	IN_WORLD(each_process_has_the_file_of_its_pid),
	IN_WORLD(ranks_are_filtered_and_what_has_none_passes),
	IN_WORLD(a_small_scratch_cuts_but_ends_the_line))
