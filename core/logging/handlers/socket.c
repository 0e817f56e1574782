/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handler.h"

#include "core/base/peer.h"
#include "core/base/utf8.h"
#include "core/logging/handlers/sender.h"

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

struct socket_handler {
	struct handler base;
	struct peer peer;
	const struct log_clock *clock;
};

/* A pickle that is being written; Lib/pickletools.py documents the opcodes. */
struct pickle {
	struct text *text;
	size_t most; /* longer strings are cut to this many bytes */
};

static void put_u32(char *to, uint32_t value)
{
	value = htole32(value);
	memcpy(to, &value, sizeof value);
}

/* Appends BINUNICODE: STRING in UTF-8, with U+FFFD for invalid bytes. */
static void add_string(struct pickle *pickle, const char *string)
{
	struct text *text = pickle->text;
	size_t begin = text->length + 5, count = strlen(string);

	text_add_n(text, "X\0\0\0\0", 5);
	for (size_t at = 0; at < count;) {
		uint32_t point;
		size_t size = utf8_read(string + at, count - at, &point);

		if (at + size > pickle->most)
			break;
		if (size == 1 && point == UTF8_REPLACEMENT)
			text_add(text, "\xEF\xBF\xBD");
		else
			text_add_n(text, string + at, size);
		at += size;
	}
	if (!text->truncated)
		put_u32(text->data + begin - 4, (uint32_t)(text->length - begin));
}

/* Appends an attribute's name, which is never cut. */
static void add_key(struct pickle *pickle, const char *name)
{
	add_string(&(struct pickle){pickle->text, SIZE_MAX}, name);
}

static void add_text(struct pickle *pickle, const char *name, const char *value)
{
	add_key(pickle, name);
	if (value == NULL)
		text_char(pickle->text, 'N');
	else
		add_string(pickle, value);
}

static void add_int(struct pickle *pickle, const char *name, int32_t value)
{
	char bytes[5] = "J";

	add_key(pickle, name);
	put_u32(bytes + 1, (uint32_t)value);
	text_add_n(pickle->text, bytes, sizeof bytes);
}

static void add_double(struct pickle *pickle, const char *name, double value)
{
	uint64_t bits;
	char bytes[9] = "G";

	memcpy(&bits, &value, sizeof bits);
	add_key(pickle, name);
	bits = htobe64(bits);
	memcpy(bytes + 1, &bits, sizeof bits);
	text_add_n(pickle->text, bytes, sizeof bytes);
}

/* Appends an int; as LONG1 (eight bytes, little-endian) if it needs more than 32 bits. */
static void add_long(struct pickle *pickle, const char *name, int64_t value)
{
	char bytes[10] = {(char)0x8a, 8};

	if (value == (int32_t)value) {
		add_int(pickle, name, (int32_t)value);
		return;
	}
	add_key(pickle, name);
	put_u32(bytes + 2, (uint32_t)value);
	put_u32(bytes + 6, (uint32_t)((uint64_t)value >> 32));
	text_add_n(pickle->text, bytes, sizeof bytes);
}

static void add_extra(struct pickle *pickle, const struct log_record *record)
{
	const char *name;
	char buffer[1024];

	for (unsigned i = 0; (name = record_attribute_name(record, i)) != NULL; i++) {
		struct text value;

		text_init(&value, buffer, sizeof buffer);
		if (record_attribute(record, name, &value))
			add_text(pickle, name, strcmp(buffer, "None") == 0 ? NULL : buffer);
	}
}

static void add_record(struct pickle *pickle, const struct log_record *record, int64_t start_us)
{
	bool traced = record->exc_text != NULL && record->exc_text[0] != '\0';
	char level[LEVEL_NAME_SIZE], module[PATH_MAX];
	struct text text;

	text_init(&text, module, sizeof module);
	record_add_module(record, &text);
	add_text(pickle, "name", record->name);
	add_text(pickle, "args", NULL);
	add_text(pickle, "levelname", record_levelname(record, level));
	add_int(pickle, "levelno", record->levelno);
	add_text(pickle, "pathname", record_pathname(record));
	add_text(pickle, "filename", record_filename(record));
	add_text(pickle, "module", module);
	add_text(pickle, "exc_info", NULL);
	add_int(pickle, "lineno", record->lineno);
	add_text(pickle, "funcName",
		record->func_name == NULL ? "(unknown function)" : record->func_name);
	add_double(pickle, "created", (double)record->created.real_us / 1e6);
	add_double(pickle, "msecs", (double)record_msecs_us(record) / 1e3);
	add_double(pickle, "relativeCreated", (double)record_relative_us(record, start_us) / 1e3);
	add_long(pickle, "thread", record->thread);
	add_text(pickle, "threadName", record->thread_name);
	add_text(pickle, "processName", record->process_name);
	add_int(pickle, "process", record->process);
	add_text(pickle, "taskName", record_given(record)->task_name);
	add_extra(pickle, record);
	pickle->most = pickle->most < SIZE_MAX ? pickle->text->size / 4 : SIZE_MAX;
	add_text(pickle, "msg", record->message == NULL ? "" : record->message);
	add_text(pickle, "exc_text", traced ? record->exc_text : NULL);
	add_text(pickle, "stack_info", record->stack_info);
}

/* Writes the frame with strings cut to MOST bytes, or more for the three that may be long. False if
 * the frame does not fit. */
static bool fill(const struct log_record *record, int64_t start_us, struct text *frame, size_t most)
{
	struct pickle pickle = {frame, most};

	text_reset(frame, 0);
	text_add_n(frame, "\0\0\0\0}(", 6);
	add_record(&pickle, record, start_us);
	text_add_n(frame, "u.", 2);
	return !frame->truncated;
}

/*
 * Writes RECORD to FRAME, an empty text: the pickle's length as 4 big-endian bytes, and a pickle of
 * protocol 1 of the record's attributes, as Python's logging.makeLogRecord() takes them. `msg` is
 * the message, `args` and `exc_info` are None; attributes of extra are strings, as %(NAME)s prints
 * them, or None. Strings are cut if FRAME has no room for them; invalid UTF-8 becomes U+FFFD.
 * Returns 0 or -ENOBUFS.
 */
static int pickle_frame(const struct log_record *record, int64_t start_us, struct text *frame)
{
	uint32_t length;

	if (!fill(record, start_us, frame, SIZE_MAX) &&
		!fill(record, start_us, frame, frame->size / 128))
		return -ENOBUFS;
	length = htobe32((uint32_t)(frame->length - 4));
	memcpy(frame->data, &length, sizeof length);
	return 0;
}

static int socket_emit(
	struct handler *handler, const struct log_record *record, struct text *scratch)
{
	struct socket_handler *socket = (struct socket_handler *)handler;
	struct peer_sender sender = sender_of(record);
	int error = pickle_frame(record, socket->clock->start_us, scratch);

	if (error < 0)
		return error;
	return peer_send(&socket->peer, &sender, scratch->data, scratch->length);
}

static void socket_describe(const struct handler *handler, struct text *text)
{
	const struct peer *peer = &((const struct socket_handler *)handler)->peer;

	text_add(text, peer->type == SOCK_STREAM ? "Socket " : "Datagram ");
	address_describe(&peer->address, text);
}

static const struct handler_class socket_class = {
	.name = "logging.handlers.SocketHandler",
	.emit = socket_emit,
	.describe = socket_describe,
};

static const struct handler_class datagram_class = {
	.name = "logging.handlers.DatagramHandler",
	.emit = socket_emit,
	.describe = socket_describe,
};

int socket_handler_new(struct arena *arena, const struct address *address, int type,
	const struct log_clock *clock, struct handler **ret_handler)
{
	struct socket_handler *socket = arena_alloc(arena, sizeof *socket);

	if (socket == NULL)
		return -ENOMEM;
	socket->base.class = type == SOCK_STREAM ? &socket_class : &datagram_class;
	socket->clock = clock;
	peer_init(&socket->peer, address, type);
	*ret_handler = &socket->base;
	return 0;
}
