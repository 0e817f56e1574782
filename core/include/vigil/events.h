/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.h - the events of torch.distributed.elastic.events for C programs: Event and RdzvEvent,
 * the same JSON byte for byte, and their way into the hierarchy of vigil/logging.h.
 *
 *	struct vigil_extra about[] = { VIGIL_INT("step", 12), VIGIL_END };
 *	struct vigil_event event = { "checkpoint", VIGIL_SOURCE_WORKER, now_ms, about };
 *
 *	vigil_record(&event, "console");
 *
 * Differences from torchelastic: a member has the type that torchelastic documents for it, and
 * JSON with another one is refused; strings are UTF-8 without NUL, what is no UTF-8 is written as
 * U+FFFD, and JSON with half of a surrogate pair is refused.
 *
 * Unless said otherwise a function returns 0 or -errno, and vigil_error_text() then has the reason
 * in Python's words. Strings that are given are copied where they are kept. Threads: any.
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
	 * In the order in which it is written; the last one is VIGIL_END, NULL is {}. None is
	 * VIGIL_STR(key, NULL). An int that `integer` cannot hold has its digits in `string`.
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

/* Every string "", pid 0, INIT, no rank and no local_id. */
VIGIL_API void vigil_rdzv_event_init(struct vigil_rdzv_event *event);

/*
 * serialize(): one line of JSON without its newline, cut to SIZE - 1 bytes and NUL-terminated
 * (nothing is written where SIZE is 0). Returns the whole line's length, as snprintf() does, or
 * -EINVAL: a source, state or type that there is not. Signal-safe.
 */
VIGIL_API ssize_t vigil_event_serialize(const struct vigil_event *event, char *buffer, size_t size);
VIGIL_API ssize_t vigil_rdzv_event_serialize(
	const struct vigil_rdzv_event *event, char *buffer, size_t size);

/*
 * deserialize(): the event that JSON is, with all that it points to, for the caller to free with
 * one call. -EINVAL: no JSON, a key that the event does not have ("Event.__init__() got an
 * unexpected keyword argument 'x'"), one that is missing, a value of another type; -ENOENT: no
 * such source or state ("KeyError: 'agent'"), or none given; and *RET_EVENT as it was.
 */
VIGIL_API int vigil_event_deserialize(const char *json, struct vigil_event **ret_event);
VIGIL_API int vigil_rdzv_event_deserialize(const char *json, struct vigil_rdzv_event **ret_event);

/* What deserialize gave, or NULL. */
VIGIL_API void vigil_event_free(struct vigil_event *event);
VIGIL_API void vigil_rdzv_event_free(struct vigil_rdzv_event *event);

/* Their names, in static storage; NULL for none of them. Signal-safe. */
VIGIL_API const char *vigil_event_source_name(enum vigil_event_source source);
VIGIL_API const char *vigil_node_state_name(enum vigil_node_state state);

/*
 * Destinations: "console" (stderr), "dynamic_rendezvous" and "null" (both nowhere), and what is
 * registered. Each has a logger "torchelastic-events-NAME", made when the first event goes there:
 * its level is LOGLEVEL's, a level's name, INFO where that is not set; it does not propagate, and
 * has the destination's handler. A logger of that name that has handlers already, by a
 * configuration or by a call, is a destination as it stands.
 */

/* HANDLER is the destination NAME from now on. -EBUSY: its logger has been made. */
VIGIL_API int vigil_register_destination(const char *name, struct vigil_handler *handler);

/* record(): the serialized event at INFO; DESTINATION NULL is "null". -ENOENT: "KeyError: 'x'" for
 * an unknown destination; -EINVAL: "Unknown level: 'x'" for a LOGLEVEL that is none. */
VIGIL_API int vigil_record(const struct vigil_event *event, const char *destination);

/* record_rdzv_event(): to "dynamic_rendezvous". */
VIGIL_API int vigil_record_rdzv_event(const struct vigil_rdzv_event *event);

/*
 * construct_and_record_rdzv_event(): EVENT completed, and recorded. Its name becomes
 * "<base name of the calling file>:<its name, else the calling function>"; a hostname of "" becomes
 * this host's fully qualified one, a pid of 0 the caller's; error_trace is the caller's stack where
 * node_state is FAILED, else "", whatever EVENT has. Nothing at all is done where
 * "dynamic_rendezvous" goes nowhere, as it does by itself.
 */
#define vigil_construct_and_record_rdzv_event(event) \
	vigil_construct_and_record_rdzv_event_at(__FILE__, __func__, (event))

/* The same for a caller in FILE, NULL being unknown ("no_file"), and FUNCTION. */
VIGIL_API int vigil_construct_and_record_rdzv_event_at(
	const char *file, const char *function, const struct vigil_rdzv_event *event);

#ifdef __cplusplus
}
#endif

#endif
