/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/fetch.h"

#include "core/base/clock.h"
#include "core/base/number.h"
#include "core/base/text.h"
#include "core/transport/assemble.h"
#include "core/transport/connection.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* How many messages are asked for at once. */
#define BATCH 500

#define CONNECT_MS 2000

/* How long the server holds a request open when nothing is there. */
#define EXPIRES_MS 1000

/* A server that was there may be gone for so long, at the end of a run, before what it has is given
 * up. */
#define GONE_MS 5000

/* How many messages that are passed over are named. */
#define NAMED_MOST 5

struct fetcher {
	const struct fetching *request;
	struct connection connection;
	struct assembly assembly;
	natsSubscription *messages;
	char *inbox;
	char stream[MESSAGE_NAME_SIZE];
	char consumer[128]; /* the server's name for this reader; "": there is none */
	uint64_t sequence;  /* of the last message, in the stream */
	size_t passed_over;
	int write_error;
	bool is_ready;
	int64_t end_by; /* 0: not ending */
	int64_t up_at;	/* when the server last said something */
};

static void say(const struct fetcher *fetcher, const char *line)
{
	if (fetcher->request->say != NULL)
		fetcher->request->say(fetcher->request->context, line);
}

static void pass_over(struct fetcher *fetcher, const char *why)
{
	char line[256];

	if (fetcher->passed_over++ >= NAMED_MOST)
		return;
	text_format(line, sizeof line, "message %lu of %s %s; it is passed over",
		(unsigned long)fetcher->sequence, fetcher->stream, why);
	say(fetcher, line);
}

/* The number in the subject of acknowledgement REPLY that says which message of the stream it is:
 * $JS.ACK.STREAM.CONSUMER.DELIVERED.SEQUENCE.…, with two names more of newer servers in front. */
static uint64_t sequence_in(const char *reply)
{
	size_t dots = 0;
	int64_t sequence;
	char digits[24];
	const char *at = reply;

	if (reply == NULL || text_after(reply, "$JS.ACK.") == NULL)
		return 0;
	for (const char *dot = reply; (dot = strchr(dot, '.')) != NULL; dot++)
		dots++;
	for (size_t skip = dots >= 10 ? 7 : 5; skip > 0 && at != NULL; skip--)
		at = strchr(at, '.') == NULL ? NULL : strchr(at, '.') + 1;
	if (at == NULL || !text_format(digits, sizeof digits, "%.*s", (int)strcspn(at, "."), at) ||
		!number_parse(digits, &sequence) || sequence < 0)
		return 0;
	return (uint64_t)sequence;
}

static void take_message(struct fetcher *fetcher, natsMsg *message)
{
	const struct nats *nats = fetcher->connection.nats;
	const char *id = NULL, *why;
	uint64_t sequence = sequence_in(nats->natsMsg_GetReply(message));
	int length = nats->natsMsg_GetDataLength(message), error;
	struct message_place place;

	if (sequence > 0)
		fetcher->sequence = sequence;
	nats->natsMsgHeader_Get(message, "Nats-Msg-Id", &id);
	if (message_parse(id, (size_t)length, &place, &why) < 0) {
		pass_over(fetcher, why);
		return;
	}
	error = assembly_add(&fetcher->assembly, &place, nats->natsMsg_GetData(message));
	if (error == -EMFILE)
		pass_over(fetcher, "is of one file too many");
	else if (error < 0)
		fetcher->write_error = error;
}

/* Ask where the stream is. Returns 0; or -ENOENT, -EIO, and why in COMPLAINT. */
static int find_stream(struct fetcher *fetcher, char *complaint, size_t size)
{
	char subject[MESSAGE_NAME_SIZE + 32];
	struct reply reply;
	int error;

	text_format(subject, sizeof subject, "STREAM.INFO.%s", fetcher->stream);
	if (connection_ask(&fetcher->connection, subject, "", &reply, complaint, size) < 0)
		return -EIO;
	error = reply.error == 0 ? 0 : reply.error == STREAM_NOT_FOUND ? -ENOENT : -EIO;
	if (error == -ENOENT)
		text_format(complaint, size, "the server has no events of run %s",
			fetcher->request->run);
	else if (error < 0)
		text_format(complaint, size, "JetStream: %s", reply.description);
	reply_release(&reply);
	return error;
}

/* Have the server make a reader that begins behind the last message that was read, unless there is
 * one. */
static int make_consumer(struct fetcher *fetcher, char *complaint, size_t size)
{
	char subject[MESSAGE_NAME_SIZE + 32], text[600], start[80] = "\"deliver_policy\":\"all\"";
	const struct json *name;
	struct reply reply;
	int error;

	error = fetcher->consumer[0] != '\0' ? 1 : find_stream(fetcher, complaint, size);
	if (error != 0)
		return error < 0 ? error : 0;
	if (fetcher->sequence > 0)
		text_format(start, sizeof start,
			"\"deliver_policy\":\"by_start_sequence\",\"opt_start_seq\":%lu",
			(unsigned long)fetcher->sequence + 1);
	text_format(subject, sizeof subject, "CONSUMER.CREATE.%s", fetcher->stream);
	text_format(text, sizeof text,
		"{\"stream_name\":\"%s\",\"config\":{%s,\"ack_policy\":\"none\","
		"\"replay_policy\":\"instant\",\"inactive_threshold\":60000000000}}",
		fetcher->stream, start);
	if (connection_ask(&fetcher->connection, subject, text, &reply, complaint, size) < 0)
		return -EIO;
	name = member(reply.json, "name");
	if (json_is(name, JSON_STRING))
		text_format(fetcher->consumer, sizeof fetcher->consumer, "%s", name->string);
	else
		text_format(complaint, size, "JetStream: %s", reply.description);
	reply_release(&reply);
	return fetcher->consumer[0] == '\0' ? -EIO : 0;
}

/* Whether nothing is to be waited for: all that is there is wanted, and no more. */
static bool is_hasty(const struct fetcher *fetcher)
{
	return !fetcher->is_ready || fetcher->end_by != 0 || fetcher->request->control < 0;
}

static bool ask_for_more(const struct fetcher *fetcher)
{
	char subject[MESSAGE_NAME_SIZE + 180], text[100];
	const struct nats *nats = fetcher->connection.nats;

	text_format(subject, sizeof subject, "$JS.API.CONSUMER.MSG.NEXT.%s.%s", fetcher->stream,
		fetcher->consumer);
	if (is_hasty(fetcher))
		text_format(text, sizeof text, "{\"batch\":%d,\"no_wait\":true}", BATCH);
	else
		text_format(text, sizeof text, "{\"batch\":%d,\"expires\":%d000000}", BATCH,
			EXPIRES_MS);
	return nats->natsConnection_PublishRequest(fetcher->connection.link, subject,
		       fetcher->inbox, text, (int)strlen(text)) == NATS_DONE;
}

enum batch_end {
	BATCH_FULL,  /* there may be more at once */
	BATCH_EMPTY, /* that was all, or all for some time */
	BATCH_LOST,  /* the server is gone, or has forgotten this reader */
};

static bool is_asked_to_end(const struct fetcher *fetcher)
{
	struct pollfd ready = {fetcher->request->control, POLLIN, 0};

	return fetcher->request->control >= 0 && poll(&ready, 1, 0) > 0;
}

/* Take the messages that were asked for. */
static enum batch_end take_batch(struct fetcher *fetcher)
{
	const struct nats *nats = fetcher->connection.nats;
	int64_t until = instant_mono_ms() + EXPIRES_MS + CONNECTION_ANSWER_MS;
	natsMsg *message;
	int count = 0;

	while (count < BATCH && instant_mono_ms() < until) {
		const char *status = NULL;

		if (nats->natsSubscription_NextMsg(&message, fetcher->messages, 50) != NATS_DONE) {
			if (!connection_is_up(&fetcher->connection))
				return BATCH_LOST;
			if (!is_hasty(fetcher) && is_asked_to_end(fetcher))
				return BATCH_EMPTY;
			continue;
		}
		fetcher->up_at = instant_mono_ms();
		/* A message of the server itself: its status, and no bytes. */
		if (nats->natsMsg_GetDataLength(message) == 0 &&
			nats->natsMsgHeader_Get(message, "Status", &status) == NATS_DONE) {
			bool over = strcmp(status, "404") == 0 || strcmp(status, "408") == 0;

			nats->natsMsg_Destroy(message);
			return over ? BATCH_EMPTY : BATCH_LOST;
		}
		take_message(fetcher, message);
		nats->natsMsg_Destroy(message);
		count++;
	}
	return count == BATCH ? BATCH_FULL : BATCH_LOST;
}

/* A subject of its own for each reader: what was asked for earlier may still come. */
static bool subscribe(struct fetcher *fetcher)
{
	const struct nats *nats = fetcher->connection.nats;

	return nats->natsInbox_Create(&fetcher->inbox) == NATS_DONE &&
	       nats->natsConnection_SubscribeSync(
		       &fetcher->messages, fetcher->connection.link, fetcher->inbox) == NATS_DONE &&
	       nats->natsSubscription_SetPendingLimits(fetcher->messages, -1, -1) == NATS_DONE;
}

static void unsubscribe(struct fetcher *fetcher)
{
	const struct nats *nats = fetcher->connection.nats;

	if (fetcher->messages != NULL)
		nats->natsSubscription_Destroy(fetcher->messages);
	if (fetcher->inbox != NULL)
		nats->natsInbox_Destroy(fetcher->inbox);
	fetcher->messages = NULL;
	fetcher->inbox = NULL;
	fetcher->consumer[0] = '\0';
}

static void become_ready(struct fetcher *fetcher)
{
	if (!fetcher->is_ready && fetcher->request->ready != NULL)
		fetcher->request->ready(fetcher->request->context);
	fetcher->is_ready = true;
}

/* Whether a run without a stream is waited for: whoever follows may be earlier than its events. */
static bool may_come(const struct fetcher *fetcher, int error)
{
	return fetcher->request->control >= 0 && (error == -ENOENT || fetcher->is_ready) &&
	       fetcher->request->ready == NULL;
}

/* Whether a server that sends nothing is waited for no longer: somebody waits for us. */
static bool is_given_up(const struct fetcher *fetcher)
{
	const struct fetching *request = fetcher->request;
	bool is_awaited = request->control < 0 || (!fetcher->is_ready && request->ready != NULL);

	if (fetcher->end_by != 0)
		return instant_mono_ms() > fetcher->end_by;
	return is_awaited && instant_mono_ms() - fetcher->up_at > GONE_MS;
}

/* Get what is there. Returns 1 at the end, 0 to go on, or -errno and COMPLAINT. */
static int step(struct fetcher *fetcher, char *complaint, size_t size)
{
	enum batch_end end = BATCH_LOST;
	int error;

	if (fetcher->end_by == 0 && is_asked_to_end(fetcher))
		fetcher->end_by = instant_mono_ms() + GONE_MS;
	error = make_consumer(fetcher, complaint, size);
	if (error == 0 && fetcher->messages == NULL && !subscribe(fetcher))
		error = -EIO;
	while (error == 0 && (end = BATCH_LOST, ask_for_more(fetcher)) &&
		(end = take_batch(fetcher)) == BATCH_FULL)
		;
	if (error == -ENOENT && fetcher->end_by != 0)
		return 1;
	if (error < 0 && !fetcher->is_ready && !may_come(fetcher, error))
		return error;
	if (end == BATCH_EMPTY) {
		become_ready(fetcher);
		if (fetcher->request->control < 0 || fetcher->end_by != 0)
			return 1;
		return 0;
	}
	if (is_given_up(fetcher)) {
		text_format(complaint, size, "the server is gone");
		return -EIO;
	}
	unsubscribe(fetcher);
	poll(NULL, 0, 100);
	return 0;
}

static void say_what_is_missing(const struct fetcher *fetcher)
{
	char line[160];

	if (fetcher->passed_over > NAMED_MOST) {
		text_format(line, sizeof line, "%lu more messages of %s are passed over",
			(unsigned long)(fetcher->passed_over - NAMED_MOST), fetcher->stream);
		say(fetcher, line);
	}
	if (fetcher->assembly.missed > 0) {
		text_format(line, sizeof line, "%lu bytes of the events in %s are missing",
			(unsigned long)fetcher->assembly.missed, fetcher->stream);
		say(fetcher, line);
	}
	if (fetcher->write_error < 0) {
		text_format(line, sizeof line, "%s: %s; events are missing",
			fetcher->request->directory, strerror(-fetcher->write_error));
		say(fetcher, line);
	}
}

int fetch(const struct fetching *fetching, char *complaint, size_t size)
{
	struct fetcher fetcher = {.request = fetching, .up_at = instant_mono_ms()};
	char why[200];
	int error = assembly_begin(&fetcher.assembly, fetching->directory);

	if (error < 0) {
		text_format(complaint, size, "%s: %s", fetching->directory, strerror(-error));
		return error;
	}
	message_stream(fetching->run, fetcher.stream);
	error = connection_open(fetching->server, CONNECT_MS, &fetcher.connection, complaint, size);
	if (error == 0) {
		while ((error = step(&fetcher, why, sizeof why)) == 0)
			;
		if (error < 0)
			text_format(complaint, size, "%s: %s", fetching->server->shown, why);
		unsubscribe(&fetcher);
		connection_close(&fetcher.connection);
	}
	assembly_flush(&fetcher.assembly);
	say_what_is_missing(&fetcher);
	assembly_end(&fetcher.assembly);
	return error < 0 ? error : 0;
}
