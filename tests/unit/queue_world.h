/* SPDX-License-Identifier: Apache-2.0 */
/* queue_world.h - a QueueHandler, its listener, and a handler that looks at what it hands on. */
#pragma once

#include "core/api/queue_listener.h"
#include "core/base/clock.h"
#include "core/logging/handlers/queue.h"
#include "core/logging/logger.h"
#include "tests/unit/handler_world.h"

#include <pthread.h>
#include <stdatomic.h>

#define PRODUCERS 8
#define RECORDS 10000

/*
 * One of the listener's handlers. Several threads may come at once: the listener's, and producers
 * that go directly.
 */
struct target {
	struct handler base;
	atomic_int entered, count, torn, direct, first_was_direct;
	atomic_uchar seen[PRODUCERS][RECORDS];
	pthread_t owner; /* of what is not direct */
	bool keeps;
	char last[128], trace[64];
	atomic_bool holds; /* whoever comes */
	void (*within)(struct target *target);
};

static UNUSED void look_at(struct target *target, const char *message)
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
	if (atomic_fetch_add(&target->count, 1) == 0)
		atomic_store(&target->first_was_direct,
			pthread_equal(pthread_self(), target->owner) != 0);
	return 0;
}

static const struct handler_class target_class = {.name = "Target", .emit = take};
static struct target target;
static struct handler *target_list[] = {&target.base};
static UNUSED struct handler *queue;
static struct queue_listener listener;

static UNUSED void make(struct world *world, int64_t capacity, enum queue_policy policy)
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
static UNUSED void wait_for(int count)
{
	for (int i = 0; i < 10000 && atomic_load(&target.count) < count; i++)
		usleep(1000);
	assert_int_equal(target.count, count);
}

static UNUSED void until_it_holds_one(void)
{
	for (int i = 0; i < 10000 && atomic_load(&target.entered) == 0; i++)
		usleep(1000);
}
