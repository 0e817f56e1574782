/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection.h - a connection to a NATS server, and requests to its JetStream, which are JSON.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/base/json.h"
#include "core/transport/library.h"
#include "core/transport/server.h"

/* How long a server may take to answer. */
#define CONNECTION_ANSWER_MS 2000

/* A stream that is not there, in a reply's error. */
#define STREAM_NOT_FOUND 10059

struct connection {
	const struct nats *nats;
	natsConnection *link;
};

/* Connect to SERVER within TIMEOUT_MS. A connection that is lost later is made again, for ever.
 * Returns 0 and CONNECTION, to be closed by connection_close(); or -EIO, -ENOENT where the library
 * is missing, and why in COMPLAINT. */
int connection_open(const struct server *server, int64_t timeout_ms,
	struct connection *ret_connection, char *complaint, size_t size);

/* Whether the server is there at this moment, as far as is known. */
bool connection_is_up(const struct connection *connection);

/* Close CONNECTION, which may be closed already. */
void connection_close(struct connection *connection);

/* A reply of JetStream. */
struct reply {
	void *memory; /* of JSON; malloc'ed */
	const struct json *json;
	int error;	       /* its err_code; 0: none */
	char description[160]; /* of the error */
};

/* The member NAME of OBJECT; NULL: there is none. */
const struct json *member(const struct json *object, const char *name);

/* The member NAME of OBJECT as a number of at least 0; -1: there is none. */
int64_t member_number(const struct json *object, const char *name);

/* Parse the COUNT bytes at TEXT, which may be anything. Returns 0 and REPLY, to be released by
 * reply_release(), or -EBADMSG. */
int reply_parse(const char *text, size_t count, struct reply *ret_reply);

/* Release what REPLY holds. */
void reply_release(struct reply *reply);

/* Ask JetStream on SUBJECT ("STREAM.INFO.x", behind "$JS.API.") with the JSON in TEXT. Returns 0
 * and REPLY, which may be an error; or -EIO where no reply came, and why in COMPLAINT. */
int connection_ask(const struct connection *connection, const char *subject, const char *text,
	struct reply *ret_reply, char *complaint, size_t size);
