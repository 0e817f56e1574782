/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetched.h - the events of a run that are on a NATS server, in a directory that a helper fills and
 * removes at the end, also when we are killed.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_helper.h"
#include "core/eventfile/stacks_request.h"
#include "core/transport/server.h"

#include <limits.h>

struct fetched {
	struct helper helper;
	struct helper asker; /* of fetched_request_stacks() */
	char directory[PATH_MAX];
	char run_id[RUN_ID_SIZE];
	char shown[SERVER_URL_SIZE + RUN_ID_SIZE]; /* the run's URL, for messages */
};

/* Fetch RUN from SERVER. It returns once all is there that was on the server, and the directory
 * then grows on. Returns 0; or -errno, and why in COMPLAINT, and nothing is left. */
int fetched_begin(struct fetched *fetched, const struct server *server, const char *run,
	char *complaint, size_t size);

/* Send REQUEST to the hosts of the run, which is on SERVER; their answers come into the directory
 * until the end. A line on stderr says what goes wrong. */
void fetched_request_stacks(
	struct fetched *fetched, const struct server *server, const struct stacks_request *request);

/* Remove the directory. */
void fetched_end(struct fetched *fetched);
