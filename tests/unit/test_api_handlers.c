/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers of the public API. The numbers are those of the statements that
 * a test shows. */
#include "tests/unit/api_world.h"

#include <errno.h>

static void levels_of_handlers_count_66(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("h66", &kept);
	struct vigil_handler *handler;
	char said[256];
	int saved;

	(void)state;
	vigil_logger_handlers(logger, &handler, 1);
	vigil_handler_set_level(handler, VIGIL_ERROR);
	assert_int_equal(vigil_handler_level(handler), VIGIL_ERROR);
	saved = hold_stderr();
	vigil_warning(logger, "too low, and no last resort");
	assert_string_equal(said_on_stderr(saved, said, sizeof said), "");
	vigil_error(logger, "high");
	assert_string_equal(kept.text, "high\n");
}

static void the_last_resort_speaks_or_is_missed_once_69_70(void **state)
{
	struct vigil_logger *logger = vigil_get_logger("h70.x");
	struct vigil_handler *resort;
	static struct record_buffer kept;
	char said[256];
	int saved = hold_stderr();

	(void)state;
	vigil_warning(logger, "Final chance!");
	vigil_info(logger, "nothing");
	assert_string_equal(said_on_stderr(saved, said, sizeof said), "Final chance!\n");
	vigil_set_last_resort(NULL);
	saved = hold_stderr();
	vigil_warning(logger, "one");
	vigil_warning(logger, "two");
	assert_string_equal(said_on_stderr(saved, said, sizeof said),
		"No handlers could be found for logger \"h70.x\"\n");
	resort = keeping(&kept);
	vigil_set_last_resort(resort);
	vigil_warning(logger, "kept");
	assert_string_equal(kept.text, "kept\n");
}

static void names_find_handlers_until_they_close_30(void **state)
{
	static struct record_buffer kept, spare;
	struct vigil_handler *handler = keeping(&kept), *newer = keeping(&spare);
	const char *names[64];
	size_t count = vigil_handler_names(names, 64);

	(void)state;
	assert_null(vigil_handler_by_name("h30"));
	assert_int_equal(vigil_handler_set_name(handler, "h30"), 0);
	assert_ptr_equal(vigil_handler_by_name("h30"), handler);
	assert_int_equal(vigil_handler_names(names, 64), count + 1);
	/* Of two with one name, the newer one is found, as in Python. */
	assert_int_equal(vigil_handler_set_name(newer, "h30"), 0);
	assert_ptr_equal(vigil_handler_by_name("h30"), newer);
	vigil_handler_close(newer);
	vigil_handler_close(handler);
	assert_null(vigil_handler_by_name("h30"));
	assert_int_equal(kept.flushed, 1);
	assert_int_equal(kept.closed, 1);
	vigil_handler_close(handler);
	assert_int_equal(kept.closed, 1);
}

static void a_failing_handler_is_reported_in_pythons_words_80_83_84(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("h83", &kept);
	const struct vigil_call call = {.file = "a.c", .line = 7, .function = "f"};
	char said[1024];
	int saved;

	(void)state;
	kept.result = -ENOSPC;
	saved = hold_stderr();
	assert_int_equal(vigil_log_call(logger, VIGIL_ERROR, &call, "it's %d", 5), 0);
	assert_string_equal(said_on_stderr(saved, said, sizeof said),
		"--- Logging error ---\n"
		"OSError: [Errno 28] No space left on device\n"
		"Call stack:\n"
		"  File \"a.c\", line 7, in f\n"
		"Message: \"it's 5\"\n"
		"Arguments: ()\n");
	vigil_set_raise_exceptions(false); /* 79 */
	saved = hold_stderr();
	vigil_error(logger, "silent");
	assert_string_equal(said_on_stderr(saved, said, sizeof said), "");
	vigil_set_raise_exceptions(true);
}

static int log_again(const struct vigil_record *record, const char *text, size_t length, void *data)
{
	(void)text;
	(void)length;
	++*(unsigned *)data;
	vigil_error(vigil_get_logger(record->name), "again");
	return 0;
}

static void a_handler_that_logs_to_itself_ends_74(void **state)
{
	unsigned count = 0;
	const struct vigil_handler_spec spec = {.emit = log_again, .data = &count};
	struct vigil_logger *logger = vigil_get_logger("h74");
	struct vigil_handler *handler;
	char said[2048];
	int saved;

	(void)state;
	vigil_set_propagate(logger, false);
	assert_int_equal(vigil_custom_handler_new(&spec, &handler), 0);
	vigil_logger_add_handler(logger, handler);
	saved = hold_stderr();
	vigil_error(logger, "first");
	said_on_stderr(saved, said, sizeof said);
	assert_int_equal(count, 16);
	assert_ptr_equal(strstr(said, "--- Logging error ---\nRecursionError"), said);
	assert_null(strstr(said + 1, "--- Logging error"));
}

static void a_stream_can_be_changed_114(void **state)
{
	struct vigil_handler *handler, *null;

	(void)state;
	assert_int_equal(vigil_stream_handler_new(2, &handler), 0);
	assert_int_equal(vigil_handler_set_stream(handler, 1), 2);
	assert_int_equal(vigil_handler_set_stream(handler, 1), -1);
	assert_int_equal(vigil_stream_handler_new(7, &handler), -EINVAL);
	vigil_null_handler_new(&null);
	assert_int_equal(vigil_handler_set_stream(null, 1), -EINVAL);
}

static void files_are_refused_as_python_refuses_them_117(void **state)
{
	struct vigil_handler *handler = NULL;

	(void)state;
	assert_int_equal(vigil_file_handler_new("/nonexistent/x.log", 0, &handler), -ENOENT);
	assert_string_equal(
		vigil_error_text(), "[Errno 2] No such file or directory: '/nonexistent/x.log'");
	assert_null(handler);
	assert_int_equal(
		vigil_file_handler_new("/nonexistent/x.log", VIGIL_FILE_DELAY, &handler), 0);
	assert_int_equal(vigil_file_handler_new(NULL, 0, &handler), -EINVAL);
	assert_int_equal(vigil_timed_rotating_file_handler_new("/tmp/vigil-t.log", VIGIL_FILE_DELAY,
				 &(struct vigil_timed_options){.when = "X"}, &handler),
		-EINVAL);
	assert_string_equal(vigil_error_text(), "Invalid rollover interval specified: X");
	assert_int_equal(vigil_socket_handler_new("no.such.host", 1, &handler), -EADDRNOTAVAIL);
}

static void rotating_files_rotate_125(void **state)
{
	struct vigil_logger *logger = vigil_get_logger("h125");
	struct vigil_handler *handler;
	char older[80], text[64];
	int fd;

	(void)state;
	snprintf(path, sizeof path, "/tmp/vigil-125-%d.log", getpid());
	vigil_set_propagate(logger, false);
	assert_int_equal(vigil_rotating_file_handler_new(path, 0, 20, 2, &handler), 0);
	vigil_logger_add_handler(logger, handler);
	for (int i = 0; i < 8; i++)
		vigil_error(logger, "msg%05d", i);
	for (int i = 0; i < 3; i++) {
		char wanted[64];

		snprintf(older, sizeof older, i == 0 ? "%s" : "%s.%d", path, i);
		snprintf(wanted, sizeof wanted, "msg%05d\nmsg%05d\n", 6 - 2 * i, 7 - 2 * i);
		fd = open(older, O_RDONLY);
		assert_int_equal(read(fd, text, sizeof text), 18);
		assert_memory_equal(text, wanted, 18);
		close(fd);
		unlink(older);
	}
	vigil_handler_close(handler);
}

static void a_file_for_every_rank(void **state)
{
	struct vigil_logger *logger = vigil_get_logger("h.rankfile");
	struct vigil_handler *handler = NULL;
	char template[64];

	(void)state;
	setenv("RANK", "3", 1);
	setenv("WORLD_SIZE", "4", 1);
	snprintf(template, sizeof template, "/tmp/vigil-rank-%d.{rank}.jsonl", getpid());
	snprintf(path, sizeof path, "/tmp/vigil-rank-%d.3.jsonl", getpid());
	assert_int_equal(vigil_run_file_handler_new(template, 0, &handler), 0);
	vigil_set_propagate(logger, false);
	vigil_logger_add_handler(logger, handler);
	vigil_error(logger, "here");
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	assert_int_equal(vigil_run_file_handler_new("/tmp/{no}", 0, &handler), -EBADMSG);
	assert_string_equal(vigil_error_text(), "unknown field in '/tmp/{no}'");
	vigil_handler_close(handler);
	unsetenv("RANK");
	unsetenv("WORLD_SIZE");
}

static void memory_is_dumped_when_something_goes_wrong_154_to_157(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = vigil_get_logger("h155");
	struct vigil_handler *memory, *target = keeping(&kept), *other;

	(void)state;
	vigil_set_propagate(logger, false);
	vigil_set_level(logger, VIGIL_DEBUG);
	vigil_handler_set_level(target, VIGIL_CRITICAL); /* 155: not looked at */
	assert_int_equal(vigil_memory_handler_new(4, VIGIL_ERROR, target, true, &memory), 0);
	vigil_logger_add_handler(logger, memory);
	for (int i = 0; i < 3; i++)
		vigil_debug(logger, "%d", i);
	assert_string_equal(kept.text, "");
	vigil_error(logger, "err");
	assert_string_equal(kept.text, "0\n1\n2\nerr\n");
	for (int i = 3; i < 8; i++)
		vigil_debug(logger, "%d", i);
	assert_string_equal(kept.text, "0\n1\n2\nerr\n3\n4\n5\n6\n");
	vigil_handler_flush(memory);
	assert_non_null(strstr(kept.text, "6\n7\n"));
	assert_int_equal(vigil_memory_handler_set_target(memory, memory), -EINVAL);
	assert_int_equal(vigil_memory_handler_new(4, VIGIL_ERROR, memory, true, &other), 0);
	assert_int_equal(vigil_memory_handler_set_target(memory, other), -EINVAL);
	assert_int_equal(vigil_memory_handler_set_target(target, NULL), -EINVAL);
	assert_int_equal(vigil_memory_handler_set_target(memory, NULL), 0);
	vigil_error(logger, "kept for later");
	vigil_handler_flush(memory); /* 156 */
	assert_null(strstr(kept.text, "later"));
	vigil_memory_handler_set_target(memory, target);
	vigil_handler_close(memory);
	assert_non_null(strstr(kept.text, "later"));
}

static void a_queue_is_emptied_by_its_listener_158_159(void **state)
{
	static struct record_buffer low, high;
	struct vigil_handler *handlers[] = {keeping(&low), keeping(&high), NULL}, *queue;
	struct vigil_logger *logger = vigil_get_logger("h159");

	(void)state;
	vigil_set_propagate(logger, false);
	vigil_handler_set_level(handlers[1], VIGIL_ERROR);
	assert_int_equal(
		vigil_queue_handler_new(1000, VIGIL_QUEUE_BLOCK, handlers, true, &queue), 0);
	vigil_handler_set_formatter(queue, formatting("<%(message)s>"));
	vigil_logger_add_handler(logger, queue);
	vigil_warning(logger, "at once"); /* 160: nobody listens yet */
	assert_string_equal(low.text, "<at once>\n");
	assert_int_equal(vigil_queue_listener_start(queue), 0);
	assert_int_equal(vigil_queue_listener_start(queue), -EALREADY);
	assert_string_equal(vigil_error_text(), "Listener already started");
	for (int i = 0; i < 300; i++)
		vigil_warning(logger, "%d", i % 10);
	vigil_error(logger, "bad");
	assert_int_equal(vigil_queue_listener_stop(queue), 0);
	assert_int_equal(vigil_queue_listener_stop(queue), 0);
	assert_int_equal(low.count, 302);
	assert_string_equal(high.text, "<bad>\n");
	assert_int_equal(vigil_queue_listener_start(handlers[0]), -EINVAL);
	assert_int_equal(
		vigil_queue_handler_new(0, VIGIL_QUEUE_BLOCK, handlers, true, &queue), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels_of_handlers_count_66),
		cmocka_unit_test(the_last_resort_speaks_or_is_missed_once_69_70),
		cmocka_unit_test(names_find_handlers_until_they_close_30),
		cmocka_unit_test(a_failing_handler_is_reported_in_pythons_words_80_83_84),
		cmocka_unit_test(a_handler_that_logs_to_itself_ends_74),
		cmocka_unit_test(a_stream_can_be_changed_114),
		cmocka_unit_test(files_are_refused_as_python_refuses_them_117),
		cmocka_unit_test(rotating_files_rotate_125),
		cmocka_unit_test(a_file_for_every_rank),
		cmocka_unit_test(memory_is_dumped_when_something_goes_wrong_154_to_157),
		cmocka_unit_test(a_queue_is_emptied_by_its_listener_158_159),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
