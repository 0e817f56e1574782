/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash_event.h - what is known of the crash, and how it becomes an event, part by part.
 *
 * Signal-safe: yes. Threads: the one that claimed the end, and its tracers, one at a time.
 */
#pragma once

#include "core/events/event.h"
#include "core/trace/trace.h"

#include <signal.h>
#include <stdatomic.h>

/* The one crash of this process; written by the thread that claimed the end. */
struct crash {
	int number;
	siginfo_t info;
	const void *context; /* NULL: abort() */
	struct trace_registers registers;
	struct frame_register named[REGISTER_COUNT];
	struct instant at;
	pid_t tid;
	char thread[16];
	char sender[64];
	char abort_message[1024];
	struct trace trace;
	int trace_ms; /* what the traces may take; 0: there are none */
	int64_t trace_us;
	bool sent;	  /* by somebody: the signal */
	bool terminating; /* by std::terminate(): there may be an exception */
	bool asks_python, asks_others;
	enum trace_outcome outcome;
	atomic_bool told;
};

/* All zero until a crash begins. */
extern struct crash crash __attribute__((visibility("hidden")));

/* The parts that an event is made of, from 0. */
enum { CRASH_FILLS = 11 };

/* Point EVENT's frames at those of TRACE, as many as the settings want. */
void crash_fill_frames(struct event *event, const struct trace *trace);

/* Fill in part I of EVENT; none depends on a later one. */
void crash_fill(unsigned i, struct event *event);
