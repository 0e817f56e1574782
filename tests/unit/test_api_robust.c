/* SPDX-License-Identifier: Apache-2.0 */
/* The public API where programs are at their worst: forks, threads, limits. The
 * numbers are those of the statements that a test shows. */
#include "tests/unit/api_world.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Whoever hangs is ended, and fails. */
#define SECONDS_MOST 60

static struct vigil_logger *shared;
static struct record_buffer early;

/* 225: before main, and before this program's other constructors may have run. */
__attribute__((constructor)) static void before_main(void)
{
	const struct vigil_handler_spec spec = {.emit = keep_emit, .data = &early};
	struct vigil_logger *logger = vigil_get_logger("r225");
	struct vigil_handler *handler;

	if (vigil_custom_handler_new(&spec, &handler) == 0)
		vigil_logger_add_handler(logger, handler);
	vigil_set_propagate(logger, false);
	vigil_error(logger, "early");
}

static void constructors_may_log_225(void **state)
{
	(void)state;
	assert_string_equal(early.text, "early\n");
}

static atomic_bool holding, stop;

static int hold_emit(const struct vigil_record *record, const char *text, size_t length, void *data)
{
	(void)record;
	(void)text;
	(void)length;
	if (*(pid_t *)data == getpid()) {
		holding = true;
		usleep(200000);
	}
	return 0;
}

static void *log_once(void *logger)
{
	vigil_error(logger, "held");
	return NULL;
}

static void a_child_is_not_held_by_a_thread_of_its_parent_170(void **state)
{
	pid_t self = getpid(), child;
	const struct vigil_handler_spec spec = {.emit = hold_emit, .data = &self};
	struct vigil_logger *logger = vigil_get_logger("r170");
	struct vigil_handler *handler;
	pthread_t thread;
	int status;

	(void)state;
	vigil_set_propagate(logger, false);
	vigil_custom_handler_new(&spec, &handler);
	vigil_logger_add_handler(logger, handler);
	holding = false;
	pthread_create(&thread, NULL, log_once, logger);
	while (!holding)
		usleep(1000);
	child = fork();
	if (child == 0) {
		struct timespec from, to;

		alarm(SECONDS_MOST);
		clock_gettime(CLOCK_MONOTONIC, &from);
		vigil_error(logger, "in the child");
		vigil_get_logger("r170.new");
		clock_gettime(CLOCK_MONOTONIC, &to);
		_exit(to.tv_sec - from.tv_sec > 3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	pthread_join(thread, NULL);
}

static void the_child_logs_with_its_own_numbers_172(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("r172", &kept);
	int status;
	pid_t child;

	(void)state;
	format_by(logger, "%(process)d %(thread)d");
	vigil_error(logger, "the parent");
	child = fork();
	if (child == 0) {
		char wanted[64];

		kept.text[0] = '\0';
		vigil_error(logger, "the child");
		snprintf(wanted, sizeof wanted, "%d %d\n", getpid(), getpid());
		_exit(strcmp(kept.text, wanted) != 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define THREADS 8

static void *log_until_stopped(void *data)
{
	unsigned long count = 0;

	for (; !stop; count++)
		vigil_error(data, "line %08lu", count % 100000000);
	return (void *)count;
}

static void handlers_come_and_go_while_threads_log_217(void **state)
{
	struct vigil_logger *logger = to_file("r217");
	unsigned long count = 0;
	pthread_t threads[THREADS];
	void *result;

	(void)state;
	stop = false;
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, log_until_stopped, logger);
	for (int i = 0; i < 200; i++) {
		static struct record_buffer kept;
		struct vigil_handler *handler;

		if (i % 2 == 0)
			vigil_null_handler_new(&handler);
		else
			handler = keeping(&kept);
		vigil_handler_set_level(handler, VIGIL_CRITICAL);
		vigil_logger_add_handler(logger, handler);
		vigil_set_level(logger, i % 3 == 0 ? VIGIL_INFO : VIGIL_DEBUG);
		usleep(500);
		vigil_logger_remove_handler(logger, handler);
		vigil_handler_close(handler);
	}
	stop = true;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		count += (unsigned long)result;
	}
	assert_int_equal(count_lines(path), count);
}

static void many_children_log_while_files_rotate_227(void **state)
{
	enum { CHILDREN = 32, EACH = 50 };
	struct vigil_logger *logger = vigil_get_logger("r227");
	struct vigil_handler *handler;
	unsigned lines = 0;
	char name[96];
	int status;

	(void)state;
	snprintf(path, sizeof path, "/tmp/vigil-storm-%d.log", getpid());
	vigil_set_propagate(logger, false);
	assert_int_equal(vigil_rotating_file_handler_new(path, 0, 2000, 99, &handler), 0);
	vigil_logger_add_handler(logger, handler);
	for (int i = 0; i < CHILDREN; i++)
		if (fork() == 0) {
			for (int line = 0; line < EACH; line++)
				vigil_error(logger, "line %08d", i * EACH + line);
			_exit(0);
		}
	for (int i = 0; i < CHILDREN; i++)
		assert_true(wait(&status) > 0 && status == 0);
	lines = count_lines(path);
	for (int i = 1; i < 100; i++) {
		snprintf(name, sizeof name, "%s.%d", path, i);
		lines += count_lines(name);
	}
	assert_int_equal(lines, CHILDREN * EACH);
}

/* What TRY comes to in a child of ours: 0 is good. */
static int in_child(int (*try)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		alarm(SECONDS_MOST);
		_exit(try());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static int log_with_nothing_open(void)
{
	struct vigil_handler *handler;
	struct stat stat;

	for (int fd = 0; fd < 64; fd++)
		close(fd);
	if (vigil_file_handler_new(path, 0, &handler) < 0)
		return 1;
	vigil_logger_add_handler(shared, handler);
	vigil_error(shared, "line %08d", 1);
	for (int fd = 0; fd < 64; fd++)
		if (fstat(fd, &stat) == 0)
			return 2;
	return 0;
}

static void low_descriptors_are_left_to_the_program_222(void **state)
{
	(void)state;
	shared = vigil_get_logger("r222");
	vigil_set_propagate(shared, false);
	snprintf(path, sizeof path, "/tmp/vigil-222-%d.log", getpid());
	assert_int_equal(in_child(log_with_nothing_open), 0);
	assert_int_equal(count_lines(path), 1);
}

static int log_beyond_the_limit(void)
{
	const struct rlimit limit = {98, 98};

	vigil_error(shared, "line %08d", 1);
	setrlimit(RLIMIT_FSIZE, &limit);
	usleep(20000); /* a new tick of the coarse clock */
	for (int i = 0; i < 20; i++)
		vigil_error(shared, "line %08d", i);
	return 0;
}

static void a_limit_of_the_files_size_kills_nobody_223(void **state)
{
	struct stat file;

	(void)state;
	shared = to_file("r223");
	vigil_set_raise_exceptions(false);
	assert_int_equal(in_child(log_beyond_the_limit), 0);
	vigil_set_raise_exceptions(true);
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_size, 98);
	unlink(path);
}

static void links_are_followed_or_not_as_reported_118_232(void **state)
{
	struct vigil_handler *handler = NULL;
	struct stat file;
	char target[64];

	(void)state;
	snprintf(path, sizeof path, "/tmp/vigil-232-%d", getpid());
	snprintf(target, sizeof target, "/tmp/vigil-232-target-%d", getpid());
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(vigil_file_handler_new(path, VIGIL_FILE_SAFE, &handler), -ELOOP);
	assert_null(handler);
	assert_int_equal(access(target, F_OK), -1);
	umask(022);
	assert_int_equal(vigil_file_handler_new(path, 0, &handler), 0); /* 118 */
	assert_int_equal(stat(target, &file), 0);
	assert_int_equal(file.st_mode & 0777, 0644);
	unlink(target);
	unlink(path);
}

static atomic_int inside;
static atomic_bool crowded;

static int alone_in_emit(
	const struct vigil_record *record, const char *text, size_t length, void *data)
{
	(void)text;
	(void)length;
	(void)data;
	if (atomic_fetch_add(&inside, 1) != 0)
		crowded = true;
	usleep(100);
	atomic_fetch_sub(&inside, 1);
	if (record->levelno == VIGIL_ERROR)
		vigil_info(vigil_get_logger("r73"), "from inside");
	return 0;
}

static void *log_ten_times(void *logger)
{
	for (int i = 0; i < 10; i++)
		vigil_error(logger, "x");
	return NULL;
}

static void one_thread_at_a_time_is_in_a_handler_73(void **state)
{
	const struct vigil_handler_spec spec = {.emit = alone_in_emit};
	struct vigil_logger *logger = vigil_get_logger("r73");
	struct vigil_handler *handler;
	pthread_t threads[THREADS];

	(void)state;
	vigil_set_propagate(logger, false);
	vigil_set_level(logger, VIGIL_DEBUG);
	vigil_custom_handler_new(&spec, &handler);
	vigil_logger_add_handler(logger, handler);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, log_ten_times, logger);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_false(crowded);
}

static void a_clock_that_is_set_back_does_no_harm_229(void **state)
{
	static struct record_buffer kept;
	struct vigil_logger *logger = alone("r229", &kept);
	struct vigil_handler *handler;
	struct vigil_record record;
	unsigned lines = 0;

	(void)state;
	format_by(logger, "%(msecs)03d");
	snprintf(path, sizeof path, "/tmp/vigil-229-%d.log", getpid());
	assert_int_equal(vigil_timed_rotating_file_handler_new(
				 path, 0, &(struct vigil_timed_options){.when = "S"}, &handler),
		0);
	vigil_logger_add_handler(logger, handler);
	vigil_record_init(&record);
	record.levelno = VIGIL_ERROR;
	record.message = "line 00000000";
	for (int64_t us = 3000000; us > -3000000; us -= 900001) {
		int msecs;

		record.created_us = us;
		kept.text[0] = '\0';
		vigil_handle(logger, &record);
		msecs = atoi(kept.text);
		assert_true(msecs >= 0 && msecs <= 999);
	}
	lines = count_lines(path);
	assert_int_equal(lines, 7);
	vigil_handler_close(handler);
}

static void a_vfork_childs_exec_makes_no_record_230(void **state)
{
	struct vigil_logger *logger = to_file("r230");
	int status;
	pid_t child;

	(void)state;
	vigil_error(logger, "line %08d", 1);
	child = vfork();
	if (child == 0) {
		execl("/bin/true", "true", NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	vigil_error(logger, "line %08d", 2);
	assert_int_equal(count_lines(path), 2);
}

static void ten_thousand_loggers_218(void **state)
{
	char name[64];

	(void)state;
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof name, "r218.a%d.b%d.c%d", i % 10, i % 100, i);
		assert_non_null(vigil_get_logger(name));
	}
	assert_ptr_equal(
		vigil_logger_parent(vigil_get_logger("r218.a9.b99.c9999")), vigil_get_logger(NULL));
	vigil_get_logger("r218.a9.b99");
	assert_string_equal(
		vigil_logger_name(vigil_logger_parent(vigil_get_logger("r218.a9.b99.c9999"))),
		"r218.a9.b99");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constructors_may_log_225),
		cmocka_unit_test(a_child_is_not_held_by_a_thread_of_its_parent_170),
		cmocka_unit_test(the_child_logs_with_its_own_numbers_172),
		cmocka_unit_test(handlers_come_and_go_while_threads_log_217),
		cmocka_unit_test(many_children_log_while_files_rotate_227),
		cmocka_unit_test(low_descriptors_are_left_to_the_program_222),
		cmocka_unit_test(a_limit_of_the_files_size_kills_nobody_223),
		cmocka_unit_test(links_are_followed_or_not_as_reported_118_232),
		cmocka_unit_test(one_thread_at_a_time_is_in_a_handler_73),
		cmocka_unit_test(a_clock_that_is_set_back_does_no_harm_229),
		cmocka_unit_test(a_vfork_childs_exec_makes_no_record_230),
		cmocka_unit_test(ten_thousand_loggers_218),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
