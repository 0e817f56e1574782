/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handler.h"

#include "core/base/peer.h"
#include "core/logging/handlers/sender.h"

#include <errno.h>
#include <string.h>

/* "65536 <191>", the ident and a NUL. */
#define HEAD_SIZE (SYSLOG_IDENT_MOST + 24)

struct syslog_handler {
	struct handler base;
	struct peer peer;
	int facility;
	const char *ident;
	enum syslog_framing framing;
};

/* Replaces the newline at the end of the formatted record by the framing's delimiter. */
static void end_message(const struct syslog_handler *syslog, struct text *body)
{
	if (syslog->framing == SYSLOG_LF)
		return;
	text_reset(body, body->length - 1);
	/* SYSLOG_NUL: includes the NUL that text_reset() has written. */
	body->length += syslog->framing == SYSLOG_NUL;
}

/* Appends the head for a body of LENGTH bytes. */
static void make_head(
	const struct syslog_handler *syslog, int level, size_t length, struct text *head)
{
	char priority[16];

	text_format(priority, sizeof priority, "<%d>",
		syslog->facility << 3 | severity_of_level(level));
	if (syslog->framing == SYSLOG_OCTET)
		text_printf(head, "%zu ", strlen(priority) + strlen(syslog->ident) + length);
	text_add(head, priority);
	text_add(head, syslog->ident);
}

static int syslog_emit(
	struct handler *handler, const struct log_record *record, struct text *scratch)
{
	struct syslog_handler *syslog = (struct syslog_handler *)handler;
	struct peer_sender sender = sender_of(record);
	char buffer[HEAD_SIZE], *start;
	struct text head, body;
	int error;

	if (scratch->size <= HEAD_SIZE)
		return -ENOBUFS;
	text_init(&body, scratch->data + HEAD_SIZE, scratch->size - HEAD_SIZE);
	error = handler_format(handler, record, &body);
	if (error < 0)
		return error;
	end_message(syslog, &body);
	text_init(&head, buffer, sizeof buffer);
	make_head(syslog, record->levelno, body.length, &head);
	start = body.data - head.length;
	memcpy(start, head.data, head.length);
	return peer_send(&syslog->peer, &sender, start, head.length + body.length);
}

static void syslog_describe(const struct handler *handler, struct text *text)
{
	const struct syslog_handler *syslog = (const struct syslog_handler *)handler;

	text_add(text, "SysLog ");
	address_describe(&syslog->peer.address, text);
	text_printf(text, " facility=%d", syslog->facility);
}

static const struct handler_class syslog_class = {
	.name = "logging.handlers.SysLogHandler",
	.emit = syslog_emit,
	.describe = syslog_describe,
};

int syslog_handler_new(struct arena *arena, const struct address *address,
	const struct syslog_options *options, struct handler **ret_handler)
{
	struct syslog_handler *syslog = arena_alloc(arena, sizeof *syslog);

	if (syslog == NULL)
		return -ENOMEM;
	syslog->ident = arena_strdup(arena, options->ident == NULL ? "" : options->ident);
	if (syslog->ident == NULL)
		return -ENOMEM;
	syslog->base.class = &syslog_class;
	syslog->facility = options->facility;
	syslog->framing = options->framing;
	peer_init(&syslog->peer, address, options->type == 0 ? SOCK_DGRAM : options->type);
	syslog->peer.either = options->type == 0 && address->any.sa_family == AF_UNIX;
	*ret_handler = &syslog->base;
	return 0;
}
