/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/event_log.h"

#include "core/base/names.h"
#include "core/base/text.h"
#include "core/events/event_threads.h"
#include "core/logging/delivery.h"
#include "core/logging/logger.h"
#include "core/logging/record.h"
#include "core/logging/shutdown.h"

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
static void add_string(struct text *text, const char *string)
{
	text_add(text, string == NULL ? "None" : string);
}

static void add_number(struct text *text, int64_t number)
{
	if (number == RANK_UNKNOWN)
		text_add(text, "None");
	else
		text_i64(text, number);
}

static void add_signal(struct text *text, const struct event *event)
{
	char name[16];

	add_string(text,
		event->signal.number == 0 ? NULL : event_signal_name(event->signal.number, name));
}

static void add_reason(struct text *text, const struct event *event)
{
	event_reason(event, text);
}

/* The attributes: the name, how the value is added, and the value. */
#define ATTRIBUTES(X)                                                                      \
	X(node_state, add_string, node_state_name(event->state))                           \
	X(source, add_string, event_source_name(event->source))                            \
	X(what, add_string, event->what)                                                   \
	X(run_id, add_string, event->identity.run_id)                                      \
	X(hostname, add_string, event->hostname)                                           \
	X(rank, add_number, event->identity.rank)                                          \
	X(local_id, add_number, event->identity.local_id)                                  \
	X(world_size, add_number, event->identity.world_size)                              \
	X(group_rank, add_number, event->identity.group_rank)                              \
	X(attempt, add_number, event->identity.attempt)                                    \
	X(rank_source, add_string, event->identity.rank_source)                            \
	X(leader, add_string, event->leader ? "True" : "False")                            \
	X(master_endpoint, add_string, event->identity.master_endpoint)                    \
	X(launcher, add_string, identity_launcher_name(event->identity.launcher))          \
	X(cause, add_string, event_cause_name(event->cause))                               \
	X(how, add_string, event_how_name(event->how))                                     \
	X(exit_code, add_number, event->how == HOW_NONE ? RANK_UNKNOWN : event->exit_code) \
	X(signal, add_signal, event)                                                       \
	X(abort_message, add_string, event->abort_message)                                 \
	X(report_file, add_string, event->report_file)                                     \
	X(program, add_string, event->process.program)                                     \
	X(pid, add_number, event->pid)                                                     \
	X(ppid, add_number, event->process.ppid)                                           \
	X(timestamp, add_number, event->at.real_us / 1000)                                 \
	X(time_us, add_number, event->at.real_us)                                          \
	X(mono_us, add_number, event->at.mono_us)                                          \
	X(seq, add_number, event->seq)                                                     \
	X(reason, add_reason, event)

#define NAME(name, add, value) #name,
static const char attributes[][sizeof "master_endpoint"] = {ATTRIBUTES(NAME)};

#define ID(name, add, value) ATTRIBUTE_##name,
enum { ATTRIBUTES(ID) };

/* By a switch, as a table of functions would be one for the loader to relocate. */
static void add_attribute(const struct event *event, size_t index, struct text *text)
{
#define CASE(name, add, value) \
	case ATTRIBUTE_##name: add(text, value); return;
	switch (index) {
		ATTRIBUTES(CASE)
	}
}

#define TRACE "error_trace"

static bool attribute(const struct record_extra *extra, const char *name, struct text *text)
{
	if (strcmp(name, TRACE) == 0) {
		text_add(text, ((const struct event_extra *)extra)->error_trace);
		return true;
	}
	for (size_t i = 0; i < NAMES_COUNT(attributes); i++)
		if (strcmp(attributes[i], name) == 0) {
			add_attribute(event_of(extra), i, text);
			return true;
		}
	return false;
}

static const char *attribute_name(const struct record_extra *extra, unsigned index)
{
	(void)extra;
	return index < NAMES_COUNT(attributes) ? attributes[index] : NULL;
}

static void json(const struct record_extra *extra, struct text *text)
{
	event_json(event_of(extra), text);
}

/*
 * How the scratch is divided. What every event needs stands first: a page that is not touched costs
 * a short-lived process nothing.
 */
#define MESSAGE_SIZE 2048
#define LINE_AT MESSAGE_SIZE
#define NOTES_AT (LINE_AT + EVENT_LINE_MAX)
#define TRACE_AT (NOTES_AT + RECORD_NOTES_SIZE)

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

/* What a process says when it ends: handlers have no later chance. */
static bool is_last(const struct event *event)
{
	return event->source == SOURCE_WORKER &&
	       (event->state == NODE_SUCCEEDED || event->state == NODE_FAILED);
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
	struct text message, work = work_in(scratch);
	struct log_record record;
	int failed;

	text_init(&message, scratch, MESSAGE_SIZE);
	event_message(event, &message);
	extra.error_trace = make_trace(event, scratch);
	record = (struct log_record){
		.levelno = event_level(event),
		.message = message.data,
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
		delivery_end();
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
