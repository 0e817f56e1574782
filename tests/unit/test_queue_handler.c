/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/queue_listener.h"
#include "core/base/clock.h"
#include "core/logging/handlers/queue.h"
#include "core/logging/shutdown.h"
#include "tests/unit/handler_world.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#define PRODUCERS 8
#define RECORDS 10000

/*
 * One of the listener's handlers. Several threads may come at once: the listener's, and producers
 * that go directly.
 */
struct target {
	struct handler base;
	atomic_int entered, count, torn, direct;
	atomic_uchar seen[PRODUCERS][RECORDS];
	pthread_t owner; /* of what is not direct */
	bool keeps;
	char last[128], trace[64];
	atomic_bool holds; /* whoever comes */
	void (*within)(struct target *target);
};

static void look_at(struct target *target, const char *message)
{
	int producer = -1, number = -1, again = -1;

	if (sscanf(message, "producer %d record %d %d", &producer, &number, &again) != 3 ||
		producer < 0 || producer >= PRODUCERS || number < 0 || number >= RECORDS ||
		again != producer + number)
		atomic_fetch_add(&target->torn, 1);
	else
		atomic_fetch_add(&target->seen[producer][number], 1);
}

static int take(struct handler *handler, const struct log_record *record, struct text *scratch)
{
	struct target *target = (struct target *)handler;

	assert_true(scratch->size > 0);
	atomic_fetch_add(&target->direct, pthread_equal(pthread_self(), target->owner) != 0);
	if (target->keeps) {
		text_format(target->last, sizeof target->last, "%.120s", record->message);
		text_format(target->trace, sizeof target->trace, "%.60s",
			record->exc_text == NULL ? "none" : record->exc_text);
	} else {
		look_at(target, record->message);
	}
	atomic_fetch_add(&target->entered, 1);
	while (atomic_load(&target->holds))
		usleep(500);
	if (target->within != NULL)
		target->within(target);
	atomic_fetch_add(&target->count, 1);
	return 0;
}

static const struct handler_class target_class = {.name = "Target", .emit = take};
static struct target target;
static struct handler *target_list[] = {&target.base};
static struct handler *queue;
static struct queue_listener listener;

static void make(struct world *world, int64_t capacity, enum queue_policy policy)
{
	struct queue_options options = {
		.capacity = capacity, .policy = policy, .handlers = {target_list, 1}};

	memset(&target, 0, sizeof target);
	target.base.class = &target_class;
	target.keeps = true;
	target.owner = pthread_self();
	assert_int_equal(queue_handler_new(&world->arena, &options, &queue), 0);
	listener = (struct queue_listener){.queue = queue};
}

/* Until COUNT records are through. */
static void wait_for(int count)
{
	for (int i = 0; i < 10000 && atomic_load(&target.count) < count; i++)
		usleep(1000);
	assert_int_equal(target.count, count);
}

static void until_it_holds_one(void)
{
	for (int i = 0; i < 10000 && atomic_load(&target.entered) == 0; i++)
		usleep(1000);
}

static void without_a_listener_records_go_directly(void **state)
{
	make(*state, 10, QUEUE_BLOCK);
	log_to(queue, "1");
	assert_int_equal(target.count, 1);
	assert_int_equal(target.direct, 1);
	assert_string_equal(target.last, "1");
}

static void it_can_be_started_and_stopped_as_pythons(void **state)
{
	struct queue_listener other;
	struct handler *null;

	make(*state, 10, QUEUE_BLOCK);
	other = (struct queue_listener){.queue = queue};
	queue_listener_stop(&listener);
	assert_int_equal(queue_listener_start(&listener), 0);
	assert_int_equal(queue_listener_start(&listener), -EALREADY);
	assert_int_equal(queue_listener_start(&other), -EALREADY);
	log_to(queue, "1");
	wait_for(1);
	assert_int_equal(target.direct, 0);
	queue_listener_stop(&listener);
	queue_listener_stop(&listener);
	log_to(queue, "2");
	assert_int_equal(target.count, 2);
	assert_int_equal(target.direct, 1);
	assert_int_equal(queue_listener_start(&other), 0);
	log_to(queue, "3");
	queue_listener_stop(&other);
	assert_int_equal(target.count, 3);
	assert_int_equal(target.direct, 1);
	assert_int_equal(null_handler_new(&((struct world *)*state)->arena, &null), 0);
	other.queue = null;
	assert_int_equal(queue_listener_start(&other), -EINVAL);
}

static void stopping_hands_on_what_is_queued(void **state)
{
	make(*state, 1000, QUEUE_BLOCK);
	assert_int_equal(queue_listener_start(&listener), 0);
	for (int i = 0; i < 500; i++)
		log_to(queue, "queued");
	queue_listener_stop(&listener);
	assert_int_equal(target.count, 500);
	assert_int_equal(target.direct, 0);
}

static void closing_writes_what_is_queued_before_others_are_closed(void **state)
{
	struct world *world = *state;
	struct logging *logging = logging_new(&world->arena);

	make(world, 1000, QUEUE_BLOCK);
	logging_track(logging, queue);
	assert_int_equal(queue_listener_start(&listener), 0);
	for (int i = 0; i < 500; i++)
		log_to(queue, "queued");
	logging_shutdown(logging);
	assert_int_equal(target.count, 500);
	log_to(queue, "directly");
	assert_int_equal(target.count, 501);
	queue_listener_stop(&listener);
}

static struct log_record traced(void)
{
	struct log_record record = a_record("m");

	record.exc_text = "Trace";
	record.stack_info = "Stack";
	return record;
}

static void the_message_is_the_formatted_text_from_then_on(void **state)
{
	struct world *world = *state;
	struct log_record record = traced();
	struct formatter *formatter = NULL;
	struct formatter_options options = {.format = "<%(name)s %(message)s>"};

	for (int listened_to = 0; listened_to < 2; listened_to++) {
		make(world, 10, QUEUE_BLOCK);
		if (listened_to)
			assert_int_equal(queue_listener_start(&listener), 0);
		log_record_to(queue, &record);
		wait_for(1);
		assert_string_equal(target.last, "m\nTrace\nStack");
		assert_string_equal(target.trace, "none");
		assert_int_equal(
			formatter_new(&world->arena, &options, NULL, &formatter), 0);
		queue->formatter = formatter;
		log_record_to(queue, &record);
		wait_for(2);
		assert_string_equal(target.last, "<a.b m>\nTrace\nStack");
		assert_string_equal(record.message, "m");
		queue_listener_stop(&listener);
	}
}

static void levels_of_handlers_are_respected_if_told(void **state)
{
	struct world *world = *state;
	struct queue_options options = {.capacity = 9,
		.handlers = {target_list, 1},
		.respect_handler_level = true};

	make(world, 10, QUEUE_BLOCK);
	target.base.level = LEVEL_ERROR;
	log_to(queue, "an info");
	assert_int_equal(target.count, 1);
	assert_int_equal(queue_handler_new(&world->arena, &options, &queue), 0);
	log_to(queue, "an info");
	assert_int_equal(target.count, 1);
}

static void a_full_queue_drops_the_new(void **state)
{
	make(*state, 3, QUEUE_DROP_NEW);
	target.holds = true;
	assert_int_equal(queue_listener_start(&listener), 0);
	log_to(queue, "in hand");
	until_it_holds_one();
	for (int i = 0; i < 5; i++)
		log_to(queue, i < 3 ? "kept" : "dropped");
	assert_int_equal(queue_dropped(queue), 2);
	atomic_store(&target.holds, false);
	queue_listener_stop(&listener);
	assert_int_equal(target.count, 4);
	assert_string_equal(target.last, "kept");
}

static void a_full_queue_drops_the_old(void **state)
{
	make(*state, 3, QUEUE_DROP_OLD);
	target.holds = true;
	assert_int_equal(queue_listener_start(&listener), 0);
	log_to(queue, "in hand");
	until_it_holds_one();
	for (int i = 0; i < 5; i++)
		log_to(queue, i < 2 ? "dropped" : "kept");
	assert_int_equal(queue_dropped(queue), 2);
	atomic_store(&target.holds, false);
	queue_listener_stop(&listener);
	assert_int_equal(target.count, 4);
	assert_string_equal(target.last, "kept");
}

static void *release(void *unused)
{
	(void)unused;
	usleep(100000);
	atomic_store(&target.holds, false);
	return NULL;
}

static void a_full_queue_blocks_for_a_while_and_then_is_passed_by(void **state)
{
	int64_t begin;
	pthread_t thread;

	make(*state, 1, QUEUE_BLOCK);
	target.keeps = false; /* two threads are there at once */
	target.holds = true;
	assert_int_equal(queue_listener_start(&listener), 0);
	log_to(queue, "in hand");
	until_it_holds_one();
	log_to(queue, "queued");
	assert_int_equal(pthread_create(&thread, NULL, release, NULL), 0);
	begin = instant_now().mono_us;
	log_to(queue, "waited for");
	assert_in_range(instant_now().mono_us - begin, 45000, 5000000);
	pthread_join(thread, NULL);
	queue_listener_stop(&listener);
	assert_int_equal(target.count, 3);
	assert_int_equal(target.direct, 1);
	assert_int_equal(queue_dropped(queue), 0);
}

static void a_record_that_is_too_large_is_not_queued(void **state)
{
	static char large[2000000];
	struct log_record record = a_record(large);

	make(*state, 10, QUEUE_DROP_NEW);
	memset(large, 'x', sizeof large - 1);
	assert_int_equal(queue_listener_start(&listener), 0);
	assert_int_equal(log_record_to(queue, &record), 0);
	assert_int_equal(target.count, 1);
	assert_int_equal(target.direct, 1);
	queue_listener_stop(&listener);
}

static void a_crash_is_not_queued(void **state)
{
	struct log_record record = a_record("crash");

	make(*state, 10, QUEUE_BLOCK);
	assert_int_equal(queue_listener_start(&listener), 0);
	record.crashing = true;
	assert_int_equal(log_record_to(queue, &record), 0);
	assert_int_equal(target.count, 1);
	assert_int_equal(target.direct, 1);
	queue_listener_stop(&listener);
}

static void *produce(void *argument)
{
	int producer = (int)(intptr_t)argument;
	char message[64];

	for (int i = 0; i < RECORDS; i++) {
		text_format(message, sizeof message, "producer %d record %d %d", producer, i,
			producer + i);
		log_to(queue, message);
	}
	return NULL;
}

static void producers_lose_and_tear_nothing(void **state)
{
	pthread_t threads[PRODUCERS];

	make(*state, 1000, QUEUE_BLOCK);
	target.keeps = false;
	assert_int_equal(queue_listener_start(&listener), 0);
	for (intptr_t i = 0; i < PRODUCERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, produce, (void *)i), 0);
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(threads[i], NULL);
	queue_listener_stop(&listener);
	assert_int_equal(target.torn, 0);
	assert_int_equal(target.count, PRODUCERS * RECORDS);
	for (int i = 0; i < PRODUCERS; i++)
		for (int j = 0; j < RECORDS; j++)
			assert_int_equal(target.seen[i][j], 1);
}

/* What comes from one thread stays in its order, as long as there is room. */
static atomic_int out_of_order, expected;

static void check_order(struct target *self)
{
	int number = atoi(self->last);

	atomic_fetch_add(&out_of_order, number != atomic_load(&expected));
	atomic_store(&expected, number + 1);
}

static void records_stay_in_their_order(void **state)
{
	char message[16];

	make(*state, 5000, QUEUE_BLOCK);
	target.within = check_order;
	atomic_store(&expected, 0);
	atomic_store(&out_of_order, 0);
	assert_int_equal(queue_listener_start(&listener), 0);
	for (int i = 0; i < 2000; i++) {
		text_format(message, sizeof message, "%d", i);
		log_to(queue, message);
	}
	queue_listener_stop(&listener);
	assert_int_equal(out_of_order, 0);
	assert_int_equal(expected, 2000);
}

/* Exits with 0 if all that it logs arrives once, and nothing of its parent's. */
static void be_a_child(void)
{
	alarm(20);
	atomic_store(&target.holds, false);
	atomic_store(&target.count, 0);
	log_to(queue, "directly");
	if (target.count != 1 || strcmp(target.last, "directly") != 0)
		_exit(1);
	queue_listener_stop(&listener);
#ifdef __SANITIZE_THREAD__
	_exit(0); /* it dies where a child of threads makes one */
#endif
	if (queue_listener_start(&listener) != 0)
		_exit(2);
	log_to(queue, "by its own listener");
	queue_listener_stop(&listener);
	_exit(target.count == 2 && strcmp(target.last, "by its own listener") == 0 ? 0 : 3);
}

static void a_child_has_no_listener_and_may_start_one(void **state)
{
	int status;
	pid_t child;

	make(*state, 100, QUEUE_BLOCK);
	target.holds = true;
	assert_int_equal(queue_listener_start(&listener), 0);
	for (int i = 0; i < 10; i++)
		log_to(queue, "the parent's");
	until_it_holds_one();
	child = fork();
	if (child == 0)
		be_a_child();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	atomic_store(&target.holds, false);
	queue_listener_stop(&listener);
	assert_int_equal(target.count, 10);
	assert_int_equal(target.direct, 0);
}

/* Forks while threads log and the listener works: in no child is anything stuck. */
static void *fork_children(void *unused)
{
	(void)unused;
	for (int i = 0; i < 20; i++) {
		int status = -1;
		pid_t child = fork();

		if (child == 0) {
			alarm(20);
			log_to(queue, "producer 0 record 0 0");
			_exit(0);
		}
		waitpid(child, &status, 0);
		if (status != 0)
			atomic_fetch_add(&target.torn, 1);
	}
	return NULL;
}

static void forks_beside_producers_do_no_harm(void **state)
{
	pthread_t producer, forker;

	make(*state, 1000, QUEUE_BLOCK);
	target.keeps = false;
	assert_int_equal(queue_listener_start(&listener), 0);
	assert_int_equal(pthread_create(&producer, NULL, produce, NULL), 0);
	assert_int_equal(pthread_create(&forker, NULL, fork_children, NULL), 0);
	pthread_join(producer, NULL);
	pthread_join(forker, NULL);
	queue_listener_stop(&listener);
	assert_int_equal(target.torn, 0);
	assert_int_equal(target.count, RECORDS);
}

/* A timer's signal handler logs, wherever it finds the program. */
static atomic_int from_signals;

static void log_in_signal(int number)
{
	(void)number;
	log_to(queue, "producer 7 record 0 7");
	atomic_fetch_add(&from_signals, 1);
}

static void signal_handlers_log_wherever_they_interrupt(void **state)
{
	static const struct itimerspec every = {{0, 300000}, {0, 300000}}, never;
	timer_t timer;

	make(*state, 1000, QUEUE_BLOCK);
	target.keeps = false;
	atomic_store(&from_signals, 0);
	assert_int_equal(queue_listener_start(&listener), 0);
	signal(SIGALRM, log_in_signal);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, NULL, &timer), 0);
	assert_int_equal(timer_settime(timer, 0, &every, NULL), 0);
	produce(NULL);
	for (int i = 0; i < 1000 && from_signals < 20; i++)
		usleep(1000);
	assert_int_equal(timer_settime(timer, 0, &never, NULL), 0);
	timer_delete(timer);
	signal(SIGALRM, SIG_DFL);
	queue_listener_stop(&listener);
	assert_int_equal(target.torn, 0);
	assert_true(from_signals >= 20);
	assert_int_equal(target.count, RECORDS + from_signals);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, remove_world)

UNIT_TESTS(IN_WORLD(without_a_listener_records_go_directly),
	IN_WORLD(it_can_be_started_and_stopped_as_pythons),
	IN_WORLD(stopping_hands_on_what_is_queued),
	IN_WORLD(closing_writes_what_is_queued_before_others_are_closed),
	IN_WORLD(the_message_is_the_formatted_text_from_then_on),
	IN_WORLD(levels_of_handlers_are_respected_if_told), IN_WORLD(a_full_queue_drops_the_new),
	IN_WORLD(a_full_queue_drops_the_old),
	IN_WORLD(a_full_queue_blocks_for_a_while_and_then_is_passed_by),
	IN_WORLD(a_record_that_is_too_large_is_not_queued), IN_WORLD(a_crash_is_not_queued),
	IN_WORLD(producers_lose_and_tear_nothing), IN_WORLD(records_stay_in_their_order),
	IN_WORLD(a_child_has_no_listener_and_may_start_one),
	IN_WORLD(forks_beside_producers_do_no_harm),
	IN_WORLD(signal_handlers_log_wherever_they_interrupt))
