/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/error_file.h"

#include "core/base/environment.h"
#include "core/base/json_out.h"
#include "core/base/output.h"
#include "core/base/signal_table.h"
#include "core/base/sys.h"
#include "core/events/event_log.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Strings are not cut to fewer bytes than this. */
#define STRING_LEAST 64

/* How the scratch is divided: the JSON, what it is made of, two paths. */
#define MESSAGE_SIZE 2048
#define STACK_SIZE (EVENT_SCRATCH_SIZE - EVENT_LINE_MAX - MESSAGE_SIZE - 2 * (size_t)PATH_MAX)

struct scratch {
	char json[EVENT_LINE_MAX];
	char message[MESSAGE_SIZE], stack[STACK_SIZE];
	char path[PATH_MAX], part[PATH_MAX];
};
_Static_assert(sizeof(struct scratch) <= EVENT_SCRATCH_SIZE, "the scratch is too small");

static bool is_for_torchrun(const struct event *event)
{
	return event->state == NODE_FAILED && event->leader && event->identity.rank != RANK_UNKNOWN;
}

/* "ValueError: bad batch", "SIGSEGV: (address not mapped) at 0x8 in step (solver.c:88)", "exit 3":
 * a colon behind what Python would call the exception's type. */
static void add_message(const struct event *event, struct text *text)
{
	bool handled = event->fault.number != 0 && event->fault.tid == 0;
	int number = handled ? event->fault.number : event->signal.number;
	char name[16];
	size_t length;

	event_reason(event, text);
	if (number == 0)
		return;
	length = strlen(signal_name(number, name));
	if (strncmp(text->data, signal_name(number, name), length) != 0)
		return;
	text_char(text, ' ');
	memmove(text->data + length + 1, text->data + length, text->length - length - 1);
	text->data[length] = ':';
}

/* What torchrun prints. A native stack does not say what happened, so the message comes before it;
 * a Python traceback says it itself. */
static void add_stack(const struct event *event, struct text *text)
{
	if (event->cause != CAUSE_EXCEPTION || event->foreign_trace == NULL) {
		event_message(event, text);
		text_char(text, '\n');
	}
	event_error_trace(event, text);
	while (text->length > 0 && text->data[text->length - 1] == '\n')
		text_reset(text, text->length - 1);
}

static void write_json(struct json_out *json, const struct scratch *made, int64_t seconds)
{
	char timestamp[24];

	text_format(timestamp, sizeof timestamp, "%lld", (long long)seconds);
	json_begin_object(json, NULL);
	json_begin_object(json, "message");
	json_string(json, "message", made->message);
	json_begin_object(json, "extraInfo");
	json_string(json, "py_callstack", made->stack);
	json_string(json, "timestamp", timestamp);
	json_end_object(json);
	json_end_object(json);
	json_end_object(json);
}

/* Make the JSON in SCRATCH, with strings cut until it fits. Returns its length. */
static size_t make_json(const struct event *event, struct scratch *scratch)
{
	size_t most = sizeof scratch->stack;
	struct text text;

	text_init(&text, scratch->message, sizeof scratch->message);
	add_message(event, &text);
	text_init(&text, scratch->stack, sizeof scratch->stack);
	add_stack(event, &text);
	do {
		struct json_out json = {.text = &text, .string_max = most};

		text_init(&text, scratch->json, sizeof scratch->json);
		write_json(&json, scratch, event->at.real_us / 1000000);
		most /= 2;
	} while (text.truncated && most >= STRING_LEAST);
	return text.length;
}

/* Give the file PART the name PATH, unless PATH exists. */
static int give_name(const char *part, const char *path)
{
	int error = (int)sys_call(SYS_linkat, AT_FDCWD, (long)part, AT_FDCWD, (long)path, 0, 0);

	/* The file system has no hard links. */
	if (error == -EPERM || error == -EOPNOTSUPP || error == -ENOSYS || error == -EMLINK)
		error = (int)sys_call(SYS_renameat2, AT_FDCWD, (long)part, AT_FDCWD, (long)path,
			RENAME_NOREPLACE, 0);
	return error;
}

static int write_whole(const char *path, const char *bytes, size_t count)
{
	int fd = sys_open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY, 0666);
	ssize_t written;

	if (fd < 0)
		return fd;
	written = output_write_as(fd, S_IFREG, bytes, count);
	sys_close(fd);
	if (written < 0)
		return (int)written;
	return (size_t)written == count ? 0 : -ENOSPC;
}

int error_file_write(const struct event *event, char *const *environment, char *scratch)
{
	struct scratch *made = (struct scratch *)(void *)scratch;
	int error;

	if (!is_for_torchrun(event) ||
		!environment_read(
			environment, "TORCHELASTIC_ERROR_FILE", made->path, sizeof made->path) ||
		made->path[0] == '\0')
		return -EEXIST;
	if (!text_format(made->part, sizeof made->part, "%s.%d.part", made->path, event->pid))
		return -ENAMETOOLONG;
	error = write_whole(made->part, made->json, make_json(event, made));
	if (error == -EEXIST)
		return error;
	if (error == 0)
		error = give_name(made->part, made->path);
	sys_call(SYS_unlinkat, AT_FDCWD, (long)made->part, 0, 0, 0, 0);
	return error;
}
