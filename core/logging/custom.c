/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/custom.h"

#include "core/base/timed_lock.h"
#include "core/base/sys.h"
#include "core/logging/level.h"

#include <errno.h>
#include <string.h>

/* How long a record waits for another thread in the same handler, in milliseconds. */
#define TURN_MS 5000

/* How deep a handler that logs to itself may nest. */
#define DEPTH_MOST 16

struct custom_filter {
	struct filter base;
	struct vigil_filter_spec spec;
};

struct custom_formatter {
	struct formatter base;
	struct vigil_formatter_spec spec;
};

struct custom_handler {
	struct handler base;
	struct handler_class class; /* of this handler alone, with the user's name */
	struct vigil_handler_spec spec;
	struct timed_lock lock;
	atomic_bool closed;
};

static ssize_t get_attribute(
	const struct vigil_record *record, const char *name, char *buffer, size_t size)
{
	char whole[RECORD_NOTES_SIZE];
	struct text text;

	text_init(&text, whole, sizeof whole);
	if (!record_attribute(record->internal, name, &text))
		return -ENOENT;
	if (size > 0) {
		size_t count = text.length < size - 1 ? text.length : size - 1;

		memcpy(buffer, whole, count);
		buffer[count] = '\0';
	}
	return (ssize_t)text.length;
}

static int set_attribute(struct vigil_record *record, const char *name, const char *value)
{
	return record_set(record->internal, name, value);
}

static const char *keep(struct vigil_record *record, const char *string)
{
	return record_keep(record->internal, string);
}

/* Applies TAKE to each member that struct vigil_record and struct log_record have in common. */
#define SHARED_MEMBERS(TAKE) \
	TAKE(name);          \
	TAKE(levelno);       \
	TAKE(message);       \
	TAKE(pathname);      \
	TAKE(lineno);        \
	TAKE(func_name);     \
	TAKE(process);       \
	TAKE(thread);        \
	TAKE(process_name);  \
	TAKE(thread_name);   \
	TAKE(exc_text);      \
	TAKE(stack_info)

#define TAKE_MEMBER(member) record->member = from->member

void record_publish(struct vigil_record *record, struct log_record *from)
{
	bool extra = from->extra != NULL || from->notes != NULL;

	*record = (struct vigil_record){
		.levelname = record_given(from)->levelname,
		.created_us = from->created.real_us,
		.crashing = from->crashing,
		.attribute = extra ? get_attribute : NULL,
		.set = from->notes != NULL ? set_attribute : NULL,
		.keep = from->notes != NULL ? keep : NULL,
		.internal = from,
	};
	SHARED_MEMBERS(TAKE_MEMBER);
}

void record_adopt(struct log_record *record, const struct vigil_record *from)
{
	SHARED_MEMBERS(TAKE_MEMBER);
	record->created.real_us = from->created_us;
}

static struct log_record *apply_custom(
	const struct filter *filter, struct log_record *record, struct log_record *spare)
{
	const struct vigil_filter_spec *spec = &((const struct custom_filter *)filter)->spec;
	struct vigil_record public;
	enum vigil_verdict verdict;

	if (record->crashing && !spec->signal_safe)
		return record;
	record_publish(&public, record);
	verdict = spec->filter(&public, spec->data);
	if (verdict == VIGIL_DROP)
		return NULL;
	if (verdict == VIGIL_REPLACE && record != spare) {
		*spare = *record;
		record = spare;
	}
	record_adopt(record, &public);
	return record;
}

struct filter *custom_filter_new(struct arena *arena, const struct vigil_filter_spec *spec)
{
	struct custom_filter *filter = arena_alloc(arena, sizeof *filter);

	if (filter == NULL)
		return NULL;
	filter->base.apply = apply_custom;
	filter->spec = *spec;
	return &filter->base;
}

bool custom_filter_is(const struct filter *filter, const struct vigil_filter_spec *spec)
{
	const struct custom_filter *custom = (const struct custom_filter *)filter;

	return filter->apply == apply_custom && custom->spec.filter == spec->filter &&
	       custom->spec.data == spec->data;
}

static int format_custom(
	const struct formatter *formatter, const struct log_record *record, struct text *text)
{
	const struct vigil_formatter_spec *spec =
		&((const struct custom_formatter *)formatter)->spec;
	size_t room = text->size - text->length - 1;
	struct vigil_record public;
	ssize_t length;

	if (record->crashing && !spec->signal_safe)
		return formatter_format(&formatter_default, record, text);
	record_publish(&public, (struct log_record *)record);
	length = spec->format(&public, text->data + text->length, room, spec->data);
	if (length < 0)
		return (int)length;
	text->truncated |= (size_t)length > room;
	text->length += (size_t)length < room ? (size_t)length : room;
	text->data[text->length] = '\0';
	return 0;
}

struct formatter *custom_formatter_new(struct arena *arena, const struct vigil_formatter_spec *spec)
{
	struct custom_formatter *formatter = arena_alloc(arena, sizeof *formatter);

	if (formatter == NULL)
		return NULL;
	formatter->base.format = format_custom;
	formatter->spec = *spec;
	return &formatter->base;
}

static int call_emit(
	struct custom_handler *custom, const struct log_record *record, struct text *scratch)
{
	static _Thread_local int depth __attribute__((tls_model("initial-exec")));
	struct vigil_record public;
	int error;

	if (depth >= DEPTH_MOST)
		return -ELOOP;
	record_publish(&public, (struct log_record *)record);
	depth++;
	error = custom->spec.emit(&public, scratch->data, scratch->length, custom->spec.data);
	depth--;
	return error;
}

static int custom_emit(
	struct handler *handler, const struct log_record *record, struct text *scratch)
{
	struct custom_handler *custom = (struct custom_handler *)handler;
	int error = custom->closed ? 0 : handler_format(handler, record, scratch), taken;

	if (error < 0 || custom->closed)
		return error;
	if (custom->spec.signal_safe)
		return call_emit(custom, record, scratch);
	taken = timed_lock_take(&custom->lock, sys_getpid(), TURN_MS);
	if (taken == -EBUSY)
		return -EBUSY;
	/* -EDEADLK: the record was logged inside this handler's emit, or in a signal handler that
	 * has interrupted it; this thread holds the lock already. */
	error = call_emit(custom, record, scratch);
	if (taken >= 0)
		timed_lock_give(&custom->lock);
	return error;
}

static void custom_describe(const struct handler *handler, struct text *text)
{
	text_add(text, handler->class->name);
}

static void custom_flush(
	struct handler *handler, const struct log_record *record, struct text *scratch)
{
	struct custom_handler *custom = (struct custom_handler *)handler;

	(void)record;
	(void)scratch;
	if (custom->spec.flush != NULL && !custom->closed)
		custom->spec.flush(custom->spec.data);
}

static void custom_close(struct handler *handler)
{
	struct custom_handler *custom = (struct custom_handler *)handler;

	if (!atomic_exchange(&custom->closed, true) && custom->spec.close != NULL)
		custom->spec.close(custom->spec.data);
}

struct handler *custom_handler_new(struct arena *arena, const struct vigil_handler_spec *spec)
{
	struct custom_handler *custom = arena_alloc(arena, sizeof *custom);

	if (custom == NULL)
		return NULL;
	custom->spec = *spec;
	custom->class = (struct handler_class){
		.name = arena_strdup(
			arena, spec->class_name == NULL ? "Handler" : spec->class_name),
		.emit = custom_emit,
		.describe = custom_describe,
		.flush = custom_flush,
		.close = custom_close,
		.not_while_crashing = !spec->signal_safe,
	};
	custom->base.class = &custom->class;
	return custom->class.name == NULL ? NULL : &custom->base;
}
