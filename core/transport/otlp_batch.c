/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/otlp_batch.h"

#include "core/base/hash.h"
#include "core/events/event.h"
#include "core/eventfile/decode_value.h"
#include "core/transport/otlp_record.h"
#include "core/transport/otlp_resource.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What closes a request: kept free for it. */
#define CLOSING "]}]}]}"

int otlp_batch_begin(struct otlp_batch *batch)
{
	if (batch->text.data == NULL) {
		char *memory = malloc(OTLP_TEXT_MOST);

		if (memory == NULL)
			return -ENOMEM;
		text_init(&batch->text, memory, OTLP_TEXT_MOST - sizeof CLOSING);
	}
	text_reset(&batch->text, 0);
	batch->json = (struct json_out){.text = &batch->text};
	batch->records = 0;
	batch->line_bytes = 0;
	return 0;
}

static void open_resource(struct otlp_batch *batch, const char *hostname, const char *run_id)
{
	struct json_out *json = &batch->json;

	if (batch->records == 0) {
		json_begin_object(json, NULL);
		json_begin_array(json, "resourceLogs");
	} else {
		text_add(json->text, "]}]}");
		json->comma = true;
	}
	json_begin_object(json, NULL);
	json_begin_object(json, "resource");
	otlp_resource(json, hostname, run_id);
	json_end_object(json);
	json_begin_array(json, "scopeLogs");
	json_begin_object(json, NULL);
	json_begin_object(json, "scope");
	json_string(json, "name", "vigil");
	json_end_object(json);
	json_begin_array(json, "logRecords");
}

/* The event in LINE, until the next call; NULL: it is none, or there is no memory. */
static const struct json *event_of(struct otlp_batch *batch, const char *line, size_t count)
{
	size_t size = json_size(line, count);
	const struct json *event;
	const char *schema;

	if (size > batch->parsed_size) {
		void *memory = realloc(batch->parsed, size);

		if (memory == NULL)
			return NULL;
		batch->parsed = memory;
		batch->parsed_size = size;
	}
	event = json_parse(line, count, batch->parsed);
	schema = decoded_string(event, "schema");
	return schema != NULL && strcmp(schema, EVENT_SCHEMA) == 0 ? event : NULL;
}

static void add(struct otlp_batch *batch, const struct json *event, const char *uid)
{
	char hostname[HOSTNAME_SIZE], run_id[RUN_ID_SIZE];

	text_format(hostname, sizeof hostname, "%s", decoded_string(event, "hostname") ?: "");
	text_format(run_id, sizeof run_id, "%s", decoded_string(event, "run_id") ?: "");
	if (batch->records == 0 || strcmp(hostname, batch->hostname) != 0 ||
		strcmp(run_id, batch->run_id) != 0) {
		open_resource(batch, hostname, run_id);
		memcpy(batch->hostname, hostname, sizeof hostname);
		memcpy(batch->run_id, run_id, sizeof run_id);
	}
	otlp_record(event, uid, &batch->json);
}

enum otlp_added otlp_batch_add(struct otlp_batch *batch, const char *line, size_t count)
{
	const struct json *event = count > OTLP_LINES_MOST ? NULL : event_of(batch, line, count);
	struct otlp_batch before;
	char uid[2 * 16 + 1];

	if (event == NULL)
		return OTLP_NO_EVENT;
	if (batch->records == OTLP_RECORDS_MOST || batch->line_bytes + count > OTLP_LINES_MOST)
		return OTLP_NO_ROOM;
	before = *batch;
	text_format(uid, sizeof uid, "%016lx%08x%08x",
		(unsigned long)decoded_uint64(event, "time_us", 0),
		(unsigned)(hash_bytes(HASH_BEGIN, line, count) >> 32),
		(unsigned)hash_bytes(HASH_BEGIN, line, count));
	add(batch, event, uid);
	if (batch->text.truncated) {
		text_reset(&batch->text, before.text.length);
		batch->json = before.json;
		memcpy(batch->hostname, before.hostname, sizeof batch->hostname);
		memcpy(batch->run_id, before.run_id, sizeof batch->run_id);
		return OTLP_NO_ROOM;
	}
	batch->records++;
	batch->line_bytes += count;
	return OTLP_ADDED;
}

void otlp_batch_close(struct otlp_batch *batch)
{
	batch->text.size += sizeof CLOSING;
	if (batch->records > 0)
		text_add(&batch->text, CLOSING);
	batch->text.size -= sizeof CLOSING;
}

void otlp_batch_release(struct otlp_batch *batch)
{
	free(batch->text.data);
	free(batch->parsed);
	*batch = (struct otlp_batch){.records = 0};
}
