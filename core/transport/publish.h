/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publish.h - sends the event files of a directory to a stream of JetStream, while they grow or
 * once.
 *
 * What was sent counts once the server has acknowledged it. A server that is gone is waited for,
 * and what it had not acknowledged is sent again, in the same order. Signal-safe: no. Threads: one;
 * those of nats.c are beside it.
 */
#pragma once

#include "core/transport/server.h"

#include <stddef.h>
#include <stdint.h>

/* How long the end waits for a server that does not acknowledge. */
#define PUBLISH_END_MS 5000

struct publishing {
	const struct server *server;
	const char *run, *directory;
	const char *hostname; /* only this host's files; NULL: all */
	int control;	 /* readable, or at its end: send what is there, and end; -1: at once */
	const int *stop; /* not 0: end now; NULL: nothing does that */
};

struct published {
	uint64_t left; /* bytes that were there at the end and are not acknowledged */
	size_t left_files;
	char first[256]; /* the first of these files */
	char why[256];	 /* the last thing that went wrong; "": nothing */
};

/* Send. Returns 0 where all was acknowledged; -EIO where not, and the rest is where it was; -errno
 * where the directory cannot be read. RET_PUBLISHED is set in any case. */
int publish(const struct publishing *publishing, struct published *ret_published);
