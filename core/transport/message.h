/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.h - how events travel: a message is some bytes of one event file, and says which.
 *
 *	stream		VIGIL_<run>
 *	subject		vigil.<run>.<host>
 *	Nats-Msg-Id	<host>/<file>/<offset>/<length>
 *
 * In subjects and names of streams, what NATS does not allow there is =XX (a server puts
 * names into formats of its own, where a '%' does not stay what it was). A file is named by its
 * name, the time of its first event and a hash of its first line: so it has the same name whoever
 * sends it, however often it was rotated or copied, and two files of one name (a host of two run
 * directories) have different ones. The same bytes have the same id, and the server drops what it
 * has; the length is in the id, as a sender that begins anew cuts the file otherwise.
 *
 * What is parsed comes from the network, and may be anything. Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/events/identity.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_NAME_SIZE 256 /* of a stream's name, and a subject's part */
#define MESSAGE_SUBJECT_SIZE (2 * MESSAGE_NAME_SIZE + 8)
#define MESSAGE_FILE_SIZE (NAME_MAX + 1)
#define MESSAGE_ID_SIZE (HOSTNAME_SIZE + MESSAGE_FILE_SIZE + 48)

/* The longest message that is read: no server passes on more unless it is configured to. */
#define MESSAGE_MOST ((size_t)8 * 1024 * 1024)

struct message_place {
	char host[HOSTNAME_SIZE];
	char file[MESSAGE_FILE_SIZE]; /* as message_file_name() makes it: for a fetched directory */
	uint64_t offset;
	uint32_t length;
};

/* The name of the stream of RUN. */
void message_stream(const char *run, char ret_name[MESSAGE_NAME_SIZE]);

/* The subject of HOST's events in RUN. */
void message_subject(const char *run, const char *host, char ret_subject[MESSAGE_SUBJECT_SIZE]);

/* The name under which the event file NAME travels, whose first line is the COUNT bytes of LINE:
 * "n1.jsonl.1763790000000000-0123456789", which the reader of a directory takes for a file that was
 * rotated away. Returns false where it gets too long. */
bool message_file_name(
	const char *name, const char *line, size_t count, char ret_file[MESSAGE_FILE_SIZE]);

/* The host of the event file NAME: what is before ".jsonl" and before a '+'. */
void message_host(const char *name, char ret_host[HOSTNAME_SIZE]);

/* The id of what is at PLACE. */
void message_id(const struct message_place *place, char ret_id[MESSAGE_ID_SIZE]);

/* The place in ID, for a message of LENGTH bytes. Returns 0; or -EINVAL, and why it is not taken
 * in *RET_WHY (static). A file that is returned lies in the directory that it is put in, is an
 * event file, and not hidden. */
int message_parse(
	const char *id, size_t length, struct message_place *ret_place, const char **ret_why);
