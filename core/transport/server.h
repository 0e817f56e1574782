/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h - where a NATS server is, and with what one logs in there: the URL of the command line,
 * and the variables that NATS's own tools take.
 *
 *	nats://HOST:PORT/RUN	a server, and a run that has events there
 *	tls://HOST:PORT/RUN	the same by TLS
 *	nats:///RUN		the server that NATS_URL names
 *
 * Several servers of a cluster stand one behind the other with commas; RUN is behind the last one.
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/events/identity.h"

#include <stdbool.h>
#include <stddef.h>

#define SERVER_URL_SIZE 1024

struct server {
	char url[SERVER_URL_SIZE];   /* for nats.c; perhaps with a password, if from NATS_URL */
	char shown[SERVER_URL_SIZE]; /* the same without what is secret, for messages */
	char run[RUN_ID_SIZE];	     /* "": none was given */
};

/* Whether TEXT is the URL of a NATS server, and no path. */
bool server_is_url(const char *text);

/* Parse TEXT, an argument of the command line. Returns 0; or -EINVAL, and what is wrong with it in
 * COMPLAINT, which never quotes what may be a secret. */
int server_parse(const char *text, struct server *ret_server, char *complaint, size_t size);

/* What one logs in with; NULL: not set. */
struct server_login {
	const char *user, *password, *token, *credentials, *ca, *certificate, *key;
};

/* Read NATS_USER, NATS_PASSWORD, NATS_TOKEN, NATS_CREDS, NATS_CA, NATS_CERT and NATS_KEY; and the
 * token of the `vigil run --collect` above us (VIGIL_TO_TOKEN) for SERVER, where that is its. */
void server_login(const struct server *server, struct server_login *ret_login);
