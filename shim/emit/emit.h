/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit.h - turns a fact about this process into an event and sends it to its logger.
 *
 * Each kind of moment has an event of its own in static memory, and each is entered by one thread
 * at a time: the start by the first thread, an end by whoever claimed it (process_state.h).
 * Signal-safe: all but emit_prepare(). Threads: one a moment.
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

/* Fill in who this process is, all of CONTEXT but the directory; strings live as long as the
 * program. */
void emit_run_context(struct run_context *context);

/*
 * An event of this process at MOMENT, all but what the caller knows better filled in: STATE, WHAT
 * (a static string) and, unless AT is NULL, the instant. It stays valid until the next call for the
 * same moment.
 */
struct event *emit_begin(
	enum emit_moment moment, enum node_state state, const char *what, const struct instant *at);

/* Send what emit_begin() gave for MOMENT; in a forked child that has not reported its INIT, that
 * first. The caller has blocked what could end the process between the event's number and its
 * writing; not faults: where they are blocked the kernel kills, and nothing is reported. */
void emit_send(enum emit_moment moment);

/*
 * Before the first emit_begin() for EMIT_SIGNAL: from now on emit_send() of it may be cut short in
 * one task and called in another one, with an event made anew. What the first has written is not
 * written twice. The usage of the process is measured here: called in the process, not in a tracer.
 */
void emit_anew(void);

/*
 * Make *EVENT an AGENT's word about the process PID, of whom nothing else is known than what the
 * caller fills in. emit_send_of_other() sends it. Threads: any.
 */
void emit_begin_of_other(
	struct event *event, pid_t pid, const char *what, const struct instant *at);
void emit_send_of_other(const struct event *event);

/* Say INIT, at the instant the constructor began. */
void emit_init(const struct instant *at);
