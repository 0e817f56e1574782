/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/otlp_export.h"

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/transport/otlp_gather.h"
#include "core/transport/otlp_protobuf.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <unistd.h>
#include <zlib.h>

/* Between two requests, so that few events do not make as many requests. */
#define PAUSE_MS 200
#define LOOK_MS 250 /* a file system across the network does not report changes */
#define SOON_MS 20

/* How long a receiver that takes nothing is left alone: doubled each time. */
#define BACKOFF_MS 500
#define BACKOFF_MS_MOST 10000
#define BACKOFF_END_MS 1000 /* at the end */

/* One that refuses, or cannot be spoken to. */
#define REFUSED_MS 30000 /* longer than the end waits: nothing is sent again there */

/* zlib's number for the format of gzip, with its largest window. */
#define GZIP_WINDOW (15 + 16)

struct exporter {
	const struct otlp_exporting *request;
	struct otlp_exported *result;
	struct http http;
	struct spool spool;
	struct gather gather;
	struct text protobuf;
	char *gzip;
	size_t gzip_size;
	bool is_over;
	int changes;
	int64_t next_at; /* no request before */
	int64_t backoff_ms;
	int64_t end_by, patient_by; /* 0: not ending yet; PATIENT_BY for one that wants patience */
};

static void say_why(struct exporter *exporter, const char *why)
{
	text_format(exporter->result->rest.why, sizeof exporter->result->rest.why, "%s: %s",
		exporter->request->target->shown, why);
}

/* COUNT bytes as gzip has them, in EXPORTER->gzip. Returns how many; 0: no memory. */
static size_t compress_gzip(struct exporter *exporter, const char *bytes, size_t count)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)count};
	size_t bound;
	int result;

	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		return 0;
	bound = deflateBound(&stream, (uLong)count);
	if (bound > exporter->gzip_size) {
		free(exporter->gzip);
		exporter->gzip = malloc(bound);
		exporter->gzip_size = exporter->gzip == NULL ? 0 : bound;
	}
	stream.next_out = (Bytef *)exporter->gzip;
	stream.avail_out = (uInt)exporter->gzip_size;
	result = exporter->gzip == NULL ? Z_MEM_ERROR : deflate(&stream, Z_FINISH);
	deflateEnd(&stream);
	return result == Z_STREAM_END ? stream.total_out : 0;
}

/* Make EXPORTER->protobuf of the batch. Returns 0 or -ENOMEM. */
static int encode(struct exporter *exporter)
{
	const struct text *json = &exporter->gather.batch.text;
	void *memory = malloc(json_size(json->data, json->length));
	const struct json *request =
		memory == NULL ? NULL : json_parse(json->data, json->length, memory);

	text_reset(&exporter->protobuf, 0);
	if (request != NULL)
		otlp_protobuf(request, &exporter->protobuf);
	free(memory);
	return request == NULL || exporter->protobuf.truncated ? -ENOMEM : 0;
}

static void post_batch(struct exporter *exporter)
{
	const struct otlp_target *target = exporter->request->target;
	const struct text *body =
		target->is_json ? &exporter->gather.batch.text : &exporter->protobuf;
	const char *bytes;
	size_t count;

	if (!target->is_json && encode(exporter) < 0) {
		say_why(exporter, "no memory");
		spool_rewind(&exporter->spool, false);
		exporter->next_at = instant_mono_ms() + BACKOFF_MS_MOST;
		return;
	}
	bytes = body->data;
	count = body->length;
	if (target->is_gzip) {
		count = compress_gzip(exporter, bytes, count);
		bytes = exporter->gzip;
	}
	http_post(&exporter->http, bytes, count);
}

/* From now on the end waits as long as it may. */
static void begin_end(struct exporter *exporter)
{
	exporter->end_by = instant_mono_ms() + exporter->request->end_ms;
	exporter->patient_by = instant_mono_ms() + exporter->request->patience_ms;
}

static void was_taken(struct exporter *exporter)
{
	const struct http_result *answer = &exporter->http.result;
	struct otlp_exported *result = exporter->result;
	struct otlp_partial partial;

	otlp_answer(answer->answer, answer->length, answer->is_json, &partial);
	if (partial.rejected > 0) {
		result->rejected += (uint64_t)partial.rejected;
		text_format(
			result->rejected_why, sizeof result->rejected_why, "%s", partial.message);
	}
	result->sent += exporter->gather.batch.records;
	result->rest.why[0] = '\0';
	gather_acknowledge(&exporter->gather, &exporter->spool);
	exporter->gather.records_most = OTLP_RECORDS_MOST;
	exporter->backoff_ms = BACKOFF_MS;
	exporter->next_at = exporter->end_by != 0 ? 0 : instant_mono_ms() + PAUSE_MS;
	if (exporter->end_by != 0 && exporter->request->control < 0)
		begin_end(exporter);
}

/* Send what was not taken again after MS, or, if that is less than 0, after a while that doubles.
 */
static void send_again(struct exporter *exporter, int64_t ms)
{
	uint32_t chance = 0;

	spool_rewind(&exporter->spool, false);
	if (ms < 0) {
		getrandom(&chance, sizeof chance, GRND_NONBLOCK);
		ms = exporter->backoff_ms * 3 / 4 +
		     (int64_t)(chance % (uint32_t)(exporter->backoff_ms / 2));
		exporter->backoff_ms *= 2;
		if (exporter->backoff_ms > BACKOFF_MS_MOST)
			exporter->backoff_ms = BACKOFF_MS_MOST;
	}
	if (exporter->end_by != 0 && exporter->backoff_ms > BACKOFF_END_MS)
		exporter->backoff_ms = BACKOFF_END_MS;
	exporter->next_at = instant_mono_ms() + ms;
	if (exporter->end_by != 0 && exporter->next_at >= exporter->end_by)
		exporter->is_over = true;
}

/* The batch is too big for the receiver: half as many records are sent; one alone is passed over.
 */
static void was_too_large(struct exporter *exporter)
{
	struct otlp_exported *result = exporter->result;

	if (exporter->gather.batch.records > 1) {
		exporter->gather.records_most = exporter->gather.batch.records / 2;
		spool_rewind(&exporter->spool, false);
		return;
	}
	result->rejected++;
	text_format(result->rejected_why, sizeof result->rejected_why, "too large");
	gather_acknowledge(&exporter->gather, &exporter->spool);
}

static void explain(struct exporter *exporter)
{
	const struct http_result *answer = &exporter->http.result;
	char message[160], why[200];

	if (answer->status == 0) {
		say_why(exporter, answer->why);
		return;
	}
	otlp_status_message(
		answer->answer, answer->length, answer->is_json, message, sizeof message);
	text_format(why, sizeof why, "HTTP status %d%s%s", answer->status,
		message[0] == '\0' ? "" : ": ", message);
	say_why(exporter, why);
}

static void take_answer(struct exporter *exporter)
{
	const struct http_result *answer = &exporter->http.result;

	if (answer->status >= 200 && answer->status < 300) {
		was_taken(exporter);
		return;
	}
	explain(exporter);
	switch (answer->status) {
	case 0: send_again(exporter, answer->is_hopeless ? REFUSED_MS : -1); break;
	case 413: was_too_large(exporter); break;
	case 429:
	case 502:
	case 503:
	case 504:
		exporter->end_by = exporter->patient_by;
		send_again(exporter, answer->retry_after_ms);
		break;
	default: send_again(exporter, REFUSED_MS); break;
	}
}

static bool is_asked_to_end(const struct exporter *exporter)
{
	struct pollfd ready = {exporter->request->control, POLLIN, 0};

	return exporter->request->control < 0 || poll(&ready, 1, 0) > 0;
}

/* Look what has come, and whether this is the end. What a receiver asked to wait for holds. */
static void look(struct exporter *exporter)
{
	bool ends = exporter->end_by == 0 && is_asked_to_end(exporter);

	spool_scan(&exporter->spool, false);
	if (!ends)
		return;
	spool_set_targets(&exporter->spool, true);
	begin_end(exporter);
	if (exporter->http.result.retry_after_ms < 0)
		exporter->next_at = 0;
	exporter->backoff_ms = BACKOFF_MS;
}

/* Begin to send what there is, if it is time. Returns whether there was nothing. */
static bool begin(struct exporter *exporter)
{
	if (instant_mono_ms() < exporter->next_at)
		return false;
	if (!gather_take(&exporter->gather, &exporter->spool))
		return true;
	if (exporter->gather.batch.records == 0)
		gather_acknowledge(&exporter->gather, &exporter->spool);
	else
		post_batch(exporter);
	return false;
}

/* Whether it is over: nothing is left, or there is no more time. */
static bool is_over(struct exporter *exporter)
{
	struct published *rest = &exporter->result->rest;
	const char *first;

	if (exporter->end_by == 0)
		return false;
	rest->left = spool_left(&exporter->spool, &rest->left_files, &first);
	text_format(rest->first, sizeof rest->first, "%s", first);
	return rest->left == 0 || exporter->is_over || instant_mono_ms() >= exporter->end_by;
}

/* How long nothing needs to be done, but for an answer. */
static int idle_ms(const struct exporter *exporter, bool nothing, bool holder)
{
	int64_t ms = LOOK_MS, until = exporter->next_at - instant_mono_ms();

	if (exporter->end_by != 0)
		ms = SOON_MS;
	else if (!nothing && holder && !exporter->http.is_out && until < ms)
		ms = until;
	return ms < 0 ? 0 : (int)ms;
}

/* One round. Returns whether it is over. */
static bool step(struct exporter *exporter)
{
	struct curl_wait more[2];
	unsigned count = 0;
	bool holder, nothing = false;
	char changes[4096];

	look(exporter);
	holder = spool_lock(&exporter->spool);
	if (!holder)
		spool_read_state(&exporter->spool);
	else if (!exporter->http.is_out)
		nothing = begin(exporter);
	if (is_over(exporter))
		return true;
	if (exporter->changes >= 0 && !exporter->http.is_out)
		more[count++] = (struct curl_wait){exporter->changes, CURL_READABLE, 0};
	if (exporter->end_by == 0)
		more[count++] = (struct curl_wait){exporter->request->control, CURL_READABLE, 0};
	if (http_step(&exporter->http, more, count, idle_ms(exporter, nothing, holder)))
		take_answer(exporter);
	while (exporter->changes >= 0 && read(exporter->changes, changes, sizeof changes) > 0)
		;
	return is_over(exporter);
}

static void release(struct exporter *exporter)
{
	http_close(&exporter->http);
	gather_end(&exporter->gather);
	spool_close(&exporter->spool);
	free(exporter->protobuf.data);
	free(exporter->gzip);
	if (exporter->changes >= 0)
		close(exporter->changes);
}

/* Make EXPORTER ready, or hold nothing. */
static int prepare(struct exporter *exporter)
{
	const struct otlp_exporting *request = exporter->request;
	struct published *rest = &exporter->result->rest;
	char *memory;
	int error = otlp_target_open(request->target, &exporter->http, rest->why, sizeof rest->why);

	if (error < 0)
		return error;
	error = spool_open(&exporter->spool, request->directory, request->state_directory,
		request->hostname, request->target->url, request->source);
	if (error < 0) {
		http_close(&exporter->http);
		text_format(rest->why, sizeof rest->why, "%s", strerror(-error));
		return error;
	}
	memory = malloc(OTLP_TEXT_MOST);
	exporter->changes = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (memory == NULL || gather_begin(&exporter->gather) < 0) {
		free(memory);
		release(exporter);
		text_format(rest->why, sizeof rest->why, "no memory");
		return -ENOMEM;
	}
	text_init(&exporter->protobuf, memory, OTLP_TEXT_MOST);
	if (exporter->changes >= 0)
		inotify_add_watch(
			exporter->changes, request->directory, IN_MODIFY | IN_CREATE | IN_MOVED_TO);
	return 0;
}

int otlp_export(const struct otlp_exporting *exporting, struct otlp_exported *ret_exported)
{
	static struct exporter exporter;
	struct published *rest = &ret_exported->rest;
	int error;

	memset(&exporter, 0, sizeof exporter);
	*ret_exported = (struct otlp_exported){.sent = 0};
	exporter.request = exporting;
	exporter.result = ret_exported;
	exporter.backoff_ms = BACKOFF_MS;
	exporter.http.result.retry_after_ms = -1;
	error = prepare(&exporter);
	if (error < 0)
		return error;
	exporter.http.result.retry_after_ms = -1;
	while (!step(&exporter))
		;
	if (rest->left > 0 && rest->why[0] == '\0')
		text_format(rest->why, sizeof rest->why, "%s",
			spool_lock(&exporter.spool) ? "the receiver does not answer"
						    : "another vigil on this host has not sent it");
	ret_exported->files = exporter.spool.count;
	release(&exporter);
	return rest->left > 0 ? -EIO : 0;
}

int otlp_write(const char *directory, FILE *file, uint64_t *ret_events)
{
	struct spool spool;
	struct gather gather;
	int error = spool_open(&spool, directory, NULL, NULL, "", "");

	*ret_events = 0;
	if (error < 0)
		return error;
	error = gather_begin(&gather);
	if (error == 0)
		spool_scan(&spool, true);
	while (error == 0 && gather_take(&gather, &spool)) {
		const struct text *text = &gather.batch.text;

		*ret_events += gather.batch.records;
		if (gather.batch.records > 0 &&
			(fwrite(text->data, 1, text->length, file) != text->length ||
				putc('\n', file) == EOF))
			error = errno > 0 ? -errno : -EIO;
	}
	if (error == 0 && fflush(file) != 0)
		error = -errno;
	gather_end(&gather);
	spool_close(&spool);
	return error;
}
