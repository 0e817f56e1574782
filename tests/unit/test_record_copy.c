/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handlers/record_buffer.h"

#include "core/events/event_log.h"
#include "core/logging/format/formatter.h"
#include "core/logging/level.h"
#include "core/logging/logger.h"
#include "tests/support/event_sample.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 4096

static alignas(16) char block[SIZE], moved[SIZE];

static bool odd_attribute(const struct record_extra *extra, const char *name, struct text *text)
{
	(void)extra;
	if (strcmp(name, "rank") == 0)
		return text_add(text, "3"), true;
	if (strcmp(name, "empty") == 0 || strcmp(name, "") == 0)
		return true;
	if (strcmp(name, "trace") == 0)
		return text_add(text, "all of it"), true;
	return false;
}

/* One of them is gone when it is asked for. */
static const char *odd_name(const struct record_extra *extra, unsigned index)
{
	static const char *const names[] = {"empty", "gone", "", "rank", NULL};

	(void)extra;
	return names[index];
}

static void odd_json(const struct record_extra *extra, struct text *text)
{
	(void)extra;
	text_printf(text, "{\"room\":%s}", text->size < 64 ? "0" : "1");
}

static const struct record_extra odd = {
	.attribute = odd_attribute, .json = odd_json, .name = odd_name, .trace = "trace"};

static const struct record_given given = {.levelname = "LOUD",
	.filename = "f",
	.module = "",
	.task_name = "task",
	.has_msecs = true,
	.msecs_us = 7000,
	.has_relative_created = true,
	.relative_created_us = -5};

static const struct log_record full = {.name = "a.b",
	.levelno = -3,
	.message = "hello",
	.created = {1000001, 2},
	.pathname = "/src/c.d.py",
	.lineno = 7,
	.func_name = "step",
	.process = 42,
	.thread = (int64_t)1 << 40,
	.process_name = "P",
	.thread_name = "T",
	.exc_text = "Trace\n  x",
	.stack_info = "Stack",
	.given = &given,
	.extra = &odd};

/* RECORD written down, moved to another place, and read back there. */
static const struct log_record *copied(const struct log_record *record)
{
	static struct record_read read;
	ssize_t size = record_copy(record, 256, block, sizeof block);

	assert_true(size > 0);
	memcpy(moved, block, (size_t)size);
	memset(block, '#', sizeof block);
	memset(moved + size, '#', sizeof moved - (size_t)size);
	memset(&read, '#', sizeof read);
	record_read(moved, &read);
	return &read.record;
}

static void all_members_come_back(void **state)
{
	const struct log_record *copy = copied(&full);

	(void)state;
	assert_string_equal(copy->name, "a.b");
	assert_int_equal(copy->levelno, -3);
	assert_string_equal(copy->message, "hello");
	assert_int_equal(copy->created.real_us, 1000001);
	assert_int_equal(copy->created.mono_us, 2);
	assert_string_equal(copy->pathname, "/src/c.d.py");
	assert_int_equal(copy->lineno, 7);
	assert_string_equal(copy->func_name, "step");
	assert_int_equal(copy->process, 42);
	assert_int_equal(copy->thread, (int64_t)1 << 40);
	assert_string_equal(copy->process_name, "P");
	assert_string_equal(copy->thread_name, "T");
	assert_string_equal(copy->exc_text, "Trace\n  x");
	assert_string_equal(copy->stack_info, "Stack");
	assert_string_equal(copy->given->levelname, "LOUD");
	assert_string_equal(copy->given->filename, "f");
	assert_string_equal(copy->given->module, "");
	assert_string_equal(copy->given->task_name, "task");
	assert_true(copy->given->has_msecs && copy->given->has_relative_created);
	assert_int_equal(copy->given->msecs_us, 7000);
	assert_int_equal(copy->given->relative_created_us, -5);
}

static const char *attribute_of(const struct log_record *record, const char *name)
{
	static char buffer[64];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	return record->extra->attribute(record->extra, name, &text) ? buffer : NULL;
}

static void attributes_come_back_by_name_and_in_their_order(void **state)
{
	const struct log_record *copy = copied(&full);

	(void)state;
	assert_string_equal(attribute_of(copy, "rank"), "3");
	assert_string_equal(attribute_of(copy, "empty"), "");
	assert_string_equal(attribute_of(copy, ""), "");
	assert_string_equal(attribute_of(copy, "trace"), "all of it");
	assert_null(attribute_of(copy, "gone"));
	assert_null(attribute_of(copy, "ran"));
	assert_null(attribute_of(copy, "3"));
	assert_string_equal(copy->extra->name(copy->extra, 0), "empty");
	assert_string_equal(copy->extra->name(copy->extra, 1), "");
	assert_string_equal(copy->extra->name(copy->extra, 2), "rank");
	assert_null(copy->extra->name(copy->extra, 3));
	assert_string_equal(copy->extra->trace, "trace");
}

static void what_is_not_there_stays_away(void **state)
{
	static const struct record_extra no_json = {.attribute = odd_attribute, .name = odd_name};
	static const struct record_extra no_names = {.attribute = odd_attribute};
	const struct log_record *copy = copied(&(struct log_record){.levelno = LEVEL_INFO});

	(void)state;
	assert_null(copy->name);
	assert_null(copy->message);
	assert_null(copy->pathname);
	assert_null(copy->exc_text);
	assert_null(copy->extra);
	assert_null(copy->given->filename);
	assert_false(copy->given->has_msecs || copy->given->has_relative_created);
	copy = copied(&(struct log_record){.extra = &no_json});
	assert_null(copy->extra->json);
	assert_null(copy->extra->trace);
	assert_null(attribute_of(copy, "trace"));
	copy = copied(&(struct log_record){.extra = &no_names});
	assert_null(copy->extra->name(copy->extra, 0));
	assert_null(attribute_of(copy, "rank"));
}

static void a_level_keeps_the_name_that_it_had(void **state)
{
	static struct arena arena;
	const struct log_record *copy = copied(&(struct log_record){.levelno = 21});

	(void)state;
	assert_int_equal(level_add(&arena, 21, "LATER"), 0);
	assert_string_equal(copy->given->levelname, "Level 21");
	copy = copied(&(struct log_record){.levelno = 21});
	assert_string_equal(copy->given->levelname, "LATER");
}

static const char *json_of(const struct log_record *record)
{
	static char buffer[EVENT_LINE_MAX];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	assert_int_equal(formatter_format(&formatter_json, record, &text), 0);
	return buffer;
}

static void its_own_form_is_the_one_that_the_makers_scratch_would_have_held(void **state)
{
	struct record_read read;

	(void)state;
	assert_string_equal(json_of(copied(&full)), "{\"room\":1}");
	assert_true(record_copy(&full, 63, block, sizeof block) > 0);
	record_read(block, &read);
	assert_string_equal(json_of(&read.record), "{\"room\":0}");
}

static void what_does_not_fit_is_refused_and_nothing_is_written_behind(void **state)
{
	ssize_t needed = record_copy(&full, 16, block, sizeof block);
	struct record_read read;

	(void)state;
	assert_true(needed > 0);
	for (size_t size = 0; size < (size_t)needed + 16; size++) {
		ssize_t result;

		memset(block, '#', sizeof block);
		result = record_copy(&full, 16, block, size);
		assert_int_equal(block[size], '#');
		assert_true(result == -ENOBUFS || result == needed);
		if (size < (size_t)needed)
			assert_int_equal(result, -ENOBUFS);
	}
	assert_int_equal(record_copy(&full, 16, block, (size_t)needed + 16), needed);
	record_read(block, &read);
	assert_string_equal(read.record.message, "hello");
	/* With less room it would be another form. */
	assert_int_equal(record_copy(&full, 64, block, (size_t)needed + 16), -ENOBUFS);
}

/* A handler that compares each record with its copy. */
static int compared;

static int compare(struct handler *handler, const struct log_record *record, struct text *text)
{
	static const char *const names[] = {"rank", "reason", "error_trace", "hostname", "signal",
		"abort_message", "seq", "cause", "no_such"};
	static char line[EVENT_LINE_MAX], room[1 << 20];
	struct record_read read;

	(void)handler;
	assert_true(record_copy(record, text->size, room, sizeof room) > 0);
	record_read(room, &read);
	strcpy(line, json_of(record));
	assert_string_equal(json_of(&read.record), line);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		static char original[32768], copy[32768];
		struct text one, other;

		text_init(&one, original, sizeof original);
		text_init(&other, copy, sizeof copy);
		assert_int_equal(record->extra->attribute(record->extra, names[i], &one),
			read.extra.attribute(&read.extra, names[i], &other));
		assert_string_equal(copy, original);
	}
	compared++;
	return 0;
}

static void an_event_says_the_same_as_its_copy(void **state)
{
	static const struct handler_class class = {.name = "Compare", .emit = compare};
	static struct handler handler = {.class = &class};
	static char scratch[EVENT_SCRATCH_SIZE];
	struct arena arena = {0};
	struct logging *logging = logging_new(&arena);
	struct event event = sample_fault();

	(void)state;
	logger_set_level(&logging->root, 1);
	assert_int_equal(logger_add_handler(&logging->root, &handler), 0);
	assert_int_equal(event_log(&logging->root, &event, scratch), 0);
	assert_int_equal(compared, 1);
	arena_release(&arena);
}

UNIT_TESTS(cmocka_unit_test(all_members_come_back),
	cmocka_unit_test(attributes_come_back_by_name_and_in_their_order),
	cmocka_unit_test(what_is_not_there_stays_away),
	cmocka_unit_test(a_level_keeps_the_name_that_it_had),
	cmocka_unit_test(its_own_form_is_the_one_that_the_makers_scratch_would_have_held),
	cmocka_unit_test(what_does_not_fit_is_refused_and_nothing_is_written_behind),
	cmocka_unit_test(an_event_says_the_same_as_its_copy))
