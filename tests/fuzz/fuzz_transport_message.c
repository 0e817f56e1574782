/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what comes from a NATS server: a first line that is the id of a message, and what
 * follows as its bytes and as a reply of JetStream. No crash; a file that is named lies in its
 * directory, is an event file, and its name is written as it was read. */
#include "core/transport/connection.h"
#include "core/transport/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_place(const char *id, size_t length)
{
	struct message_place place;
	char written[MESSAGE_ID_SIZE], again[MESSAGE_FILE_SIZE];
	const char *why = NULL;
	struct message_place second;

	if (message_parse(id, length, &place, &why) < 0) {
		if (why == NULL)
			abort();
		return;
	}
	if (strchr(place.file, '/') != NULL || place.file[0] == '.' ||
		strstr(place.file, ".jsonl") == NULL || place.length != length)
		abort();
	message_id(&place, written);
	if (message_parse(written, length, &second, &why) < 0 ||
		strcmp(place.file, second.file) != 0 || place.offset != second.offset)
		abort();
	message_file_name(place.file, id, strlen(id), again);
}

static void check_reply(const char *bytes, size_t count)
{
	struct reply reply;

	if (reply_parse(bytes, count, &reply) < 0)
		return;
	if (member_number(member(reply.json, "state"), "messages") < -1)
		abort();
	reply_release(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = memchr(data, '\n', size);
	size_t head = newline == NULL ? size : (size_t)(newline - data), rest = size - head;
	char name[MESSAGE_NAME_SIZE], subject[MESSAGE_SUBJECT_SIZE], host[HOSTNAME_SIZE];
	char *id = malloc(head + 1);

	if (id == NULL)
		return 0;
	memcpy(id, data, head);
	id[head] = '\0';
	check_place(id, rest);
	check_reply((const char *)data + head, rest);
	message_stream(id, name);
	message_host(id, host);
	message_subject(id, host, subject);
	if (strpbrk(name, "/.*> ") != NULL || strlen(subject) >= sizeof subject - 1)
		abort();
	free(id);
	return 0;
}
