/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/tail.h"

#include "tests/unit/unit.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that grows, and what its tail said. */
struct world {
	struct tail tail;
	char directory[32], path[48];
	FILE *file;
	int asked, taken; /* how often */
	pid_t asked_of, wanted;
	bool asked_of_init;
	pid_t pid;
	int64_t rank;
	uint64_t start_ticks;
	enum node_state state;
};

static bool wants(void *context, pid_t pid, bool is_init, const char *line, size_t count)
{
	struct world *world = context;

	world->asked++;
	world->asked_of = pid;
	world->asked_of_init = is_init;
	assert_int_equal(line[count], '\n'); /* numbers end somewhere */
	assert_int_equal(tail_number(line, count, "\"ppid\":"), 4000);
	return world->wanted == 0 || pid == world->wanted;
}

static void takes(void *context, const struct event_record *record)
{
	struct world *world = context;

	world->taken++;
	world->pid = record->pid;
	world->rank = record->rank;
	world->start_ticks = record->start_ticks;
	world->state = record->state;
}

static FILE *open_file(const struct world *world, const char *name, char path[48])
{
	snprintf(path, 48, "%s/%s", world->directory, name);
	return fopen(path, "a");
}

static void begin(struct world *world, const char *there_before)
{
	*world = (struct world){.directory = "/tmp/vigil-test-XXXXXX"};
	assert_non_null(mkdtemp(world->directory));
	world->file = open_file(world, "n1.jsonl", world->path);
	assert_non_null(world->file);
	fputs(there_before, world->file);
	fflush(world->file);
	world->tail.wants = wants;
	world->tail.takes = takes;
	world->tail.context = world;
	tail_begin(&world->tail, world->directory, "n1");
	assert_int_equal(tail_open(&world->tail), 0);
}

static void end(struct world *world)
{
	tail_close(&world->tail);
	fclose(world->file);
	unlink(world->path);
	assert_int_equal(rmdir(world->directory), 0);
}

static void put(struct world *world, const char *text)
{
	fputs(text, world->file);
	fflush(world->file);
}

/* The line of the event STATE of PID, as vigil writes it. */
static const char *line_of(enum node_state state, pid_t pid, const char *abort_message)
{
	static char buffer[EVENT_LINE_MAX + 1];
	struct event event = {
		.source = SOURCE_WORKER,
		.state = state,
		.what = "init",
		.at = {1000000, 1000000},
		.identity = {.launcher = LAUNCHER_NONE, .rank = 3, .local_id = 1},
		.hostname = "n1",
		.pid = pid,
		.abort_message = abort_message,
		.cause = state == NODE_FAILED ? CAUSE_ABORT : CAUSE_NONE,
		.signal = {.number = state == NODE_FAILED ? 6 : 0},
		.process = {.program = "solver", .ppid = 4000, .start_ticks = 77},
	};
	struct text text;

	text_init(&text, buffer, EVENT_LINE_MAX);
	event_json(&event, &text);
	buffer[text.length] = '\n';
	buffer[text.length + 1] = '\0';
	return buffer;
}

static void beginnings_and_ends_are_taken_the_rest_is_passed_over(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "what was there before\n");
	put(&world, line_of(NODE_INIT, 11, NULL));
	tail_read(&world.tail);
	assert_int_equal(world.taken, 1);
	assert_true(world.asked_of_init);
	assert_int_equal(world.pid, 11);
	assert_int_equal(world.rank, 3);
	assert_int_equal(world.start_ticks, 77);
	put(&world, line_of(NODE_RUNNING, 12, NULL));
	put(&world, "not an event\n\n{}\n");
	tail_read(&world.tail);
	assert_int_equal(world.asked, 1);
	put(&world, line_of(NODE_SUCCEEDED, 13, NULL));
	tail_read(&world.tail);
	assert_false(world.asked_of_init);
	assert_int_equal(world.pid, 13);
	assert_int_equal(world.state, NODE_SUCCEEDED);
	tail_read(&world.tail);
	assert_int_equal(world.taken, 2);
	end(&world);
}

static void what_nobody_wants_is_not_parsed(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "");
	world.wanted = 5;
	put(&world, line_of(NODE_INIT, 4, NULL));
	tail_read(&world.tail);
	assert_int_equal(world.asked_of, 4);
	assert_int_equal(world.taken, 0);
	end(&world);
}

static void words_within_a_message_are_no_members(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "");
	put(&world, line_of(NODE_FAILED, 14, "\"pid\":99,\"node_state\":\"RUNNING\""));
	tail_read(&world.tail);
	assert_int_equal(world.asked_of, 14);
	assert_int_equal(world.pid, 14);
	assert_int_equal(world.state, NODE_FAILED);
	end(&world);
}

static void a_line_that_is_being_written_waits_for_its_end(void **state)
{
	char half[EVENT_LINE_MAX], *whole = strdup(line_of(NODE_INIT, 15, NULL));
	struct world world;

	(void)state;
	begin(&world, "");
	snprintf(half, sizeof half, "%.100s", whole);
	put(&world, half);
	tail_read(&world.tail);
	assert_int_equal(world.asked, 0);
	put(&world, whole + 100);
	tail_read(&world.tail);
	assert_int_equal(world.pid, 15);
	free(whole);
	end(&world);
}

static void a_line_that_no_event_can_be_is_skipped(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "");
	for (size_t i = 0; i < 10 * EVENT_LINE_MAX; i++)
		fputc('x', world.file);
	put(&world, "");
	tail_read(&world.tail);
	put(&world, "and its end\n");
	put(&world, line_of(NODE_INIT, 16, NULL));
	tail_read(&world.tail);
	tail_read(&world.tail);
	assert_int_equal(world.asked, 1);
	assert_int_equal(world.pid, 16);
	end(&world);
}

static void more_than_a_buffer_is_read_at_once(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "");
	for (int i = 0; i < 3000; i++)
		fputs(line_of(NODE_INIT, 100 + i, NULL), world.file);
	fflush(world.file);
	tail_read(&world.tail);
	assert_int_equal(world.taken, 3000);
	assert_int_equal(world.pid, 3099);
	end(&world);
}

static bool is_loud(const struct world *world)
{
	struct pollfd ready = {world->tail.changes, POLLIN, 0};

	return poll(&ready, 1, 0) == 1;
}

static void growth_is_heard_of_until_it_was_heard(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "before\n");
	assert_false(is_loud(&world));
	put(&world, "x\n");
	assert_true(is_loud(&world));
	tail_heard(&world.tail);
	assert_false(is_loud(&world));
	end(&world);
}

static void a_directory_that_is_not_there_is_an_error(void **state)
{
	struct tail tail = {0};

	(void)state;
	tail_begin(&tail, "/nonexistent/run", "n1");
	assert_int_equal(tail_open(&tail), -2);
	assert_int_equal(tail.changes, -1);
	tail_read(&tail);
}

/* A file of NAME with one INIT, of PID. */
static void put_beside(struct world *world, const char *name, pid_t pid, bool stays)
{
	char path[48];
	FILE *file = open_file(world, name, path);

	assert_non_null(file);
	fputs(line_of(NODE_INIT, pid, NULL), file);
	fclose(file);
	tail_read(&world->tail);
	if (!stays)
		unlink(path);
}

static void other_users_files_of_the_host_are_read_too(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "");
	put_beside(&world, "n1+uid1000.jsonl", 21, true);
	assert_int_equal(world.pid, 21);
	put_beside(&world, "n1+uid1000.jsonl", 22, false);
	assert_int_equal(world.pid, 22);
	put_beside(&world, "n1+uid1001.77.jsonl", 23, false);
	assert_int_equal(world.pid, 23);
	put(&world, line_of(NODE_INIT, 24, NULL));
	tail_read(&world.tail);
	assert_int_equal(world.taken, 4);
	end(&world);
}

static void other_hosts_files_are_not(void **state)
{
	static const char *const names[] = {
		"n10.jsonl", "n1.jsonl.1", "n1+.jsonl", "n1.txt", "n1+uid7.json", "m1.jsonl", NULL};
	struct world world;

	(void)state;
	begin(&world, "");
	for (size_t i = 0; names[i] != NULL; i++)
		put_beside(&world, names[i], 31, false);
	assert_int_equal(world.asked, 0);
	end(&world);
}

static void what_is_no_file_is_not_opened(void **state)
{
	struct world world;
	char path[64];

	(void)state;
	begin(&world, "");
	snprintf(path, sizeof path, "%s/n1+uid5.jsonl", world.directory);
	assert_int_equal(mkfifo(path, 0600), 0);
	tail_read(&world.tail);
	unlink(path);
	assert_int_equal(symlink(world.path, path), 0);
	put(&world, line_of(NODE_INIT, 41, NULL));
	tail_read(&world.tail);
	assert_int_equal(world.taken, 1);
	unlink(path);
	end(&world);
}

UNIT_TESTS(cmocka_unit_test(beginnings_and_ends_are_taken_the_rest_is_passed_over),
	cmocka_unit_test(what_nobody_wants_is_not_parsed),
	cmocka_unit_test(words_within_a_message_are_no_members),
	cmocka_unit_test(a_line_that_is_being_written_waits_for_its_end),
	cmocka_unit_test(a_line_that_no_event_can_be_is_skipped),
	cmocka_unit_test(more_than_a_buffer_is_read_at_once),
	cmocka_unit_test(growth_is_heard_of_until_it_was_heard),
	cmocka_unit_test(a_directory_that_is_not_there_is_an_error),
	cmocka_unit_test(other_users_files_of_the_host_are_read_too),
	cmocka_unit_test(other_hosts_files_are_not),
	cmocka_unit_test(what_is_no_file_is_not_opened))
