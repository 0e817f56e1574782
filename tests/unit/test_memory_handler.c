/* SPDX-License-Identifier: Apache-2.0 */
/* What conformance cannot see of MemoryHandler: threads, signals, forks, crashes, full memory. */
#include "core/base/clock.h"
#include "core/logging/logger.h"
#include "tests/unit/handler_world.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

/* A target that counts what comes, keeps the texts, and does WITHIN in the middle of each. */
struct target {
	struct handler base;
	atomic_int count;
	char last[64], first[64];
	int error;
	bool counts_only; /* several threads come */
	void (*within)(struct target *target);
};

static int take(struct handler *handler, const struct log_record *record, struct text *scratch)
{
	struct target *target = (struct target *)handler;

	(void)scratch;
	if (target->counts_only)
		return atomic_fetch_add(&target->count, 1), 0;
	if (atomic_fetch_add(&target->count, 1) == 0)
		text_format(target->first, sizeof target->first, "%.60s", record->message);
	text_format(target->last, sizeof target->last, "%.60s", record->message);
	if (target->within != NULL)
		target->within(target);
	return target->error;
}

static const struct handler_class target_class = {.name = "Target", .emit = take};
static struct target target;
static struct handler *memory;

static void make(struct world *world, int64_t capacity, bool with_target)
{
	struct memory_options options = {.capacity = capacity, .flush_level = LEVEL_ERROR};

	target = (struct target){.base.class = &target_class};
	assert_int_equal(memory_handler_new(&world->arena, &options,
				 with_target ? &target.base : NULL, &memory),
		0);
}

static int log_at(int level, const char *message)
{
	struct log_record record = a_record(message);

	record.levelno = level;
	return log_record_to(memory, &record);
}

static void it_keeps_records_until_there_are_enough_or_one_is_bad(void **state)
{
	make(*state, 3, true);
	assert_int_equal(log_at(LEVEL_DEBUG, "1"), 0);
	assert_int_equal(log_at(LEVEL_DEBUG, "2"), 0);
	assert_int_equal(target.count, 0);
	log_at(LEVEL_DEBUG, "3");
	assert_int_equal(target.count, 3);
	log_at(LEVEL_DEBUG, "4");
	assert_int_equal(target.count, 3);
	log_at(LEVEL_ERROR, "5");
	assert_int_equal(target.count, 5);
	assert_string_equal(target.first, "1");
	assert_string_equal(target.last, "5");
}

static void its_strings_may_be_gone_when_it_flushes(void **state)
{
	char message[] = "first";

	make(*state, 9, true);
	log_at(LEVEL_DEBUG, message);
	strcpy(message, "xxxxx");
	memory->class->flush(memory, NULL, NULL);
	assert_string_equal(target.last, "first");
}

static void without_a_target_the_oldest_go_when_memory_is_full(void **state)
{
	static char large[100000];

	make(*state, 2, false);
	memset(large, 'x', sizeof large - 1);
	for (int i = 0; i < 10; i++) {
		large[0] = (char)('0' + i);
		assert_int_equal(log_at(LEVEL_ERROR, large), 0);
	}
	memory->class->flush(memory, NULL, NULL);
	assert_int_equal(target.count, 0);
	memory_handler_set_target(memory, &target.base);
	memory->class->flush(memory, NULL, NULL);
	assert_int_equal(target.count, 2); /* of 256 KiB */
	assert_int_equal(target.first[0], '8');
	assert_int_equal(target.last[0], '9');
}

static void a_full_memory_goes_out_before_its_time(void **state)
{
	static char large[100000];

	make(*state, 1000000, true);
	memset(large, 'x', sizeof large - 1);
	for (int i = 0; i < 100; i++)
		assert_int_equal(log_at(LEVEL_DEBUG, large), 0);
	assert_uint_in_range(target.count, 1, 99);
	memory->class->flush(memory, NULL, NULL);
	assert_int_equal(target.count, 100);
}

static void a_record_that_is_too_large_passes_behind_those_that_are_kept(void **state)
{
	static const size_t sizes[] = {300000, 2000000}; /* for the memory; for any copy */
	static char large[2000001];

	for (int i = 0; i < 2; i++) {
		memset(large, 'x', sizes[i]);
		make(*state, 2, false);
		assert_int_equal(log_at(LEVEL_DEBUG, large), -ENOBUFS);
		make(*state, 20, true);
		log_at(LEVEL_DEBUG, "small");
		assert_int_equal(log_at(LEVEL_DEBUG, large), 0);
		assert_int_equal(target.count, 2);
		assert_string_equal(target.first, "small");
		assert_int_equal(target.last[0], 'x');
	}
}

static void the_level_of_its_target_is_not_asked_its_filters_are(void **state)
{
	struct world *world = *state;
	struct log_record record = a_record("no");

	make(world, 1, true);
	target.base.level = LEVEL_CRITICAL;
	handler_add_filter(&world->arena, &target.base, filter_new(&world->arena, "a.b"));
	log_at(LEVEL_DEBUG, "yes");
	record.name = "a";
	log_record_to(memory, &record);
	assert_int_equal(target.count, 1);
}

/* What on_error was reported. */
static int noted;

static void count_errors(const struct handler *handler, const struct log_record *record, int error)
{
	(void)record;
	assert_ptr_equal(handler, &target.base);
	assert_int_equal(error, -ENOSPC);
	noted++;
}

static void what_a_target_cannot_write_is_reported_of_each_record(void **state)
{
	struct world *world = *state;
	struct logging logging = {.on_error = count_errors};
	struct memory_options options = {.capacity = 3, .flush_level = 50, .logging = &logging};

	make(world, 1, true);
	target.error = -ENOSPC;
	assert_int_equal(memory_handler_new(&world->arena, &options, &target.base, &memory), 0);
	assert_int_equal(log_at(LEVEL_DEBUG, "1"), 0);
	assert_int_equal(log_at(LEVEL_DEBUG, "2"), 0);
	assert_int_equal(log_at(LEVEL_DEBUG, "3"), -ENOSPC);
	assert_int_equal(noted, 2); /* the last one is its caller's */
	assert_int_equal(target.count, 3);
}

static void at_the_end_it_flushes_unless_it_shall_not(void **state)
{
	struct world *world = *state;
	struct logging *logging = logging_new(&world->arena);

	make(world, 9, true);
	assert_int_equal(logging_track(logging, memory), 0);
	assert_int_equal(logging_track(logging, memory), 0);
	log_at(LEVEL_DEBUG, "1");
	logging_shutdown(logging);
	logging_shutdown(logging);
	assert_int_equal(target.count, 1);
	log_at(LEVEL_ERROR, "nobody's");
	assert_int_equal(target.count, 1);

	make(world, 9, true);
	memory->unflushed_at_close = true;
	logging_track(logging, memory);
	log_at(LEVEL_DEBUG, "1");
	logging_shutdown(logging);
	memory_handler_set_target(memory, &target.base);
	memory->class->flush(memory, NULL, NULL);
	assert_int_equal(target.count, 0);
}

static void the_newest_is_closed_first(void **state)
{
	struct world *world = *state;
	struct logging *logging = logging_new(&world->arena);
	struct memory_options options = {.capacity = 9, .flush_level = 50};
	struct handler *inner;

	make(world, 9, true);
	inner = memory;
	assert_int_equal(memory_handler_new(&world->arena, &options, inner, &memory), 0);
	logging_track(logging, inner);
	logging_track(logging, memory);
	log_at(LEVEL_DEBUG, "through both");
	logging_shutdown(logging);
	assert_int_equal(target.count, 1);
}

/* The same for what the process says last, which the emit path calls. */
static void behind_the_last_record_it_flushes_in_a_crash_too(void **state)
{
	struct world *world = *state;
	struct logging *logging = logging_new(&world->arena);
	struct log_record last = {.process = getpid(), .crashing = true};
	char buffer[1024];
	struct text scratch;

	make(world, 9, true);
	logging_track(logging, memory);
	log_at(LEVEL_DEBUG, "1");
	text_init(&scratch, buffer, sizeof buffer);
	logging_flush(logging, &last, &scratch);
	assert_int_equal(target.count, 1);
	memory->unflushed_at_close = true;
	log_at(LEVEL_DEBUG, "2");
	logging_flush(logging, &last, &scratch);
	assert_int_equal(target.count, 1);
}

static void be_slow(struct target *self)
{
	(void)self;
	usleep(30000);
}

static void a_crash_does_not_wait_for_long(void **state)
{
	struct log_record record = a_record("end");
	int64_t begin;

	make(*state, 1000, true);
	for (int i = 0; i < 500; i++)
		log_at(LEVEL_DEBUG, "kept");
	target.within = be_slow;
	record.crashing = true;
	record.levelno = LEVEL_CRITICAL;
	begin = instant_now().mono_us;
	assert_int_equal(log_record_to(memory, &record), 0);
	assert_uint_in_range(instant_now().mono_us - begin, 0, 2000000);
	assert_uint_in_range(target.count, 2, 100);
	assert_string_equal(target.last, "end");
}

/* A signal comes while the handler hands on, and its handler logs. */
static void log_in_signal(int number)
{
	(void)number;
	log_at(LEVEL_DEBUG, "signal");
}

static void raise_once(struct target *self)
{
	self->within = NULL;
	raise(SIGUSR1);
}

static void a_signal_handler_logs_to_the_handler_that_it_interrupts(void **state)
{
	int64_t begin = instant_now().mono_us;

	make(*state, 3, true);
	signal(SIGUSR1, log_in_signal);
	target.within = raise_once;
	log_at(LEVEL_DEBUG, "1");
	log_at(LEVEL_DEBUG, "2");
	log_at(LEVEL_DEBUG, "3");
	signal(SIGUSR1, SIG_DFL);
	assert_int_equal(target.count, 4);
	assert_string_equal(target.last, "3");
	assert_uint_in_range(instant_now().mono_us - begin, 0, 2000000);
}

/* A thread that stays in the handler until the test lets it go. */
static atomic_int inside;

static void stay(struct target *self)
{
	(void)self;
	if (atomic_fetch_add(&inside, 1) == 0)
		while (atomic_load(&inside) < 1000)
			usleep(1000);
}

static void *log_and_stay(void *unused)
{
	(void)unused;
	log_at(LEVEL_ERROR, "stays");
	return NULL;
}

static pthread_t occupy(struct world *world)
{
	pthread_t thread;

	make(world, 9, true);
	log_at(LEVEL_DEBUG, "kept");
	target.within = stay;
	atomic_store(&inside, 0);
	assert_int_equal(pthread_create(&thread, NULL, log_and_stay, NULL), 0);
	while (atomic_load(&inside) == 0)
		usleep(1000);
	return thread;
}

static void leave(pthread_t thread)
{
	atomic_store(&inside, 1000);
	pthread_join(thread, NULL);
}

static void who_finds_it_taken_waits_a_little_and_passes_by(void **state)
{
	pthread_t thread = occupy(*state);
	struct log_record record = a_record("crash");
	int64_t begin = instant_now().mono_us, waited;

	assert_int_equal(log_at(LEVEL_DEBUG, "passes by"), 0);
	waited = instant_now().mono_us - begin;
	assert_string_equal(target.last, "passes by");
	assert_uint_in_range(waited, 45000, 2000000);
	record.crashing = true;
	assert_int_equal(log_record_to(memory, &record), 0);
	assert_string_equal(target.last, "crash");
	leave(thread);
	assert_int_equal(target.count, 4);
}

static void a_child_does_not_wait_for_a_thread_of_its_parent(void **state)
{
	pthread_t thread = occupy(*state);
	pid_t child = fork();
	int status;

	if (child == 0) {
		target.within = NULL;
		target.count = 0;
		alarm(10);
		log_at(LEVEL_DEBUG, "1");
		if (target.count != 0)
			_exit(1);
		log_at(LEVEL_ERROR, "2");
		_exit(target.count == 2 ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	leave(thread);
	assert_int_equal(status, 0);
}

#define THREADS 8
#define RECORDS 2000

static void *log_many(void *unused)
{
	(void)unused;
	for (int i = 0; i < RECORDS; i++)
		log_at(i % 10 == 0 ? LEVEL_ERROR : LEVEL_DEBUG, "many");
	return NULL;
}

static void threads_lose_nothing(void **state)
{
	pthread_t threads[THREADS];

	make(*state, 7, true);
	target.counts_only = true;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, log_many, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	memory->class->flush(memory, NULL, NULL);
	assert_int_equal(target.count, THREADS * RECORDS);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, remove_world)

UNIT_TESTS(IN_WORLD(it_keeps_records_until_there_are_enough_or_one_is_bad),
	IN_WORLD(its_strings_may_be_gone_when_it_flushes),
	IN_WORLD(without_a_target_the_oldest_go_when_memory_is_full),
	IN_WORLD(a_full_memory_goes_out_before_its_time),
	IN_WORLD(a_record_that_is_too_large_passes_behind_those_that_are_kept),
	IN_WORLD(the_level_of_its_target_is_not_asked_its_filters_are),
	IN_WORLD(what_a_target_cannot_write_is_reported_of_each_record),
	IN_WORLD(at_the_end_it_flushes_unless_it_shall_not), IN_WORLD(the_newest_is_closed_first),
	IN_WORLD(behind_the_last_record_it_flushes_in_a_crash_too),
	IN_WORLD(a_crash_does_not_wait_for_long),
	IN_WORLD(a_signal_handler_logs_to_the_handler_that_it_interrupts),
	IN_WORLD(who_finds_it_taken_waits_a_little_and_passes_by),
	IN_WORLD(a_child_does_not_wait_for_a_thread_of_its_parent), IN_WORLD(threads_lose_nothing))
