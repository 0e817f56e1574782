/* SPDX-License-Identifier: Apache-2.0 */
/* The events of torchelastic as JSON: one pass fills the caller's buffer and counts what does not
 * fit. */
#include "core/include/vigil/events.h"

#include "core/events/node_state.h"
#include "core/logging/format/torch_event.h"

#include <errno.h>

_Static_assert((int)VIGIL_SOURCE_WORKER == (int)SOURCE_WORKER &&
		       (int)VIGIL_NODE_RUNNING == (int)NODE_RUNNING &&
		       (int)VIGIL_NODE_FAILED == (int)NODE_FAILED && VIGIL_NONE == TORCH_NONE,
	"the public numbers are the private ones");

const char *vigil_event_source_name(enum vigil_event_source source)
{
	return (unsigned)source < EVENT_SOURCE_COUNT_ ? event_source_name((int)source) : NULL;
}

const char *vigil_node_state_name(enum vigil_node_state state)
{
	return (unsigned)state < NODE_STATE_COUNT_ ? node_state_name((int)state) : NULL;
}

void vigil_rdzv_event_init(struct vigil_rdzv_event *event)
{
	*event = (struct vigil_rdzv_event){
		.name = "",
		.run_id = "",
		.message = "",
		.hostname = "",
		.master_endpoint = "",
		.rank = VIGIL_NONE,
		.local_id = VIGIL_NONE,
		.error_trace = "",
	};
}

/* Begin TEXT in BUFFER, or in SPARE where SIZE is 0; it counts what does not fit. */
static void begin(struct text *text, char *buffer, size_t size, char spare[1])
{
	text_init(text, size == 0 ? spare : buffer, size == 0 ? 1 : size);
	text->counts = true;
}

static ssize_t whole_length(const struct text *text)
{
	return (ssize_t)(text->length + text->left_out);
}

/* False: EXTRA has an unknown type. */
static bool write_extra(struct json_out *json, const struct vigil_extra *extra)
{
	switch (extra->type) {
	case VIGIL_TYPE_STR: json_string(json, extra->key, extra->string); return true;
	case VIGIL_TYPE_INT:
		if (extra->string != NULL)
			json_raw(json, extra->key, extra->string);
		else
			json_int(json, extra->key, extra->integer);
		return true;
	case VIGIL_TYPE_FLOAT: json_float(json, extra->key, extra->number); return true;
	case VIGIL_TYPE_BOOL: json_bool(json, extra->key, extra->integer != 0); return true;
	default: return false;
	}
}

ssize_t vigil_event_serialize(const struct vigil_event *event, char *buffer, size_t size)
{
	const char *source = vigil_event_source_name(event->source);
	const struct vigil_extra *extra = event->metadata;
	struct text text;
	struct json_out json = {.text = &text};
	bool known = source != NULL;
	char spare[1];

	begin(&text, buffer, size, spare);
	torch_event_begin(&json, event->name, source, event->timestamp);
	for (; extra != NULL && extra->key != NULL; extra++)
		known &= write_extra(&json, extra);
	torch_event_end(&json);
	return known ? whole_length(&text) : -EINVAL;
}

ssize_t vigil_rdzv_event_serialize(const struct vigil_rdzv_event *event, char *buffer, size_t size)
{
	const struct torch_rdzv_event torch = {
		.name = event->name,
		.run_id = event->run_id,
		.message = event->message,
		.hostname = event->hostname,
		.pid = event->pid,
		.node_state = vigil_node_state_name(event->node_state),
		.master_endpoint = event->master_endpoint,
		.rank = event->rank,
		.local_id = event->local_id,
		.error_trace = event->error_trace,
	};
	struct text text;
	struct json_out json = {.text = &text};
	char spare[1];

	begin(&text, buffer, size, spare);
	torch_rdzv_event_write(&json, &torch);
	return torch.node_state == NULL ? -EINVAL : whole_length(&text);
}
