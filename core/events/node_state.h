/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_state.h - the states that a process goes through, and who reports them, with their names on
 * the wire.
 *
 * The names are torch.distributed.elastic.events' own (NodeState, EventSource) and part of the
 * output: add, never rename. Signal-safe: yes. Threads: any.
 */
#pragma once

enum node_state { NODE_INIT, NODE_RUNNING, NODE_SUCCEEDED, NODE_FAILED, NODE_STATE_COUNT_ };

/* WORKER: reported by the process itself. AGENT: reported by another process, which waited for
 * it. */
enum event_source { SOURCE_AGENT, SOURCE_WORKER, EVENT_SOURCE_COUNT_ };

/* The wire name ("INIT", "WORKER"), in static storage; "UNKNOWN" outside the range. */
const char *node_state_name(enum node_state state);
const char *event_source_name(enum event_source source);

/* Return 0 and the value, or -EINVAL with the value as it was. */
int node_state_parse(const char *name, enum node_state *ret_state);
int event_source_parse(const char *name, enum event_source *ret_source);
