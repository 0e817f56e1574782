/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash_event.h - what is known of a crash, and how it becomes an event, part by part.
 *
 * Signal-safe: yes. Threads: the one that claimed the termination, and its tracers, one at a time.
 */
#pragma once

#include "core/events/event.h"
#include "core/trace/trace.h"
#include "shim/crash/original_fault.h"
#include "shim/crash/tasks.h"

#include <signal.h>
#include <stdatomic.h>

/* The crash of this process, written by the thread that claimed the termination. */
struct crash {
	int number;
	siginfo_t info;
	const void *context; /* NULL: abort() */
	struct trace_registers registers;
	struct frame_register named[REGISTER_COUNT];
	struct instant at;
	pid_t tid;
	char thread[TASK_NAME_SIZE];
	char sender[64];
	char abort_message[1024];
	struct trace trace;
	int trace_ms; /* what the traces may take; 0: there is none */
	int64_t trace_us;
	bool sent;	  /* the signal was sent by a process */
	bool terminating; /* std::terminate() is in the trace: there may be an exception */
	bool is_own;	  /* the process sent the signal itself, called abort() or exits */
	bool wants_original_fault, wants_python, wants_other_threads;
	uint64_t blocked;		      /* signals, where context is NULL */
	struct original_fault original_fault; /* tid 0: there is none */
	const void *stack; /* the context that the trace is of; NULL: REGISTERS */
	pid_t dying;	   /* the thread that dies; TID is the one that is reported */
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
 * are wanted. The setting `cxx: false` spares that.
 */
void crash_find_names(struct trace *trace, int number);
void crash_drop_names(struct trace *trace);

/* Point EVENT's frames at those of TRACE from FIRST on, as many as the settings want. */
void crash_fill_frames(struct event *event, const struct trace *trace, unsigned first);

/* Fill in part I of EVENT; none depends on a later one. */
void crash_fill(unsigned i, struct event *event);

/* Whether the trace leads through the host's handler to the original fault. */
bool crash_original_fault_is_in_trace(void);

/* Fill in EVENT, an exit in the handler of a fault, what is known of the fault. */
void crash_fill_exit(struct event *event);

/* Whether the original fault is why the process dies: the process kills itself, in the same thread
 * or by the same signal. Where another thread aborts or exits, or another process sends a signal,
 * while one is in the handler of a fault, the fault is reported beside the termination as no reason
 * of it: handlers that fetch a page from afar wait, too. */
bool crash_is_of_original_fault(void);
