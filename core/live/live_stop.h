/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live_stop.h - stops a thread of another process that runs, copies its registers and its stack,
 * and lets it go on.
 *
 * A child of this process does it: when it ends, whatever happens, the kernel lets the thread go.
 * Signal-safe: no. Threads: the process has no other one.
 */
#pragma once

#include "core/live/live_memory.h"
#include "core/trace/registers.h"

#define LIVE_STOP_MS 20 /* for how long the thread is stopped at most */

/* As live_thread_take() of live_thread.h, for a thread that runs. */
const char *live_stop_take(
	pid_t tid, const char *maps, struct trace_registers *registers, struct live_copy *copy);
