/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/stacks_relay.h"

#include "core/base/clock.h"
#include "core/base/number.h"
#include "core/base/text.h"
#include "core/transport/message.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER "Vigil-Answer"
#define PIECE ((size_t)256 * 1024)
#define CONNECT_MS 2000
#define WAIT_MS 50

/* No host has more to say. */
#define ANSWER_MOST ((int64_t)1 << 30)

#define SILENT_MS 5000
#define BUSY_MS 60000

static void subject_of(const char *run, char subject[MESSAGE_SUBJECT_SIZE + 16])
{
	char prefix[MESSAGE_SUBJECT_SIZE];

	message_subject(run, "", prefix);
	*strrchr(prefix, '.') = '\0';
	text_format(subject, MESSAGE_SUBJECT_SIZE + 16, "vigil-stacks%s", strchr(prefix, '.'));
}

/* Sends COUNT bytes of the answer NAME, which has LENGTH. Returns whether the library took them. */
static bool send_piece(const struct connection *connection, const char *reply, const char *name,
	const char *bytes, int64_t offset, size_t count, int64_t length)
{
	const struct nats *nats = connection->nats;
	char place[NAME_MAX + 64];
	natsMsg *message;
	bool done;

	text_format(place, sizeof place, "%s %ld %ld", name, (long)offset, (long)length);
	if (nats->natsMsg_Create(&message, reply, NULL, bytes, (int)count) != NATS_DONE)
		return false;
	done = nats->natsMsgHeader_Set(message, HEADER, place) == NATS_DONE &&
	       nats->natsConnection_PublishMsg(connection->link, message) == NATS_DONE;
	nats->natsMsg_Destroy(message);
	return done;
}

/* Sends the answer NAME of DIRECTORY, and removes it. */
static void send_answer(const struct connection *connection, const struct relayed *relayed,
	int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	void *bytes = MAP_FAILED;
	struct stat stat;

	if (fd < 0)
		return;
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_size > 0 &&
		stat.st_size < ANSWER_MOST)
		bytes = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	unlinkat(directory, name, 0);
	if (bytes == MAP_FAILED)
		return;
	for (int64_t at = 0; at < stat.st_size; at += (int64_t)PIECE) {
		size_t left = (size_t)(stat.st_size - at);

		if (!send_piece(connection, relayed->reply, name, (const char *)bytes + at, at,
			    left < PIECE ? left : PIECE, stat.st_size))
			break;
	}
	munmap(bytes, (size_t)stat.st_size);
}

/* Sends the answers to RELAYED that are in DIRECTORY. Returns whether a host is at work. */
static bool send_answers(const struct connection *connection, struct relayed *relayed,
	int directory, const char *hostname)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *files = fd < 0 ? NULL : fdopendir(fd);
	char host[NAME_MAX + 1];
	struct dirent *entry;
	bool is_whole, is_busy = false;

	if (files == NULL) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while ((entry = readdir(files)) != NULL) {
		if (!stacks_answer_parse(entry->d_name, relayed->id, host, &is_whole) ||
			(hostname != NULL && strcmp(host, hostname) != 0))
			continue;
		if (is_whole) {
			send_answer(connection, relayed, directory, entry->d_name);
			continue;
		}
		is_busy = true;
		if (!relayed->has_begun)
			send_piece(connection, relayed->reply, entry->d_name, "", 0, 0, 0);
		relayed->has_begun = true;
	}
	closedir(files);
	return is_busy;
}

/* The bytes of MESSAGE as a string of at most SIZE - 1. */
static void copy_data(const struct nats *nats, const natsMsg *message, char *text, size_t size)
{
	int length = nats->natsMsg_GetDataLength(message);

	text_format(text, size, "%.*s", length < 0 ? 0 : length, nats->natsMsg_GetData(message));
}

static void take_request(
	struct stacks_relay *relay, const struct nats *nats, const natsMsg *message, int directory)
{
	char text[STACKS_REQUEST_LINE_SIZE + STACKS_ID_SIZE];
	const char *reply = nats->natsMsg_GetReply(message);
	struct stacks_request request;
	struct relayed *free_one = NULL;
	int64_t now = instant_mono_ms();

	copy_data(nats, message, text, sizeof text);
	for (size_t i = 0; i < STACKS_RELAYED_MOST && free_one == NULL; i++)
		if (relay->list[i].id[0] == '\0')
			free_one = &relay->list[i];
	if (free_one == NULL || reply == NULL || strlen(reply) >= sizeof free_one->reply ||
		!stacks_id_parse(text, request.id) || text[STACKS_ID_SIZE - 1] != ' ' ||
		!stacks_request_parse(text + STACKS_ID_SIZE, &request) ||
		stacks_request_put(directory, &request) < 0)
		return;
	*free_one = (struct relayed){.until_ms = now + SILENT_MS,
		.end_ms = now + BUSY_MS + (request.samples - 1) * request.interval_ms};
	memcpy(free_one->id, request.id, sizeof free_one->id);
	text_format(free_one->reply, sizeof free_one->reply, "%s", reply);
}

static void take_requests(struct stacks_relay *relay, const struct connection *connection,
	const char *run, int directory)
{
	const struct nats *nats = connection->nats;
	char subject[MESSAGE_SUBJECT_SIZE + 16];
	natsMsg *message;

	subject_of(run, subject);
	if (relay->requests == NULL && nats->natsConnection_SubscribeSync(&relay->requests,
					       connection->link, subject) != NATS_DONE)
		relay->requests = NULL;
	while (relay->requests != NULL &&
		nats->natsSubscription_NextMsg(&message, relay->requests, 1) == NATS_DONE) {
		take_request(relay, nats, message, directory);
		nats->natsMsg_Destroy(message);
	}
}

void stacks_relay_step(struct stacks_relay *relay, const struct connection *connection,
	const char *run, const char *directory, const char *hostname)
{
	int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int64_t now = instant_mono_ms();

	if (fd < 0)
		return;
	take_requests(relay, connection, run, fd);
	for (size_t i = 0; i < STACKS_RELAYED_MOST; i++) {
		struct relayed *relayed = &relay->list[i];
		bool is_busy =
			relayed->id[0] != '\0' && send_answers(connection, relayed, fd, hostname);

		if (relayed->id[0] == '\0' || now < (is_busy ? relayed->end_ms : relayed->until_ms))
			continue;
		stacks_request_remove(fd, relayed->id);
		relayed->id[0] = '\0';
	}
	close(fd);
}

void stacks_relay_end(
	struct stacks_relay *relay, const struct connection *connection, const char *directory)
{
	int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < STACKS_RELAYED_MOST && fd >= 0; i++)
		if (relay->list[i].id[0] != '\0')
			stacks_request_remove(fd, relay->list[i].id);
	if (fd >= 0)
		close(fd);
	if (relay->requests != NULL)
		connection->nats->natsSubscription_Destroy(relay->requests);
	*relay = (struct stacks_relay){.requests = NULL};
}

/* The next number behind *AT, which a blank begins; -1: there is none. */
static int64_t take_number(char **at)
{
	char *end;
	int64_t number;

	if (**at != ' ' || !is_digit((*at)[1]))
		return -1;
	number = strtol(*at + 1, &end, 10);
	*at = end;
	return number;
}

/* Puts the bytes of MESSAGE, which may be anything, into the file that it names. */
static void take_answer(const struct nats *nats, natsMsg *message, const char *id, int directory)
{
	char place[NAME_MAX + 64], part[NAME_MAX + 16], host[NAME_MAX + 1], *end;
	int count = nats->natsMsg_GetDataLength(message), fd;
	const char *header = NULL;
	int64_t offset, length;
	bool is_whole, done;

	if (nats->natsMsgHeader_Get(message, HEADER, &header) != NATS_DONE || header == NULL ||
		!text_format(place, sizeof place, "%s", header) || count < 0)
		return;
	end = place + strcspn(place, " ");
	offset = take_number(&end);
	length = take_number(&end);
	place[strcspn(place, " ")] = '\0';
	if (offset < 0 || length < 0 || length > ANSWER_MOST || offset + count > length ||
		strchr(place, '/') != NULL || strlen(place) > NAME_MAX - 8 ||
		!stacks_answer_parse(place, id, host, &is_whole))
		return;
	text_format(part, sizeof part, "%s%s", place, is_whole ? STACKS_PART_SUFFIX : "");
	fd = openat(directory, part, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	done = pwrite(fd, nats->natsMsg_GetData(message), (size_t)count, offset) == count;
	close(fd);
	if (done && is_whole && length > 0 && offset + count == length)
		renameat(directory, part, directory, place);
}

static bool publish_request(const struct connection *connection, const char *run,
	const struct stacks_request *request, const char *inbox)
{
	char subject[MESSAGE_SUBJECT_SIZE + 16], line[STACKS_REQUEST_LINE_SIZE];
	char text[STACKS_REQUEST_LINE_SIZE + STACKS_ID_SIZE];

	subject_of(run, subject);
	stacks_request_format(request, line);
	text_format(text, sizeof text, "%s %s", request->id, line);
	return connection->nats->natsConnection_PublishRequest(
		       connection->link, subject, inbox, text, (int)strlen(text)) == NATS_DONE;
}

int stacks_relay_ask(const struct server *server, const char *run,
	const struct stacks_request *request, const char *directory, int control, char *complaint,
	size_t size)
{
	struct pollfd ready = {control, POLLIN, 0};
	natsSubscription *answers = NULL;
	struct connection connection;
	char *inbox = NULL;
	natsMsg *message;
	int error = connection_open(server, CONNECT_MS, &connection, complaint, size), fd;
	const struct nats *nats;

	if (error < 0)
		return error;
	nats = connection.nats;
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || nats->natsInbox_Create(&inbox) != NATS_DONE ||
		nats->natsConnection_SubscribeSync(&answers, connection.link, inbox) != NATS_DONE ||
		nats->natsSubscription_SetPendingLimits(answers, -1, -1) != NATS_DONE ||
		!publish_request(&connection, run, request, inbox)) {
		text_format(complaint, size, "%s: the request was not sent", server->shown);
		error = -EIO;
	}
	while (error == 0 && poll(&ready, 1, 0) == 0) {
		if (nats->natsSubscription_NextMsg(&message, answers, WAIT_MS) != NATS_DONE)
			continue;
		take_answer(nats, message, request->id, fd);
		nats->natsMsg_Destroy(message);
	}
	if (answers != NULL)
		nats->natsSubscription_Destroy(answers);
	if (inbox != NULL)
		nats->natsInbox_Destroy(inbox);
	if (fd >= 0)
		close(fd);
	connection_close(&connection);
	return error;
}
