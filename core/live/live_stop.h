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

/* The reason where the thread has begun to wait before anything was done to it. */
#define LIVE_STOP_WAITS "has begun to wait"

/* What is done while the thread stands still, in that child: what it finds out is in memory that
 * both processes share. It takes some milliseconds at most. */
struct live_meanwhile {
	void (*call)(void *context);
	void *context;
};

/* As live_thread_take() of live_thread.h, for a thread that runs. */
const char *live_stop_take(const struct live_running *running, struct trace_registers *registers,
	struct live_copy *copy, const struct live_meanwhile *meanwhile);
