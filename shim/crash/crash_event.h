/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash_event.h - what is known of the crash, and how it becomes an event, part by part.
 *
 * Signal-safe: yes. Threads: the one that claimed the end, and its tracers, one at a time.
 */
#pragma once

#include "core/events/event.h"
#include "core/trace/trace.h"
#include "shim/crash/original_fault.h"

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
	bool is_own;	  /* doing: it sent the signal itself, called abort() or exits */
	bool asks_original_fault, asks_python, asks_other_threads;
	uint64_t blocked;		      /* signals, where context is NULL */
	struct original_fault original_fault; /* tid 0: it began where it ended */
	const void *stack; /* what the trace is of, as context; another thread's if it began in that
			    * one */
	pid_t ended;	   /* the thread that it ended in; tid is the one that is reported */
	enum trace_outcome outcome;
	atomic_bool emitted;
};

/* All zero until a crash begins. */
extern struct crash crash __attribute__((visibility("hidden")));

/* The parts that an event is made of, from 0. */
enum { CRASH_EVENT_STEPS = 12 };

/*
 * Find the names of TRACE's functions, for the death by signal NUMBER (0: an exit), as
 * `trace.names` wants: from files, only from memory, or none. An abort() that may be due to a C++
 * exception needs those in memory in any case: crash_drop_names() takes them away again where none
 * are wanted.
 */
void crash_find_names(struct trace *trace, int number);
void crash_drop_names(struct trace *trace);

/* Point EVENT's frames at those of TRACE from FIRST on, as many as the settings want. */
void crash_fill_frames(struct event *event, const struct trace *trace, unsigned first);

/* Fill in part I of EVENT; none depends on a later one. */
void crash_fill(unsigned i, struct event *event);

/* Whether the trace leads through the handler to where it began. */
bool crash_original_fault_is_in_trace(void);

/* Fill in what an exit in a fault's handler is emitted with besides. */
void crash_fill_exit(struct event *event);

/* Whether the end is the origin's doing: its own, and the same thread's, or the same signal. An
 * exit or an abort() of another thread may have reasons of its own, and so has who sends a
 * signal. */
bool crash_is_of_original_fault(void);
