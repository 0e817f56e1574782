/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live_stop.h - stops a thread of another process that runs, copies its registers and its stack,
 * and lets it go on.
 *
 * A child of this process does it: when it ends, whatever happens, the kernel lets the thread go.
 * Between a last look, which sees the thread run, and the interrupt are some microseconds. If the
 * thread enters a call meanwhile that a signal ends, the call begins anew (on x86-64).
 * Signal-safe: no. Threads: the process has no other one.
 */
#pragma once

#include "core/live/live_memory.h"
#include "core/live/live_task.h"
#include "core/trace/registers.h"

/* How long a thread that runs may take to stop: it goes on until it gets a processor. */
#define LIVE_AWAIT_MS 500

/* How long it stands still at most. */
#define LIVE_STOPPED_MS 20

/* The reason where the thread has begun to wait before anything was done to it. */
#define LIVE_STOP_WAITS "has begun to wait"

/* What is done while the thread stands still, in that child: what it finds out is in memory that
 * both processes share. It ends where LIVE_STOPPED_MS are over. */
struct live_meanwhile {
	void (*call)(void *context);
	void *context;
};

/* A thread that is being stopped; `child` 0: none is. */
struct live_stop {
	pid_t child;
	struct live_stopped *stopped; /* memory that both have */
};

/* Begin to stop the thread RUNNING. Several may be stopped at once: each needs a processor before
 * it stops. Returns NULL, and STOP is to be ended; or why not, in static storage. */
const char *live_stop_begin(struct live_stop *stop, const struct live_running *running,
	const struct live_meanwhile *meanwhile);

/* Wait until the thread of STOP, which has begun, was stopped and goes on: at most LIVE_AWAIT_MS
 * and LIVE_STOPPED_MS from its beginning. Returns as live_stop_take(); REGISTERS and COPY may be
 * NULL both. */
const char *live_stop_end(
	struct live_stop *stop, struct trace_registers *registers, struct live_copy *copy);

/* Both at once, as live_thread_take() of live_thread.h, for a thread that runs. */
const char *live_stop_take(const struct live_running *running, struct trace_registers *registers,
	struct live_copy *copy, const struct live_meanwhile *meanwhile);
