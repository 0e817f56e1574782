/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.h - the events of torch.distributed.elastic.events for C programs: Event and RdzvEvent,
 *with the same JSON byte for byte, recorded by the hierarchy of vigil/logging.h.
 *
 *	struct vigil_extra about[] = { VIGIL_INT("step", 12), VIGIL_END };
 *	struct vigil_event event = { "checkpoint", VIGIL_SOURCE_WORKER, now_ms, about };
 *
 *	vigil_record(&event, "console");
 *
 * Differences from torchelastic: members have the types that torchelastic documents, and JSON with
 *another type is refused; strings are UTF-8 without NUL, bytes that are not UTF-8 are written as
 *U+FFFD, and JSON with half of a surrogate pair is refused.
 *
 * Unless its comment says otherwise, a function returns 0, or -errno and the reason, in Python's
 *words, in vigil_error_text(). Strings of the caller are copied if they are kept. Threads: any.
 */
#ifndef VIGIL_EVENTS_H
#define VIGIL_EVENTS_H

#include "logging.h"

#ifdef __cplusplus
extern "C" {
#endif

enum vigil_event_source { VIGIL_SOURCE_AGENT, VIGIL_SOURCE_WORKER };

enum vigil_node_state {
	VIGIL_NODE_INIT,
	VIGIL_NODE_RUNNING,
	VIGIL_NODE_SUCCEEDED,
	VIGIL_NODE_FAILED,
};

/* A rank or local_id that is None. */
#define VIGIL_NONE INT64_MIN

/* Python's Event. All zero but for name is Event(name, EventSource.AGENT). */
struct vigil_event {
	const char *name;
	enum vigil_event_source source;
	int64_t timestamp; /* milliseconds since 1970 */
	/*
	 * The metadata in the order in which it is written, ending with VIGIL_END; NULL is {}.
	 * VIGIL_STR(key, NULL) is None. An int that `integer` cannot hold has its digits in
	 * `string`.
	 */
	const struct vigil_extra *metadata;
};

/* Python's RdzvEvent. NULL stands for "". */
struct vigil_rdzv_event {
	const char *name, *run_id, *message, *hostname;
	int64_t pid;
	enum vigil_node_state node_state;
	const char *master_endpoint;
	int64_t rank, local_id; /* VIGIL_NONE: None */
	const char *error_trace;
};

/* Set every string of EVENT to "", pid to 0, node_state to INIT, rank and local_id to VIGIL_NONE.
 */
VIGIL_API void vigil_rdzv_event_init(struct vigil_rdzv_event *event);

/*
 * serialize(): one line of JSON without its newline, cut to SIZE - 1 bytes and NUL-terminated
 * (nothing is written if SIZE is 0). Returns the whole line's length, as snprintf() does, or
 * -EINVAL for an unknown source, state or type. Signal-safe.
 */
VIGIL_API ssize_t vigil_event_serialize(const struct vigil_event *event, char *buffer, size_t size);
VIGIL_API ssize_t vigil_rdzv_event_serialize(
	const struct vigil_rdzv_event *event, char *buffer, size_t size);

/*
 * deserialize(): set *RET_EVENT to the event that JSON is, which the caller frees, with all that it
 * points to, in one call. -EINVAL: no JSON, an unknown key ("Event.__init__() got an unexpected
 * keyword argument 'x'"), a missing key, or a value of another type; -ENOENT: an unknown source or
 * state ("KeyError: 'agent'"), or none. Then *RET_EVENT is as it was.
 */
VIGIL_API int vigil_event_deserialize(const char *json, struct vigil_event **ret_event);
VIGIL_API int vigil_rdzv_event_deserialize(const char *json, struct vigil_rdzv_event **ret_event);

/* Free EVENT, which a deserialize function has made, or NULL. */
VIGIL_API void vigil_event_free(struct vigil_event *event);
VIGIL_API void vigil_rdzv_event_free(struct vigil_rdzv_event *event);

/* The names of a source or state, in static storage; NULL for other values. Signal-safe. */
VIGIL_API const char *vigil_event_source_name(enum vigil_event_source source);
VIGIL_API const char *vigil_node_state_name(enum vigil_node_state state);

/*
 * Destinations: "console" (stderr), "dynamic_rendezvous" and "null" (both discard events), and
 * those that are registered. Each has a logger "torchelastic-events-NAME", which is made for the
 * destination's first event: its level is that in the environment variable LOGLEVEL, INFO if that
 * is not set; it does not propagate, and has the destination's handler. A logger with that name
 * that has handlers already, by a configuration or by a call, is used unchanged.
 */

/* Make HANDLER the destination NAME from now on. -EBUSY: the destination's logger exists already.
 */
VIGIL_API int vigil_register_destination(const char *name, struct vigil_handler *handler);

/* record(): log the serialized event at INFO; DESTINATION NULL is "null". -ENOENT: "KeyError: 'x'"
 * for an unknown destination; -EINVAL: "Unknown level: 'x'" for an invalid LOGLEVEL. */
VIGIL_API int vigil_record(const struct vigil_event *event, const char *destination);

/* record_rdzv_event(): log the serialized event to "dynamic_rendezvous". */
VIGIL_API int vigil_record_rdzv_event(const struct vigil_rdzv_event *event);

/*
 * construct_and_record_rdzv_event(): complete a copy of EVENT, and record it. The name becomes
 * "<base name of the calling file>:<EVENT's name, else the calling function>"; a hostname of ""
 * becomes this host's fully qualified one, a pid of 0 the caller's; error_trace becomes the
 * caller's stack if node_state is FAILED, else "", whatever EVENT has. Does nothing while
 * "dynamic_rendezvous" discards events, as it does by default.
 */
#define vigil_construct_and_record_rdzv_event(event) \
	vigil_construct_and_record_rdzv_event_at(__FILE__, __func__, (event))

/* The same for a caller in FUNCTION in FILE; NULL: unknown ("no_file"). */
VIGIL_API int vigil_construct_and_record_rdzv_event_at(
	const char *file, const char *function, const struct vigil_rdzv_event *event);

#ifdef __cplusplus
}
#endif

#endif
