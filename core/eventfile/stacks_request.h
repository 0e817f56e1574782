/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks_request.h - how `vigil stacks` asks the `vigil run`s on other hosts: by files in the run
 * directory, which all of them have, or which core/transport carries from one to the other.
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

#define STACKS_REQUEST_PREFIX ".stacks-request-"
#define STACKS_ANSWER_PREFIX ".stacks-answer-"
#define STACKS_PART_SUFFIX ".part"
#define STACKS_ID_SIZE 17

#define STACKS_SAMPLES_MOST 1000
#define STACKS_INTERVAL_MS_MOST 3600000

struct stacks_request {
	char id[STACKS_ID_SIZE]; /* sixteen hexadecimal digits */
	int64_t samples, interval_ms;
	char boot[BOOT_ID_SIZE]; /* of the host that asks, and looks itself */
};

/* Draw an id for REQUEST, whose other members are set, and put it into DIRECTORY, open. Returns 0
 * or -errno. */
int stacks_request_make(int directory, struct stacks_request *request);

/* Put REQUEST, which has an id, into DIRECTORY, open. Returns 0 or -errno. */
int stacks_request_put(int directory, const struct stacks_request *request);

/* REQUEST as a line, without its id and a newline; and such a line read. Parsing returns false
 * where it is none. */
#define STACKS_REQUEST_LINE_SIZE 128
void stacks_request_format(
	const struct stacks_request *request, char ret_line[STACKS_REQUEST_LINE_SIZE]);
bool stacks_request_parse(const char *line, struct stacks_request *ret_request);

/* Whether STRING begins with an id, which is then RET_ID. */
bool stacks_id_parse(const char *string, char ret_id[STACKS_ID_SIZE]);

/* Read the request in the file NAME of DIRECTORY, open. Returns false where it is none. */
bool stacks_request_read(int directory, const char *name, struct stacks_request *ret_request);

/* The name of the answer of monitor PID on HOST. */
void stacks_answer_name(char ret_name[NAME_MAX + 1], const char *id, const char *host, pid_t pid);

/* The host that the answer NAME to ID comes from; and whether it is whole. Returns false where NAME
 * is no answer to ID. */
bool stacks_answer_parse(
	const char *name, const char *id, char ret_host[NAME_MAX + 1], bool *ret_is_whole);

/* Remove the request ID, and the answers to it, from DIRECTORY, open. */
void stacks_request_remove(int directory, const char *id);
