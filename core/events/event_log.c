/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/event_log.h"

#include "core/base/error_text.h"
#include "core/base/output.h"
#include "core/base/signal_table.h"
#include "core/base/text.h"
#include "core/events/event_threads.h"
#include "core/logging/logger.h"
#include "core/logging/record.h"

#include <stddef.h>
#include <string.h>

struct event_extra {
	struct record_extra extra; /* first: a pointer to it is a pointer to this */
	const struct event *event;
	const char *error_trace;
};

static const struct event *event_of(const struct record_extra *extra)
{
	return ((const struct event_extra *)extra)->event;
}

/* Python prints an unknown value as None. */
static void add_STRING(struct text *text, const char *string)
{
	text_add(text, string == NULL ? "None" : string);
}

static void add_NUMBER(struct text *text, int64_t number)
{
	if (number == RANK_UNKNOWN)
		text_add(text, "None");
	else
		text_i64(text, number);
}

static void add_BOOL(struct text *text, bool value)
{
	text_add(text, value ? "True" : "False");
}

static void add_ADDRESS(struct text *text, uint64_t address)
{
	text_printf(text, "0x%lx", (unsigned long)address);
}

static void add_REASON(struct text *text, const struct event *event)
{
	event_reason(event, text);
}

#define add_RANK add_NUMBER
#define add_FLAG add_BOOL

/* Append the attribute NAME of EVENT; false where it has none of that name. */
static bool add_attribute(const struct event *event, const char *name, struct text *text)
{
	bool known = true; /* the object that the field stands in is present */

#define ATTRIBUTE(type, name_, expression)                  \
	if (sizeof name_ > 1 && strcmp(name, name_) == 0) { \
		if (known)                                  \
			add_##type(text, expression);       \
		else                                        \
			add_STRING(text, NULL);             \
		return true;                                \
	}
#define VALUE(type, key, expression, present, attribute) ATTRIBUTE(type, attribute, expression)
#define OBJECT(key, condition) known = (condition);
#define OBJECT_END known = true;
#include "core/events/event_fields.def"
	return false;
}

#define TRACE "error_trace"

static bool attribute(const struct record_extra *extra, const char *name, struct text *text)
{
	if (strcmp(name, TRACE) != 0)
		return add_attribute(event_of(extra), name, text);
	text_add(text, ((const struct event_extra *)extra)->error_trace);
	return true;
}

static const char *attribute_name(const struct record_extra *extra, unsigned index)
{
	/* One behind the other, each with its NUL: an array of pointers would have to be relocated
	 * in every process that vigil is preloaded into. */
	static const char names[] =
#define ATTRIBUTE(type, name, expression) name "\0"
#define VALUE(type, key, expression, present, attribute) attribute "\0"
#include "core/events/event_fields.def"
		;

	(void)extra;
	for (const char *name = names; name < names + sizeof names - 1; name += strlen(name) + 1)
		if (name[0] != '\0' && index-- == 0)
			return name;
	return NULL;
}

static void json(const struct record_extra *extra, struct text *text)
{
	event_json(event_of(extra), text);
}

/* How the scratch is divided. What every event needs stands first, and close together: a page that
 * is not touched costs a short-lived process nothing. A longer message has a place of its own. */
#define SHORT_MESSAGE_SIZE 256
#define MESSAGE_SIZE 2048
#define LINE_AT SHORT_MESSAGE_SIZE
#define NOTES_AT (LINE_AT + EVENT_LINE_MAX)
#define MESSAGE_AT (NOTES_AT + RECORD_NOTES_SIZE)
#define TRACE_AT (MESSAGE_AT + MESSAGE_SIZE)

/* The trace as exc_text: Python's has no newline at its end. */
static const char *make_trace(const struct event *event, char *scratch)
{
	struct text text;

	if (event->state != NODE_FAILED)
		return "";
	text_init(&text, scratch + TRACE_AT, EVENT_SCRATCH_SIZE - TRACE_AT);
	event_error_trace(event, &text);
	event_threads_text(event, &THREAD_LIMITS_NONE, &text);
	while (text.length > 0 && text.data[text.length - 1] == '\n')
		text_reset(&text, text.length - 1);
	return text.data;
}

/* The last event of a process: its handlers have no later chance to write. */
static bool is_last(const struct event *event)
{
	return event->source == SOURCE_WORKER &&
	       (event->state == NODE_SUCCEEDED || event->state == NODE_FAILED);
}

static const char *make_message(const struct event *event, char *scratch)
{
	struct text text;

	text_init(&text, scratch, SHORT_MESSAGE_SIZE);
	event_message(event, &text);
	if (!text.truncated)
		return text.data;
	text_init(&text, scratch + MESSAGE_AT, MESSAGE_SIZE);
	event_message(event, &text);
	return text.data;
}

static struct text work_in(char *scratch)
{
	struct text work;

	text_init(&work, scratch + LINE_AT, EVENT_LINE_MAX);
	return work;
}

static int log_enabled(const struct logger *logger, const struct event *event, char *scratch)
{
	struct event_extra extra = {.extra = {.attribute = attribute,
					    .json = json,
					    .name = attribute_name,
					    .trace = TRACE},
		.event = event};
	struct record_notes notes = {.storage = scratch + NOTES_AT, .size = RECORD_NOTES_SIZE};
	struct text work = work_in(scratch);
	struct log_record record;
	int failed;

	extra.error_trace = make_trace(event, scratch);
	record = (struct log_record){
		.levelno = event_level(event),
		.message = make_message(event, scratch),
		.created = event->at,
		.process = event->pid,
		.thread = event->process.tid > 0 ? event->process.tid : event->pid,
		.process_name = event->process.program,
		.thread_name = event->process.thread,
		.exc_text = extra.error_trace,
		.extra = &extra.extra,
		.notes = &notes,
		.crashing = event->crashing,
		.delivery = event->delivery,
		.for_directory = event->for_directory,
	};
	if (record.delivery != NULL)
		delivery_begin(record.delivery);
	failed = logger_handle(logger, &record, &work);
	if (record.delivery != NULL)
		output_note(NULL);
	return record.unrecorded ? -failed : failed;
}

static void flush_behind(const struct logging *logging, const struct event *event, char *scratch)
{
	struct log_record last = {.process = event->pid, .crashing = event->crashing};
	struct text work = work_in(scratch);

	logging_flush(logging, &last, &work);
}

int event_log(const struct logger *logger, const struct event *event, char *scratch)
{
	int failed = 0;

	if (logger == NULL)
		return 0;
	if (logger_is_enabled_for(logger, event_level(event)))
		failed = log_enabled(logger, event, scratch);
	if (is_last(event) && atomic_load(&logger->logging->made)->count > 0)
		flush_behind(logger->logging, event, scratch);
	return failed;
}

unsigned event_log_late_losses(const struct logger *logger)
{
	return logger == NULL ? 0 : atomic_exchange(&logger->logging->late_losses, 0);
}

void event_logger_name(enum event_source source, const char *program, char *name, size_t size)
{
	struct text text;
	size_t prefix;

	text_init(&text, name, size);
	text_add(&text, source == SOURCE_AGENT ? "vigil.agent." : "vigil.worker.");
	prefix = text.length;
	text_add(&text, program);
	for (char *at = name + prefix; *at != '\0'; at++)
		if (*at == '.')
			*at = '_';
}
