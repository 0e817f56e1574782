/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/event_log.h"

#include "core/base/names.h"
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

#define STRING_ATTRIBUTE(name, value)                                        \
	static void add_##name(const struct event *event, struct text *text) \
	{                                                                    \
		add_string(text, value);                                     \
	}
#define NUMBER_ATTRIBUTE(name, value)                                        \
	static void add_##name(const struct event *event, struct text *text) \
	{                                                                    \
		add_number(text, value);                                     \
	}

STRING_ATTRIBUTE(node_state, node_state_name(event->state))
STRING_ATTRIBUTE(source, event_source_name(event->source))
STRING_ATTRIBUTE(what, event->what)
STRING_ATTRIBUTE(run_id, event->identity.run_id)
STRING_ATTRIBUTE(hostname, event->hostname)
STRING_ATTRIBUTE(rank_source, event->identity.rank_source)
STRING_ATTRIBUTE(master_endpoint, event->identity.master_endpoint)
STRING_ATTRIBUTE(launcher, identity_launcher_name(event->identity.launcher))
STRING_ATTRIBUTE(cause, event_cause_name(event->cause))
STRING_ATTRIBUTE(how, event_how_name(event->how))
STRING_ATTRIBUTE(program, event->process.program)
STRING_ATTRIBUTE(abort_message, event->abort_message)
STRING_ATTRIBUTE(report_file, event->report_file)
STRING_ATTRIBUTE(leader, event->leader ? "True" : "False")
NUMBER_ATTRIBUTE(rank, event->identity.rank)
NUMBER_ATTRIBUTE(local_id, event->identity.local_id)
NUMBER_ATTRIBUTE(world_size, event->identity.world_size)
NUMBER_ATTRIBUTE(group_rank, event->identity.group_rank)
NUMBER_ATTRIBUTE(attempt, event->identity.attempt)
NUMBER_ATTRIBUTE(pid, event->pid)
NUMBER_ATTRIBUTE(ppid, event->process.ppid)
NUMBER_ATTRIBUTE(timestamp, event->at.real_us / 1000)
NUMBER_ATTRIBUTE(time_us, event->at.real_us)
NUMBER_ATTRIBUTE(mono_us, event->at.mono_us)
NUMBER_ATTRIBUTE(exit_code, event->how == HOW_NONE ? RANK_UNKNOWN : event->exit_code)
NUMBER_ATTRIBUTE(seq, event->seq)

static void add_signal(const struct event *event, struct text *text)
{
	char name[16];

	add_string(text,
		event->signal.number == 0 ? NULL : event_signal_name(event->signal.number, name));
}

#define ATTRIBUTE(name)           \
	{                         \
#name, add_##name \
	}

static const struct {
	const char *name;
	void (*add)(const struct event *, struct text *);
} attributes[] = {
	ATTRIBUTE(node_state),
	ATTRIBUTE(source),
	ATTRIBUTE(what),
	ATTRIBUTE(run_id),
	ATTRIBUTE(hostname),
	ATTRIBUTE(rank),
	ATTRIBUTE(local_id),
	ATTRIBUTE(world_size),
	ATTRIBUTE(group_rank),
	ATTRIBUTE(attempt),
	ATTRIBUTE(rank_source),
	ATTRIBUTE(leader),
	ATTRIBUTE(master_endpoint),
	ATTRIBUTE(launcher),
	ATTRIBUTE(cause),
	ATTRIBUTE(how),
	ATTRIBUTE(exit_code),
	ATTRIBUTE(signal),
	ATTRIBUTE(abort_message),
	ATTRIBUTE(report_file),
	ATTRIBUTE(program),
	ATTRIBUTE(pid),
	ATTRIBUTE(ppid),
	ATTRIBUTE(timestamp),
	ATTRIBUTE(time_us),
	ATTRIBUTE(mono_us),
	ATTRIBUTE(seq),
	{"reason", event_reason},
};

#define TRACE "error_trace"

static bool attribute(const struct record_extra *extra, const char *name, struct text *text)
{
	if (strcmp(name, TRACE) == 0) {
		text_add(text, ((const struct event_extra *)extra)->error_trace);
		return true;
	}
	for (size_t i = 0; i < NAMES_COUNT(attributes); i++)
		if (strcmp(attributes[i].name, name) == 0) {
			attributes[i].add(event_of(extra), text);
			return true;
		}
	return false;
}

static const char *attribute_name(const struct record_extra *extra, unsigned index)
{
	(void)extra;
	return index < NAMES_COUNT(attributes) ? attributes[index].name : NULL;
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
#define NOTES_AT MESSAGE_SIZE
#define LINE_AT (NOTES_AT + RECORD_NOTES_SIZE)
#define TRACE_AT (LINE_AT + EVENT_LINE_MAX)

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
	const char *prefix = source == SOURCE_AGENT ? "vigil.agent." : "vigil.worker.";

	text_format(name, size, "%s%s", prefix, program);
	for (char *at = name + strlen(prefix); strlen(name) >= strlen(prefix) && *at != '\0'; at++)
		if (*at == '.')
			*at = '_';
}
