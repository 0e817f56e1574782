/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch.h - gets the event files of a run out of its stream, into a directory: the reader of event
 * files is the same for a directory and a server.
 *
 * What is in the stream may come from anybody who may write there: what is no part of an event file
 * is named and passed over. Signal-safe: no. Threads: one; those of nats.c are beside it.
 */
#pragma once

#include "core/transport/server.h"

#include <stddef.h>
#include <stdint.h>

struct fetching {
	const struct server *server;
	const char *run, *directory;
	int control; /* -1: end once all is there that was there at the beginning; else go on until
			something can be read from it, get what is there then, and end */
	/* All that was in the stream at the beginning is there; NULL: nobody wants to know. */
	void (*ready)(void *context);
	/* LINE says what was passed over, or what is missing. */
	void (*say)(void *context, const char *line);
	void *context;
};

/* Fetch. Returns 0; -ENOENT where the server has no such run, or the library is missing; -EIO where
 * the server is not there or does not answer; and why in COMPLAINT. */
int fetch(const struct fetching *fetching, char *complaint, size_t size);
