/* SPDX-License-Identifier: Apache-2.0 */
/*
 * torch_event.h - the two JSON objects of torch.distributed.elastic.events, Event and RdzvEvent,
 * byte for byte as json.dumps() writes them, and the formatters that make one of each record.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/json_out.h"
#include "core/logging/format/formatter.h"

/* Stands for a number that is null. */
#define TORCH_NONE INT64_MIN

/* The members in their order; NULL strings stand for "". */
struct torch_rdzv_event {
	const char *name, *run_id, *message, *hostname;
	int64_t pid;
	const char *node_state, *master_endpoint;
	int64_t rank, local_id; /* TORCH_NONE */
	const char *error_trace;
};

/* Write EVENT as one object; sets JSON's `spaced`. */
void torch_rdzv_event_write(struct json_out *json, const struct torch_rdzv_event *event);

/* Begin an Event up to its metadata, whose members the caller then writes, and end it. The first
 * sets JSON's `spaced`. */
void torch_event_begin(
	struct json_out *json, const char *name, const char *source, int64_t timestamp);
void torch_event_end(struct json_out *json);

/*
 * vigil.RdzvEventFormatter and vigil.EventFormatter: the record of an event as one of these
 * objects, whose longest strings are cut until it fits. A record without the attribute node_state
 * is the program's own, not an event's: its name is "<base name of the file>:<function>"
 * ("no_file:" if the file is unknown; for an Event, the logger's name), its state RUNNING.
 */
extern const struct formatter formatter_rdzv_event, formatter_event;
