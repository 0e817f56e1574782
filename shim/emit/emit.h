/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit.h - turns a fact about this process into an event and sends it to its logger.
 *
 * Each moment has an event of its own in process_words. One thread uses it: the first thread those
 * of the start and of an exception, the thread that claimed the termination (process_state.h) that
 * of the exit or signal. Signal-safe: all but emit_prepare(). Threads: one for each moment.
 */
#pragma once

#include "core/events/event.h"

#include <stdbool.h>

struct logger;
struct run_context;

enum emit_moment { EMIT_START, EMIT_RAISED, EMIT_CALL, EMIT_EXIT, EMIT_SIGNAL, EMIT_MOMENT_COUNT_ };

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

/* Take the rank of EVENT, which emit_begin() returned, from ENVIRONMENT, if there is one. */
void emit_take_rank(struct event *event, char *const *environment);

/* Send the event that emit_begin() returned for MOMENT. A forked child that has not sent INIT sends
 * INIT first. The caller has blocked the signals that could kill the process after the event got
 * its number and before it is written; except those of faults, for which the kernel would kill
 * without a report. */
void emit_send(enum emit_moment moment);

/*
 * Called before the first emit_begin() for EMIT_SIGNAL. From now on a task in emit_send() may be
 * killed and another one may call it, with an event made anew: what the first task has written is
 * not written twice. Not for a tracer, because it measures the usage of the calling process.
 */
void emit_anew(void);

/*
 * Make *EVENT an event about process PID from the source AGENT, with the state RUNNING, to which
 * the caller adds what it knows of that process. emit_send_of_other() sends it. Threads: any.
 */
void emit_begin_of_other(
	struct event *event, pid_t pid, const char *what, const struct instant *at);
void emit_send_of_other(const struct event *event);

/* Send INIT, with the instant AT at which the constructor began. */
void emit_init(const struct instant *at);
