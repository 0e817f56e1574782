/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live_calls.h - how often a watched process that goes on has called functions so far.
 *
 * The counters are the preload's (core/base/call_table.h), and are read without stopping it.
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/base/call_counts.h"

#include <sys/types.h>

/* Read the counts of process PID into LIST, which has room for MOST entries, the function entered
 * last first. Returns how many; 0 also where the process is not watched or its memory cannot be
 * read. */
size_t live_calls_read(pid_t pid, struct call_count *list, size_t most);
