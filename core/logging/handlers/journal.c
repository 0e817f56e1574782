/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handler.h"

#include "core/base/peer.h"
#include "core/logging/handlers/sender.h"

#include <endian.h>
#include <errno.h>
#include <linux/memfd.h>
#include <string.h>

/*
 * systemd.io/JOURNAL_NATIVE_PROTOCOL: a datagram of fields, each "NAME=value\n", or, if the value
 * contains a newline, "NAME\n", the value's length as 8 little-endian bytes, the value and "\n". An
 * entry that is too long for a datagram is sent as a sealed memory file.
 */
struct journal_handler {
	struct handler base;
	struct peer peer;
	const char *identifier;
};

#define MESSAGE "MESSAGE"
#define LENGTH_SIZE sizeof(uint64_t)

static void add_field(struct text *text, const char *name, const char *value)
{
	size_t before = text->length;
	uint64_t length;

	if (value == NULL || value[0] == '\0')
		return;
	text_add(text, name);
	length = htole64(strlen(value));
	if (strchr(value, '\n') == NULL) {
		text_char(text, '=');
	} else {
		text_char(text, '\n');
		text_add_n(text, (const char *)&length, LENGTH_SIZE);
	}
	text_add(text, value);
	text_char(text, '\n');
	/* Leave out a field that does not fit as a whole. */
	if (text->truncated)
		text_reset(text, before);
}

static void add_number(struct text *text, const char *name, int64_t value)
{
	char buffer[24];

	text_format(buffer, sizeof buffer, "%lld", (long long)value);
	add_field(text, name, buffer);
}

/* Makes VIGIL_RANK of `rank`: names have capitals, digits and '_' (systemd.journal-fields(7)). */
static void field_name(char *to, size_t size, const char *name)
{
	text_format(to, size, "VIGIL_%s", name);
	for (; *to != '\0'; to++)
		if (*to >= 'a' && *to <= 'z')
			*to = (char)(*to - 'a' + 'A');
		else if ((*to < 'A' || *to > 'Z') && (*to < '0' || *to > '9'))
			*to = '_';
}

static void add_extra(struct text *text, const struct log_record *record)
{
	const char *name;
	char value[1024], field[64];

	for (unsigned i = 0; (name = record_attribute_name(record, i)) != NULL; i++) {
		struct text attribute;

		text_init(&attribute, value, sizeof value);
		if (!record_attribute(record, name, &attribute) || strcmp(value, "None") == 0)
			continue;
		field_name(field, sizeof field, name);
		add_field(text, field, value);
	}
}

static void add_fields(
	const struct journal_handler *journal, const struct log_record *record, struct text *text)
{
	add_number(text, "PRIORITY", severity_of_level(record->levelno));
	add_field(text, "SYSLOG_IDENTIFIER",
		journal->identifier == NULL ? record->process_name : journal->identifier);
	add_field(text, "LOGGER", record->name);
	add_field(text, "CODE_FILE", record->pathname);
	if (record->pathname != NULL)
		add_number(text, "CODE_LINE", record->lineno);
	add_field(text, "CODE_FUNC", record->func_name);
	add_field(text, "THREAD_NAME", record->thread_name);
	add_number(text, "TID", record->thread);
	add_extra(text, record);
}

/* Appends the formatted record as the last field, with its length if it has several lines. */
static int add_message(struct handler *handler, const struct log_record *record, struct text *text)
{
	size_t head = sizeof MESSAGE - 1 + 1 + LENGTH_SIZE;
	char *field = text->data + text->length, *value = field + head;
	struct text body;
	uint64_t length;
	int error;

	if (text->size - text->length <= head)
		return -ENOBUFS;
	text_init(&body, value, text->size - text->length - head);
	error = handler_format(handler, record, &body);
	if (error < 0)
		return error;
	memcpy(field, MESSAGE "\n", sizeof MESSAGE);
	length = htole64(body.length - 1);
	memcpy(value - LENGTH_SIZE, &length, LENGTH_SIZE);
	text->length += head + body.length;
	if (memchr(value, '\n', body.length - 1) != NULL)
		return 0;
	field[sizeof MESSAGE - 1] = '=';
	memmove(value - LENGTH_SIZE, value, body.length);
	text->length -= LENGTH_SIZE;
	return 0;
}

static int send_in_memory(const struct peer *peer, const struct text *text)
{
	int file = (int)sys_call(
		SYS_memfd_create, (long)"vigil", MFD_CLOEXEC | MFD_ALLOW_SEALING, 0, 0, 0, 0);
	ssize_t written;
	int error;

	if (file < 0)
		return file;
	written = sys_write(file, text->data, text->length);
	if (written == (ssize_t)text->length)
		error = sys_fcntl(file, F_ADD_SEALS,
			F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	else
		error = written < 0 ? (int)written : -ENOSPC;
	if (error == 0)
		error = peer_send_file(peer, file);
	sys_close(file);
	return error;
}

static int journal_emit(
	struct handler *handler, const struct log_record *record, struct text *scratch)
{
	struct journal_handler *journal = (struct journal_handler *)handler;
	struct peer_sender sender = sender_of(record);
	int error;

	add_fields(journal, record, scratch);
	error = add_message(handler, record, scratch);
	if (error < 0)
		return error;
	error = peer_send(&journal->peer, &sender, scratch->data, scratch->length);
	if (error == -EMSGSIZE || error == -ENOBUFS)
		error = send_in_memory(&journal->peer, scratch);
	return error;
}

static void journal_describe(const struct handler *handler, struct text *text)
{
	text_printf(text, "Journal '%s'",
		((const struct journal_handler *)handler)->peer.address.un.sun_path);
}

static const struct handler_class journal_class = {
	.name = "vigil.JournalHandler",
	.emit = journal_emit,
	.describe = journal_describe,
};

int journal_handler_new(struct arena *arena, const struct address *address, const char *identifier,
	struct handler **ret_handler)
{
	struct journal_handler *journal = arena_alloc(arena, sizeof *journal);

	if (journal == NULL)
		return -ENOMEM;
	if (identifier != NULL) {
		journal->identifier = arena_strdup(arena, identifier);
		if (journal->identifier == NULL)
			return -ENOMEM;
	}
	journal->base.class = &journal_class;
	peer_init(&journal->peer, address, SOCK_DGRAM);
	*ret_handler = &journal->base;
	return 0;
}
