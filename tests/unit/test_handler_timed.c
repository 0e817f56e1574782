/* SPDX-License-Identifier: Apache-2.0 */
/* logging.handlers.TimedRotatingFileHandler. */
#include "core/logging/handlers/schedule.h"
#include "tests/unit/handler_world.h"

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define NEW_YORK "EST+05EDT,M3.2.0,M11.1.0"

/* "2012-03-10 23:59:59" of the zone in TZ; FOLD is the second of two such times. */
static int64_t local(const char *text, int fold)
{
	struct tm tm = {.tm_isdst = -1};
	time_t time;

	assert_int_equal(sscanf(text, "%d-%d-%d %d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
				 &tm.tm_hour, &tm.tm_min, &tm.tm_sec),
		6);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	if (fold)
		tm.tm_isdst = 0;
	time = mktime(&tm);
	return time;
}

struct rollover {
	const char *when;
	int32_t at_time;
	int64_t interval;
	const char *now, *next;
	int now_fold, next_fold;
};

static const struct rollover rollovers[] = {
	{"MIDNIGHT", 0, 1, "2012-03-10 23:59:59", "2012-03-11 00:00:00", 0, 0},
	{"MIDNIGHT", 0, 1, "2012-03-11 00:00:00", "2012-03-12 00:00:00", 0, 0},
	{"midnight", 0, 1, "2012-03-11 01:00:00", "2012-03-12 00:00:00", 0, 0},
	{"MIDNIGHT", 0, 1, "2012-11-04 01:00:00", "2012-11-05 00:00:00", 0, 0},
	{"MIDNIGHT", 0, 1, "2012-11-04 01:00:00", "2012-11-05 00:00:00", 1, 0},
	{"MIDNIGHT", 0, 3, "2012-11-02 12:00:00", "2012-11-05 00:00:00", 0, 0},
	{"MIDNIGHT", 12 * 3600, 1, "2012-03-10 13:00:00", "2012-03-11 12:00:00", 0, 0},
	{"MIDNIGHT", 12 * 3600, 1, "2012-11-03 13:00:00", "2012-11-04 12:00:00", 0, 0},
	{"MIDNIGHT", 2 * 3600, 1, "2012-03-10 02:00:00", "2012-03-11 03:00:00", 0, 0},
	{"MIDNIGHT", 2 * 3600 + 1800, 1, "2012-03-10 02:30:00", "2012-03-11 03:30:00", 0, 0},
	{"MIDNIGHT", 2 * 3600 + 1800, 1, "2012-03-11 03:30:00", "2012-03-12 02:30:00", 0, 0},
	{"MIDNIGHT", 3600 + 1800, 1, "2012-11-04 01:00:00", "2012-11-04 01:30:00", 1, 1},
	{"MIDNIGHT", 3600 + 1800, 1, "2012-11-04 01:30:00", "2012-11-05 01:30:00", 1, 0},
	{"W6", 0, 1, "2012-03-04 23:59:59", "2012-03-05 00:00:00", 0, 0},
	{"W6", 0, 1, "2012-03-05 00:00:00", "2012-03-12 00:00:00", 0, 0},
	{"w6", 2 * 3600, 1, "2012-03-04 02:00:00", "2012-03-11 03:00:00", 0, 0},
	{"W0", 0, 2, "2012-03-12 13:00:00", "2012-03-20 00:00:00", 0, 0},
	{"H", 0, 2, "2012-03-11 01:00:00", "2012-03-11 04:00:00", 0, 0},
	{"D", 0, 1, "2012-03-10 12:00:00", "2012-03-11 13:00:00", 0, 0},
	{"s", 0, 90, "2012-03-10 12:00:00", "2012-03-10 12:01:30", 0, 0},
	{"M", 0, 5, "2012-03-10 12:00:00", "2012-03-10 12:05:00", 0, 0},
};

static void begin(struct schedule *schedule, const char *when, int32_t at_time, int64_t interval)
{
	struct schedule_options options = {
		.when = when, .at_time = at_time, .interval = interval, .zone = {.tz = NEW_YORK}};
	char buffer[128];
	struct text error;

	setenv("TZ", NEW_YORK, 1);
	tzset();
	text_init(&error, buffer, sizeof buffer);
	assert_int_equal(schedule_init(schedule, &options, &error), 0);
}

static void files_end_when_python_says_so(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rollovers / sizeof *rollovers; i++) {
		const struct rollover *row = &rollovers[i];
		struct schedule schedule;
		int64_t next;

		begin(&schedule, row->when, row->at_time, row->interval);
		next = schedule_next(&schedule, local(row->now, row->now_fold));
		if (next != local(row->next, row->next_fold))
			fail_msg("%s %d from %s: %lld s late", row->when, row->at_time, row->now,
				(long long)(next - local(row->next, row->next_fold)));
	}
}

static void assert_suffix(const char *when, const char *end, const char *now, const char *expected)
{
	struct schedule schedule;
	char buffer[64];
	struct text text;

	begin(&schedule, when, 0, 1);
	text_init(&text, buffer, sizeof buffer);
	schedule_suffix(&schedule, local(end, 0), local(now, 0), &text);
	assert_string_equal(buffer, expected);
	assert_true(schedule_made(&schedule, buffer));
}

static void suffixes_emit_the_beginning(void **state)
{
	(void)state;
	assert_suffix("S", "2012-01-02 03:04:05", "2012-01-02 03:04:05", "2012-01-02_03-04-04");
	assert_suffix("M", "2012-01-02 03:04:05", "2012-01-02 03:04:05", "2012-01-02_03-03");
	assert_suffix("H", "2012-01-02 03:04:05", "2012-01-02 03:04:05", "2012-01-02_02");
	assert_suffix("D", "2012-01-02 03:04:05", "2012-01-02 03:04:05", "2012-01-01");
	assert_suffix("MIDNIGHT", "2012-01-02 00:00:00", "2012-01-02 00:00:03", "2012-01-01");
	assert_suffix("W0", "2012-01-09 00:00:00", "2012-01-09 00:00:03", "2012-01-02");
	/* 24 hours before it is 23:00 by the clock of winter, 00:00 by that of summer. */
	assert_suffix("MIDNIGHT", "2012-03-12 00:00:00", "2012-03-12 00:00:03", "2012-03-11");
	assert_suffix("MIDNIGHT", "2012-11-05 00:00:00", "2012-11-05 00:00:03", "2012-11-04");
}

static void only_dates_are_suffixes(void **state)
{
	static const char *const none[] = {"", "2012-01-0", "2012-01-021", "2012-01-02.gz",
		"b.2012-01-02", "2012_01-02", "20120102", "2012-01-02_03"};
	struct schedule schedule;

	(void)state;
	begin(&schedule, "D", 0, 1);
	assert_true(schedule_made(&schedule, "2012-01-02"));
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_false(schedule_made(&schedule, none[i]));
}

static void assert_no_schedule(const char *when, const char *expected)
{
	struct schedule_options options = {.when = when, .interval = 1};
	struct schedule schedule;
	char buffer[128];
	struct text error;

	text_init(&error, buffer, sizeof buffer);
	assert_int_equal(schedule_init(&schedule, &options, &error), -EINVAL);
	assert_string_equal(buffer, expected);
}

static void what_is_no_interval_is_refused(void **state)
{
	(void)state;
	assert_no_schedule("x", "Invalid rollover interval specified: X");
	assert_no_schedule("", "Invalid rollover interval specified: ");
	assert_no_schedule("w", "You must specify a day for weekly rollover from 0 to 6 (0 is "
				"Monday): W");
	assert_no_schedule("W7", "Invalid day specified for weekly rollover: W7");
	assert_no_schedule("MIDNIGHT and much more", "Invalid rollover interval specified: "
						     "MIDNIGHT AND MU");
}

static struct handler *timed(struct world *world, const char *when, int64_t backup_count)
{
	struct schedule_options options = {.when = when, .interval = 1, .utc = true};
	struct handler *handler = NULL;
	char buffer[128];
	struct text error;

	text_init(&error, buffer, sizeof buffer);
	assert_int_equal(timed_rotating_file_handler_new(&world->arena, in(world, "t.log"), 0,
				 &options, backup_count, &error, &handler),
		0);
	return handler;
}

/* Makes t.log, last changed on a day long ago: 2012-03-10 12:00:00 UTC. */
static void put_old_log(struct world *world)
{
	struct timespec times[2] = {{.tv_sec = 1331380800}, {.tv_sec = 1331380800}};

	put(world, "t.log", "old\n");
	assert_int_equal(utimensat(AT_FDCWD, in(world, "t.log"), times, 0), 0);
}

static void an_old_file_is_rotated_by_the_first_record(void **state)
{
	struct world *world = *state;
	struct handler *handler;

	put_old_log(world);
	handler = timed(world, "D", 0);
	log_to(handler, "new");
	log_to(handler, "newer");
	assert_holds(world, "t.log", "new\nnewer\n");
	assert_holds(world, "t.log.2012-03-10", "old\n");
}

static void a_file_of_that_name_means_already_rotated(void **state)
{
	struct world *world = *state;

	put_old_log(world);
	put(world, "t.log.2012-03-10", "by another\n");
	log_to(timed(world, "D", 1), "new");
	assert_holds(world, "t.log", "old\nnew\n");
	assert_holds(world, "t.log.2012-03-10", "by another\n");
}

static void the_newest_backups_are_kept_and_nothing_else_is_touched(void **state)
{
	static const char *const kept[] = {"t.log.2012-03-09", "t.log.2012-03-10",
		"t.log.b.2001-01-01", "t.log.2001-01-01_00", "t.log.2001-01-01.gz",
		"u.log.2001-01-01", "t.logx2001-01-01"};
	static const char *const gone[] = {
		"t.log.2012-03-08", "t.log.2011-12-31", "t.log.0001-01-01"};
	struct world *world = *state;

	put_old_log(world);
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (i != 1)
			put(world, kept[i], "kept");
	for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
		put(world, gone[i], "gone");
	log_to(timed(world, "D", 2), "new");
	assert_holds(world, kept[1], "old\n");
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		assert_int_equal(access(in(world, kept[i]), F_OK), 0);
	for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
		assert_no_file(world, gone[i]);
}

static void two_processes_rotate_once(void **state)
{
	struct world *world = *state;
	struct handler *first, *second;

	put_old_log(world);
	first = timed(world, "S", 0);
	second = timed(world, "S", 0);
	log_to(first, "by the first");
	log_to(second, "by the second");
	assert_holds(world, "t.log.2012-03-10_12-00-00", "old\n");
	assert_holds(world, "t.log", "by the first\nby the second\n");
}

static void who_reckons_from_another_start_sees_that_it_was_rotated(void **state)
{
	struct world *world = *state;
	struct handler *handler;

	put_old_log(world);
	handler = timed(world, "D", 0);
	assert_int_equal(rename(in(world, "t.log"), in(world, "t.log.2012-03-10_x")), 0);
	put(world, "t.log", "begun by another\n");
	log_to(handler, "new");
	assert_holds(world, "t.log", "begun by another\nnew\n");
	assert_no_file(world, "t.log.2012-03-10");
}

static pthread_barrier_t together;

/* The files show what came of it. */
static void *log_once(void *handler)
{
	struct log_record record = a_record("x");

	pthread_barrier_wait(&together);
	log_record_to(handler, &record);
	return NULL;
}

static void threads_rotate_once(void **state)
{
	struct world *world = *state;
	struct handler *handler;
	pthread_t threads[8];

	put_old_log(world);
	handler = timed(world, "D", 0);
	pthread_barrier_init(&together, NULL, 8);
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, log_once, handler), 0);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&together);
	assert_holds(world, "t.log.2012-03-10", "old\n");
	assert_holds(world, "t.log", "x\nx\nx\nx\nx\nx\nx\nx\n");
}

static void a_fifo_is_never_rotated(void **state)
{
	struct world *world = *state;
	struct handler *handler;
	struct stat now;
	int reader;

	assert_int_equal(mkfifo(in(world, "t.log"), 0600), 0);
	reader = open(in(world, "t.log"), O_RDWR | O_NONBLOCK);
	handler = timed(world, "S", 1);
	sleep(1);
	log_to(handler, "x");
	assert_int_equal(stat(in(world, "t.log"), &now), 0);
	assert_true(S_ISFIFO(now.st_mode));
	close(reader);
}

static void a_second_passes(void **state)
{
	struct world *world = *state;
	struct handler *handler = timed(world, "S", 0);
	char command[160], line[32] = "";
	FILE *listing;

	log_to(handler, "one");
	usleep(2100000);
	log_to(handler, "two");
	assert_holds(world, "t.log", "two\n");
	snprintf(command, sizeof command, "cat %s/t.log.2*", world->directory);
	listing = popen(command, "r");
	assert_non_null(fgets(line, sizeof line, listing));
	pclose(listing);
	assert_string_equal(line, "one\n");
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_world, remove_world)

UNIT_TESTS(cmocka_unit_test(files_end_when_python_says_so),
	cmocka_unit_test(suffixes_emit_the_beginning), cmocka_unit_test(only_dates_are_suffixes),
	cmocka_unit_test(what_is_no_interval_is_refused),
	T(an_old_file_is_rotated_by_the_first_record), T(a_file_of_that_name_means_already_rotated),
	T(the_newest_backups_are_kept_and_nothing_else_is_touched), T(two_processes_rotate_once),
	T(who_reckons_from_another_start_sees_that_it_was_rotated), T(threads_rotate_once),
	T(a_fifo_is_never_rotated), T(a_second_passes))
