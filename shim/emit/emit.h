/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit.h - turns a fact about this process into an event and sends it to its logger.
 *
 * Each moment has an event of its own in static memory, which one thread at a time uses: the
 * start's the first thread, a termination's the thread that claimed it (process_state.h).
 * Signal-safe: all but emit_prepare(). Threads: one for each moment.
 */
#pragma once

#include "core/events/event.h"

#include <stdbool.h>

struct logger;
struct run_context;

enum emit_moment { EMIT_START, EMIT_EXIT, EMIT_SIGNAL, EMIT_MOMENT_COUNT_ };

/* Constructor only: read what does not change until the next exec. ARGV and ENVIRON stay the
 * program's. */
void emit_prepare(int argc, char **argv, char **environ);

struct configured;

/* Constructor only: where the events go. */
void emit_to(const struct configured *to);

/* Fill in all of CONTEXT but the directory: who this process is. Its strings live as long as the
 * program. */
void emit_run_context(struct run_context *context);

/*
 * An event of this process at MOMENT, with STATE, WHAT (a static string), the instant AT (NULL:
 * now), and who the process is. The caller adds what happened. Valid until the next call for the
 * same moment.
 */
struct event *emit_begin(
	enum emit_moment moment, enum node_state state, const char *what, const struct instant *at);

/* Send the event that emit_begin() returned for MOMENT; before it INIT, in a forked child that has
 * not sent it. The caller has blocked the signals that could kill the process between the event's
 * number and its writing; but those of faults: where they are blocked the kernel kills, and nothing
 * is reported. */
void emit_send(enum emit_moment moment);

/*
 * Before the first emit_begin() for EMIT_SIGNAL: from now on emit_send() for it may be killed in
 * one task and called in another one, with an event made anew. What the first has written is not
 * written twice. Not in a tracer: the usage of the process is measured here.
 */
void emit_anew(void);

/*
 * Make *EVENT an AGENT's event about the process PID, of which no more is known than the caller
 * fills in. emit_send_of_other() sends it. Threads: any.
 */
void emit_begin_of_other(
	struct event *event, pid_t pid, const char *what, const struct instant *at);
void emit_send_of_other(const struct event *event);

/* Send INIT, with the instant AT at which the constructor began. */
void emit_init(const struct instant *at);
