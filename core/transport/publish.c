/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/publish.h"

#include "core/base/clock.h"
#include "core/base/number.h"
#include "core/base/text.h"
#include "core/transport/connection.h"
#include "core/transport/spool.h"
#include "core/transport/stacks_relay.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* What is on its way at most: so much the reader of the stream may have to hold back for what was
 * lost on the way and sent again. */
#define WINDOW 128
#define BATCH ((size_t)64 * 1024)

/* Of a message, what is beside the bytes of the file. */
#define HEADER_MOST 1024

#define CONNECT_MS 1000
#define TRY_AGAIN_MS 250
#define ACKNOWLEDGE_MS 3000
#define LOOK_MS 250 /* a file system across the network does not report changes */

struct sent {
	size_t file;
	uint64_t end;
	bool acknowledged;
};

struct publisher {
	const struct publishing *request;
	struct published *result;
	struct connection connection;
	struct spool spool;
	struct stacks_relay relay;
	natsSubscription *acknowledgements;
	char *inbox;
	char stream[MESSAGE_NAME_SIZE];
	struct sent window[WINDOW]; /* a ring: message NUMBER is at NUMBER % WINDOW */
	uint64_t first, next;	    /* the numbers of the first that is out, and of the next */
	int64_t heard_at; /* when the server last acknowledged or something was sent first */
	int64_t try_at;	  /* not before that: connect, or make the stream */
	int64_t end_by;	  /* 0: not ending yet */
	int changes;
	bool has_stream, was_up;
	char bytes[BATCH];
};

static void fail(struct publisher *publisher, const char *why)
{
	text_format(publisher->result->why, sizeof publisher->result->why, "%s", why);
	publisher->try_at = instant_mono_ms() + TRY_AGAIN_MS;
}

/* Whatever is on its way is sent again; its acknowledgements are not waited for. */
static void begin_anew(struct publisher *publisher, bool all)
{
	publisher->first = publisher->next;
	spool_rewind(&publisher->spool, all);
}

static bool subscribe(struct publisher *publisher)
{
	const struct nats *nats = publisher->connection.nats;
	natsConnection *link = publisher->connection.link;
	char subject[128];

	if (nats->natsInbox_Create(&publisher->inbox) != NATS_DONE)
		return false;
	text_format(subject, sizeof subject, "%s.*", publisher->inbox);
	return nats->natsConnection_SubscribeSync(&publisher->acknowledgements, link, subject) ==
	       NATS_DONE;
}

static bool connect_to(struct publisher *publisher)
{
	char why[sizeof publisher->result->why];

	if (publisher->connection.link != NULL)
		return true;
	if (instant_mono_ms() < publisher->try_at)
		return false;
	if (connection_open(publisher->request->server, CONNECT_MS, &publisher->connection, why,
		    sizeof why) < 0) {
		fail(publisher, why);
		return false;
	}
	if (!subscribe(publisher)) {
		connection_close(&publisher->connection);
		fail(publisher, "no memory");
		return false;
	}
	return publisher->was_up = true;
}

static int64_t messages_in(const struct reply *reply)
{
	return member_number(member(reply->json, "state"), "messages");
}

/* Make the stream, unless it is there, perhaps as somebody has configured it. One that was made
 * anew has lost what it had acknowledged. */
static bool make_stream(struct publisher *publisher)
{
	char subject[MESSAGE_NAME_SIZE + 32], prefix[MESSAGE_SUBJECT_SIZE], text[1400];
	char why[sizeof publisher->result->why];
	struct reply reply;
	bool done;

	if (publisher->has_stream)
		return true;
	if (instant_mono_ms() < publisher->try_at)
		return false;
	message_subject(publisher->request->run, "", prefix);
	*strrchr(prefix, '.') = '\0';
	text_format(subject, sizeof subject, "STREAM.CREATE.%s", publisher->stream);
	text_format(text, sizeof text,
		"{\"name\":\"%s\",\"subjects\":[\"%s.*\"],\"retention\":\"limits\","
		"\"storage\":\"file\",\"discard\":\"new\",\"num_replicas\":1,"
		"\"duplicate_window\":120000000000}",
		publisher->stream, prefix);
	if (connection_ask(&publisher->connection, subject, text, &reply, why, sizeof why) < 0) {
		fail(publisher, why);
		return false;
	}
	done = reply.error == 0;
	if (!done) {
		text_format(why, sizeof why, "JetStream: %s", reply.description);
		reply_release(&reply);
		text_format(subject, sizeof subject, "STREAM.INFO.%s", publisher->stream);
		done = connection_ask(&publisher->connection, subject, "", &reply, text,
			       sizeof text) == 0 &&
		       reply.error == 0;
	}
	if (!done)
		fail(publisher, why);
	else if (messages_in(&reply) == 0)
		begin_anew(publisher, true);
	reply_release(&reply);
	return publisher->has_stream = done;
}

/* A connection that was lost and is there again: what was on its way may be lost. */
static bool is_up(struct publisher *publisher)
{
	bool up = connection_is_up(&publisher->connection);

	if (up && !publisher->was_up) {
		publisher->has_stream = false;
		begin_anew(publisher, false);
	} else if (!up) {
		text_format(publisher->result->why, sizeof publisher->result->why,
			"%s: the server is gone", publisher->request->server->shown);
	}
	return publisher->was_up = up;
}

static bool send_bytes(struct publisher *publisher, size_t index, size_t count)
{
	const struct nats *nats = publisher->connection.nats;
	struct spool_file *file = &publisher->spool.files[index];
	struct message_place place = {.offset = file->sent, .length = (uint32_t)count};
	char subject[MESSAGE_SUBJECT_SIZE], id[MESSAGE_ID_SIZE], reply[128];
	natsMsg *message;
	bool done;

	memcpy(place.host, file->host, sizeof place.host);
	memcpy(place.file, file->wire, sizeof place.file);
	message_subject(publisher->request->run, file->host, subject);
	message_id(&place, id);
	text_format(
		reply, sizeof reply, "%s.%lu", publisher->inbox, (unsigned long)publisher->next);
	if (nats->natsMsg_Create(&message, subject, reply, publisher->bytes, (int)count) !=
		NATS_DONE)
		return false;
	done = nats->natsMsgHeader_Set(message, "Nats-Msg-Id", id) == NATS_DONE &&
	       nats->natsConnection_PublishMsg(publisher->connection.link, message) == NATS_DONE;
	nats->natsMsg_Destroy(message);
	if (!done)
		return false;
	if (publisher->first == publisher->next)
		publisher->heard_at = instant_mono_ms();
	file->sent += count;
	publisher->window[publisher->next++ % WINDOW] = (struct sent){index, file->sent, false};
	return true;
}

/* Send what has come, as far as the window is open. Returns whether something was sent. */
static bool send_more(struct publisher *publisher)
{
	int64_t most = publisher->connection.nats->natsConnection_GetMaxPayload(
		publisher->connection.link);
	size_t room = most > 2 * HEADER_MOST && (size_t)most - HEADER_MOST < BATCH
			      ? (size_t)most - HEADER_MOST
			      : BATCH;
	bool any = false;

	for (size_t i = 0; i < publisher->spool.count; i++)
		while (publisher->next - publisher->first < WINDOW) {
			const struct spool_file *file = &publisher->spool.files[i];
			size_t count =
				file->sent >= file->size
					? 0
					: spool_read(&publisher->spool, file, publisher->bytes,
						  room, publisher->end_by != 0);

			if (count == 0 || !send_bytes(publisher, i, count))
				break;
			any = true;
		}
	return any;
}

/* Message NUMBER was stored: files are acknowledged in the order in which they were sent. */
static void acknowledge(struct publisher *publisher, uint64_t number)
{
	publisher->window[number % WINDOW].acknowledged = true;
	publisher->heard_at = instant_mono_ms();
	publisher->result->why[0] = '\0';
	while (publisher->first < publisher->next &&
		publisher->window[publisher->first % WINDOW].acknowledged) {
		const struct sent *sent = &publisher->window[publisher->first++ % WINDOW];

		spool_acknowledge(
			&publisher->spool, &publisher->spool.files[sent->file], sent->end);
	}
}

static void take_answer(struct publisher *publisher, natsMsg *message)
{
	const struct nats *nats = publisher->connection.nats;
	const char *subject = nats->natsMsg_GetSubject(message), *dot = strrchr(subject, '.');
	int64_t number;
	struct reply reply;

	if (dot == NULL || !number_parse(dot + 1, &number) || number < 0 ||
		(uint64_t)number < publisher->first || (uint64_t)number >= publisher->next)
		return;
	if (reply_parse(nats->natsMsg_GetData(message),
		    (size_t)nats->natsMsg_GetDataLength(message), &reply) < 0) {
		/* Nobody listens on the subject: the server has lost the stream. */
		publisher->has_stream = false;
		fail(publisher, "JetStream does not answer");
		begin_anew(publisher, false);
		return;
	}
	if (reply.error == 0) {
		acknowledge(publisher, (uint64_t)number);
	} else {
		char why[200];

		text_format(why, sizeof why, "JetStream: %s", reply.description);
		publisher->has_stream = false;
		fail(publisher, why);
		begin_anew(publisher, false);
	}
	reply_release(&reply);
}

/* Take the answers that are there; wait for the first one at most WAIT_MS. */
static void take_answers(struct publisher *publisher, int64_t wait_ms)
{
	const struct nats *nats = publisher->connection.nats;
	natsMsg *message;

	while (publisher->first < publisher->next &&
		nats->natsSubscription_NextMsg(&message, publisher->acknowledgements, wait_ms) ==
			NATS_DONE) {
		take_answer(publisher, message);
		nats->natsMsg_Destroy(message);
		wait_ms = 1;
	}
	if (publisher->first < publisher->next &&
		instant_mono_ms() - publisher->heard_at > ACKNOWLEDGE_MS) {
		fail(publisher, "the server does not acknowledge");
		begin_anew(publisher, false);
	}
}

/* Wait until a file grows, the end is asked for, or MS have passed. */
static void wait_for_more(struct publisher *publisher, int ms)
{
	struct pollfd ready[] = {{publisher->changes, POLLIN, 0},
		{publisher->end_by == 0 ? publisher->request->control : -1, POLLIN, 0}};
	char changes[4096];

	poll(ready, 2, ms);
	while (publisher->changes >= 0 && read(publisher->changes, changes, sizeof changes) > 0)
		;
}

static bool is_asked_to_end(const struct publisher *publisher)
{
	struct pollfd ready = {publisher->request->control, POLLIN, 0};

	return publisher->request->control < 0 || poll(&ready, 1, 0) > 0;
}

static bool is_stopped(const struct publisher *publisher)
{
	const volatile int *stop = publisher->request->stop;

	return stop != NULL && *stop != 0;
}

static void look(struct publisher *publisher)
{
	bool ends = publisher->end_by == 0 && (is_asked_to_end(publisher) || is_stopped(publisher));

	spool_scan(&publisher->spool, ends || publisher->end_by != 0);
	if (!ends)
		return;
	spool_set_targets(&publisher->spool, false);
	publisher->end_by = instant_mono_ms() + PUBLISH_END_MS;
}

/* One round. Returns whether it is over. */
static bool step(struct publisher *publisher)
{
	uint64_t before = publisher->first;
	bool holder, up, sent = false;
	struct published *result = publisher->result;
	const char *first;

	look(publisher);
	holder = spool_lock(&publisher->spool);
	up = holder && connect_to(publisher) && is_up(publisher) && make_stream(publisher);
	if (up) {
		sent = send_more(publisher);
		take_answers(publisher, publisher->end_by != 0 ? 20 : 2);
		if (publisher->end_by == 0)
			stacks_relay_step(&publisher->relay, &publisher->connection,
				publisher->request->run, publisher->request->directory,
				publisher->request->hostname);
	} else if (!holder) {
		spool_read_state(&publisher->spool);
	}
	if (publisher->end_by != 0) {
		result->left = spool_left(&publisher->spool, &result->left_files, &first);
		text_format(result->first, sizeof result->first, "%s", first);
		if (result->left == 0 || instant_mono_ms() >= publisher->end_by)
			return true;
		if (publisher->request->control < 0 && publisher->first != before)
			publisher->end_by = instant_mono_ms() + PUBLISH_END_MS;
	}
	if (!sent)
		wait_for_more(publisher, !up || publisher->end_by != 0	      ? 20
					 : publisher->first < publisher->next ? 5
									      : LOOK_MS);
	return false;
}

static void release(struct publisher *publisher)
{
	const struct nats *nats = publisher->connection.nats;

	stacks_relay_end(&publisher->relay, &publisher->connection, publisher->request->directory);
	if (publisher->acknowledgements != NULL)
		nats->natsSubscription_Destroy(publisher->acknowledgements);
	if (publisher->inbox != NULL)
		nats->natsInbox_Destroy(publisher->inbox);
	connection_close(&publisher->connection);
	spool_close(&publisher->spool);
	if (publisher->changes >= 0)
		close(publisher->changes);
}

int publish(const struct publishing *publishing, struct published *ret_published)
{
	static struct publisher publisher;
	int error;

	memset(&publisher, 0, sizeof publisher);
	*ret_published = (struct published){.left = 0};
	publisher.request = publishing;
	publisher.result = ret_published;
	message_stream(publishing->run, publisher.stream);
	error = spool_open(&publisher.spool, publishing->directory, NULL, publishing->hostname,
		publishing->server->url, publisher.stream);
	if (error < 0)
		return error;
	publisher.changes = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (publisher.changes >= 0)
		inotify_add_watch(publisher.changes, publishing->directory,
			IN_MODIFY | IN_CREATE | IN_MOVED_TO);
	while (!step(&publisher))
		;
	if (ret_published->left > 0 && ret_published->why[0] == '\0')
		text_format(ret_published->why, sizeof ret_published->why,
			"another vigil on this host has not sent it");
	release(&publisher);
	return ret_published->left > 0 ? -EIO : 0;
}
