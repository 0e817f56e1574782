/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handler.h"

#include "core/base/peer.h"
#include "core/logging/handlers/pickle.h"
#include "core/logging/handlers/sender.h"

#include <errno.h>

struct socket_handler {
	struct handler base;
	struct peer peer;
	const struct log_clock *clock;
};

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
	text_add(text, "Socket ");
	address_describe(&((const struct socket_handler *)handler)->peer.address, text);
}

static void datagram_describe(const struct handler *handler, struct text *text)
{
	text_add(text, "Datagram ");
	address_describe(&((const struct socket_handler *)handler)->peer.address, text);
}

static const struct handler_class socket_class = {
	.name = "logging.handlers.SocketHandler",
	.emit = socket_emit,
	.describe = socket_describe,
};

static const struct handler_class datagram_class = {
	.name = "logging.handlers.DatagramHandler",
	.emit = socket_emit,
	.describe = datagram_describe,
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
