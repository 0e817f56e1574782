/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/format/torch_event.h"

static void write_string(struct json_out *json, const char *key, const char *string)
{
	json_string(json, key, string == NULL ? "" : string);
}

static void write_number(struct json_out *json, const char *key, int64_t number)
{
	if (number == TORCH_NONE)
		json_null(json, key);
	else
		json_int(json, key, number);
}

void torch_rdzv_event_write(struct json_out *json, const struct torch_rdzv_event *event)
{
	json->spaced = true;
	json_begin_object(json, NULL);
	write_string(json, "name", event->name);
	write_string(json, "run_id", event->run_id);
	write_string(json, "message", event->message);
	write_string(json, "hostname", event->hostname);
	json_int(json, "pid", event->pid);
	json_string(json, "node_state", event->node_state);
	write_string(json, "master_endpoint", event->master_endpoint);
	write_number(json, "rank", event->rank);
	write_number(json, "local_id", event->local_id);
	write_string(json, "error_trace", event->error_trace);
	json_end_object(json);
}

void torch_event_begin(
	struct json_out *json, const char *name, const char *source, int64_t timestamp)
{
	json->spaced = true;
	json_begin_object(json, NULL);
	write_string(json, "name", name);
	json_string(json, "source", source);
	json_int(json, "timestamp", timestamp);
	json_begin_object(json, "metadata");
}

void torch_event_end(struct json_out *json)
{
	json_end_object(json);
	json_end_object(json);
}
