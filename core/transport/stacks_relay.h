/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks_relay.h - carries what `vigil stacks` asks of other hosts, and their answers, by way of a
 * NATS server, where these do not have the run directory.
 *
 *	vigil-stacks.<run>	"ID SAMPLES INTERVAL-MS BOOT", with the subject for answers
 *	that subject		bytes of an answer; Vigil-Answer: FILE OFFSET LENGTH
 *
 * On both sides they are files of a directory (core/eventfile/stacks_request.h). LENGTH 0: the host
 *has begun to look. Signal-safe: no. Threads: one; those of nats.c are beside it.
 */
#pragma once

#include "core/eventfile/stacks_request.h"
#include "core/transport/connection.h"

#include <stddef.h>
#include <stdint.h>

#define STACKS_RELAYED_MOST 8

/* A request that was put into the directory. */
struct relayed {
	char id[STACKS_ID_SIZE]; /* "": none */
	char reply[256];	 /* the subject for answers */
	int64_t until_ms;	 /* a host that has not begun by then does not answer */
	int64_t end_ms;		 /* its answer is not waited for longer */
	bool has_begun;		 /* that was sent */
};

/* All zero at the start. */
struct stacks_relay {
	natsSubscription *requests;
	struct relayed list[STACKS_RELAYED_MOST];
};

/* Take the requests for RUN that have come, put them into DIRECTORY, a path, and send the answers
 * that are there: those of HOSTNAME, or of all hosts where that is NULL. To be called again and
 * again. */
void stacks_relay_step(struct stacks_relay *relay, const struct connection *connection,
	const char *run, const char *directory, const char *hostname);

/* Remove what is left in DIRECTORY. The connection is still open. */
void stacks_relay_end(
	struct stacks_relay *relay, const struct connection *connection, const char *directory);

/* Send REQUEST for RUN to SERVER, and put the answers into DIRECTORY until CONTROL is readable.
 * Returns 0; or -EIO, -ENOENT where the library is missing, and why in COMPLAINT. */
int stacks_relay_ask(const struct server *server, const char *run,
	const struct stacks_request *request, const char *directory, int control, char *complaint,
	size_t size);
