/* SPDX-License-Identifier: Apache-2.0 */
/* A QueueHandler that many threads, signal handlers and forks use at once. */
#include "tests/unit/queue_world.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

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

static void *start_and_stop(void *unused)
{
	(void)unused;
	for (int i = 0; i < 200; i++) {
		queue_listener_start(&listener);
		usleep(200);
		queue_listener_stop(&listener);
	}
	return NULL;
}

static void starting_and_stopping_beside_producers_loses_nothing(void **state)
{
	pthread_t threads[3];

	make(*state, 1000, QUEUE_BLOCK);
	target.keeps = false;
	assert_int_equal(pthread_create(&threads[0], NULL, start_and_stop, NULL), 0);
	for (intptr_t i = 1; i <= 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, produce, (void *)i), 0);
	for (int i = 0; i <= 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(target.torn, 0);
	assert_int_equal(target.count, 2 * RECORDS);
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

UNIT_TESTS(IN_WORLD(producers_lose_and_tear_nothing),
	IN_WORLD(starting_and_stopping_beside_producers_loses_nothing),
	IN_WORLD(forks_beside_producers_do_no_harm),
	IN_WORLD(signal_handlers_log_wherever_they_interrupt))
