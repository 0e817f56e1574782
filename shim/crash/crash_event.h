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
	int trace_ms;	  /* the time limit of the traces; 0: none is taken */
	int outermost_ms; /* of that, for the outermost frames of a deep stack */
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
enum { CRASH_EVENT_STEPS = 16 };

/*
 * Copy what glibc printed before it aborted (a failed assertion, a corrupted heap, an overflow it
 * caught) and keeps for debuggers, truncated to SIZE - 1 bytes and without its last newline; also
 * if the settings want no trace. Returns false when there is none. Threads: any.
 */
bool abort_message_read(char *message, size_t size);

/*
 * Find the names of TRACE's functions, for the death by signal NUMBER (0: an exit), as
 * `trace.names` says: in files, only in memory, or none. For an abort(), the names in memory are
 * found in any case, unless the setting `cxx` is false, because the search for a C++ exception
 * needs them; crash_drop_names() removes them again if `trace.names` wants none.
 */
void crash_find_names(struct trace *trace, int number);
void crash_drop_names(struct trace *trace);

/* Point EVENT's frames at those of TRACE from FIRST on. Where there are more than the settings
 * want, TRACE loses those of the middle, or the outermost ones if it does not reach the end of the
 * stack.
 */
void crash_fill_frames(struct event *event, struct trace *trace, unsigned first);

/* Fill in part I of EVENT; none depends on a later one. */
void crash_fill(unsigned i, struct event *event);

/* Whether the trace leads through the host's handler to the original fault. */
bool crash_original_fault_is_in_trace(void);

/* Fill in EVENT, an exit in the handler of a fault, what is known of that fault. */
void crash_fill_exit(struct event *event);

/* Whether the original fault is why the process dies: the process kills itself in the thread that
 * faulted, or by the fault's signal. If instead another thread aborts or exits, or another process
 * sends a signal, while a thread is in the handler of a fault, the event mentions the fault but not
 * as the cause: the handler may merely wait, for example for a page that it fetches from another
 * machine. */
bool crash_is_of_original_fault(void);
