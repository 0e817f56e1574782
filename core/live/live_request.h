/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live_request.h - how `vigil stacks` asks the `vigil run`s on other hosts: by files in the run
 * directory, which all of them have.
 *
 *	.stacks-request-ID		what is asked for
 *	.stacks-answer-ID-HOST-PID.part	monitor PID on HOST has begun to look
 *	.stacks-answer-ID-HOST-PID	its answer, schema vigil.stacks/1
 *
 * Who asks removes them all. A request counts if it is a file of our own user or of root.
 *Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/base/proc.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LIVE_REQUEST_PREFIX ".stacks-request-"
#define LIVE_ANSWER_PREFIX ".stacks-answer-"
#define LIVE_PART_SUFFIX ".part"
#define LIVE_ID_SIZE 17

#define LIVE_SAMPLES_MOST 1000
#define LIVE_INTERVAL_MS_MOST 3600000

struct live_request {
	char id[LIVE_ID_SIZE]; /* sixteen hexadecimal digits */
	int64_t samples, interval_ms;
	char boot[BOOT_ID_SIZE]; /* of the host that asks, and looks itself */
};

/* Draw an id for REQUEST, whose other members are set, and put it into DIRECTORY, open. Returns 0
 * or -errno. */
int live_request_make(int directory, struct live_request *request);

/* Read the request in the file NAME of DIRECTORY, open. Returns false where it is none. */
bool live_request_read(int directory, const char *name, struct live_request *ret_request);

/* The name of the answer of monitor PID on HOST. */
void live_answer_name(char ret_name[NAME_MAX + 1], const char *id, const char *host, pid_t pid);

/* The host that the answer NAME to ID comes from; and whether it is whole. Returns false where NAME
 * is no answer to ID. */
bool live_answer_parse(
	const char *name, const char *id, char ret_host[NAME_MAX + 1], bool *ret_is_whole);

/* Remove the request ID, and the answers to it, from DIRECTORY, open. */
void live_request_remove(int directory, const char *id);
