/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/queue_world.h"

#include <errno.h>
#include <sys/wait.h>

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

/* After a while, whoever comes is let through. */
static void *release(void *unused)
{
	(void)unused;
	usleep(100000);
	atomic_store(&target.holds, false);
	return NULL;
}

static void closing_writes_what_is_queued_before_others_are_closed(void **state)
{
	struct world *world = *state;
	struct logging *logging = logging_new(&world->arena);
	pthread_t thread;

	make(world, 1000, QUEUE_BLOCK);
	logging_track(logging, queue);
	target.keeps = false;
	target.holds = true;
	assert_int_equal(queue_listener_start(&listener), 0);
	for (int i = 0; i < 500; i++)
		log_to(queue, "queued");
	until_it_holds_one();
	assert_int_equal(pthread_create(&thread, NULL, release, NULL), 0);
	logging_shutdown(logging);
	pthread_join(thread, NULL);
	assert_int_equal(target.count, 500);
	assert_int_equal(target.first_was_direct, 0);
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
		assert_int_equal(formatter_new(&world->arena, &options, NULL, &formatter), 0);
		queue->formatter = formatter;
		log_record_to(queue, &record);
		wait_for(2);
		assert_string_equal(target.last, "<a.b m>\nTrace\nStack");
		assert_string_equal(record.message, "m");
		queue_listener_stop(&listener);
	}
}

static void levels_of_handlers_are_respected_if_reported(void **state)
{
	struct world *world = *state;
	struct queue_options options = {
		.capacity = 9, .handlers = {target_list, 1}, .respect_handler_level = true};

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
	atomic_store(&target.holds, false);
	queue_listener_stop(&listener);
	assert_int_equal(target.count, 4);
	assert_string_equal(target.last, "kept");
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
	assert_uint_in_range(instant_now().mono_us - begin, 45000, 5000000);
	pthread_join(thread, NULL);
	queue_listener_stop(&listener);
	assert_int_equal(target.count, 3);
	assert_int_equal(target.direct, 1);
}

static void *log_one(void *unused)
{
	(void)unused;
	log_to(queue, "producer 2 record 2 4");
	return NULL;
}

static void who_waits_for_room_when_the_listener_stops_goes_directly(void **state)
{
	pthread_t thread;

	make(*state, 1, QUEUE_BLOCK);
	target.keeps = false;
	target.holds = true;
	assert_int_equal(queue_listener_start(&listener), 0);
	log_to(queue, "producer 0 record 0 0");
	until_it_holds_one();
	log_to(queue, "producer 1 record 1 2");
	assert_int_equal(pthread_create(&thread, NULL, log_one, NULL), 0);
	usleep(10000);
	queue_unlisten(queue);
	atomic_store(&target.holds, false);
	pthread_join(thread, NULL);
	queue_listener_stop(&listener);
	assert_int_equal(target.torn, 0);
	assert_int_equal(target.count, 3);
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

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, remove_world)

UNIT_TESTS(IN_WORLD(without_a_listener_records_go_directly),
	IN_WORLD(it_can_be_started_and_stopped_as_pythons),
	IN_WORLD(stopping_hands_on_what_is_queued),
	IN_WORLD(closing_writes_what_is_queued_before_others_are_closed),
	IN_WORLD(the_message_is_the_formatted_text_from_then_on),
	IN_WORLD(levels_of_handlers_are_respected_if_reported),
	IN_WORLD(a_full_queue_drops_the_new), IN_WORLD(a_full_queue_drops_the_old),
	IN_WORLD(a_full_queue_blocks_for_a_while_and_then_is_passed_by),
	IN_WORLD(who_waits_for_room_when_the_listener_stops_goes_directly),
	IN_WORLD(a_record_that_is_too_large_is_not_queued), IN_WORLD(a_crash_is_not_queued),
	IN_WORLD(records_stay_in_their_order), IN_WORLD(a_child_has_no_listener_and_may_start_one))
