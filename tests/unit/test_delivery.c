/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/record.h"

#include "core/base/output.h"
#include "core/logging/logger.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* Handlers that write their letter into a pipe; one of them leaves before or behind its write. */
struct lettered {
	struct handler base;
	char letter;
};

static int pipe_ends[2];
static char leaves_at, leaves_behind;
static jmp_buf out;

static int letter_emit(struct handler *handler, const struct log_record *record, struct text *text)
{
	char letter = ((struct lettered *)handler)->letter;

	(void)record;
	(void)text;
	if (letter == leaves_at)
		longjmp(out, 1);
	assert_int_equal(output_write(pipe_ends[1], &letter, 1), 1);
	if (letter == leaves_behind)
		longjmp(out, 1);
	return 0;
}

static const struct handler_class lettered_class = {.name = "lettered", .emit = letter_emit};

static struct arena arena;
static struct lettered a, b, c;

static int begin(void **state)
{
	struct logging *logging = logging_new(&arena);
	struct lettered *all[] = {&a, &b, &c};

	*state = logging;
	for (int i = 0; i < 3; i++) {
		*all[i] = (struct lettered){{.class = &lettered_class}, (char)('a' + i)};
		if (logger_add_handler(logging_get(logging, i < 2 ? "job" : NULL), &all[i]->base) <
			0)
			return -1;
	}
	leaves_at = leaves_behind = '\0';
	return pipe(pipe_ends);
}

static int end(void **state)
{
	(void)state;
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	arena_release(&arena);
	return 0;
}

/* One attempt. Returns whether it came to its end. */
static bool hand_over(struct logging *logging, struct record_delivery *delivery)
{
	struct log_record record = {.levelno = LEVEL_ERROR, .message = "m", .delivery = delivery};
	char buffer[256];
	struct text scratch;
	volatile bool whole = false;

	text_init(&scratch, buffer, sizeof buffer);
	delivery_begin(delivery);
	if (setjmp(out) == 0) {
		logger_handle(logging_get(logging, "job"), &record, &scratch);
		whole = true;
	}
	output_note(NULL);
	return whole;
}

static void assert_written(const char *expected)
{
	char letters[32] = "";

	assert_true(read(pipe_ends[0], letters, sizeof letters - 1) > 0);
	assert_string_equal(letters, expected);
}

static void every_handler_has_it_once(void **state)
{
	struct record_delivery delivery = {0};

	assert_true(hand_over(*state, &delivery));
	assert_true(hand_over(*state, &delivery));
	assert_written("abc");
}

static void a_handler_that_wrote_nothing_has_it_again(void **state)
{
	struct record_delivery delivery = {0};

	leaves_at = 'b';
	assert_false(hand_over(*state, &delivery));
	leaves_at = '\0';
	assert_true(hand_over(*state, &delivery));
	assert_written("abc");
}

static void a_handler_that_had_written_does_not_have_it_again(void **state)
{
	struct record_delivery delivery = {0};

	leaves_behind = 'b';
	assert_false(hand_over(*state, &delivery));
	assert_true(hand_over(*state, &delivery));
	assert_written("abc");
}

static void any_number_of_attempts_goes_on_where_the_last_one_left(void **state)
{
	struct record_delivery delivery = {0};

	leaves_behind = 'a';
	leaves_at = 'b';
	for (int i = 0; i < 3; i++)
		assert_false(hand_over(*state, &delivery));
	leaves_at = '\0';
	leaves_behind = 'c';
	assert_false(hand_over(*state, &delivery));
	assert_true(hand_over(*state, &delivery));
	assert_written("abc");
}

static void *write_beside(void *unused)
{
	assert_int_equal(output_write(pipe_ends[1], "x", 1), 1);
	return unused;
}

static void what_another_thread_writes_does_not_count(void **state)
{
	struct record_delivery delivery = {0};
	pthread_t thread;

	(void)state;
	delivery_begin(&delivery);
	assert_true(delivery_is_due(&delivery));
	assert_int_equal(pthread_create(&thread, NULL, write_beside, NULL), 0);
	pthread_join(thread, NULL);
	output_note(NULL);
	delivery_begin(&delivery);
	assert_true(delivery_is_due(&delivery));
	output_note(NULL);
}

static void without_a_delivery_every_record_is_due(void **state)
{
	(void)state;
	assert_true(delivery_is_due(NULL));
	delivery_done(NULL);
	assert_true(delivery_is_due(NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

UNIT_TESTS(TEST(every_handler_has_it_once), TEST(a_handler_that_wrote_nothing_has_it_again),
	TEST(a_handler_that_had_written_does_not_have_it_again),
	TEST(any_number_of_attempts_goes_on_where_the_last_one_left),
	TEST(what_another_thread_writes_does_not_count),
	TEST(without_a_delivery_every_record_is_due))
