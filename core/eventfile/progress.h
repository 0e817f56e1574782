/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress.h - a line on a terminal that says how far the reading of events is, once it takes long.
 *
 * The line stands on stderr, is updated from time to time, and is removed at the end; where stderr
 * is no terminal, nothing is shown. Signal-safe: no. Threads: any number may add at once.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	_Atomic int64_t next_ms; /* when the line is shown, or shown again */
	_Atomic uint64_t bytes;
	atomic_size_t files, file_count; /* files begun, and files in all */
	atomic_bool shown;
};

/* Begin PROGRESS. Returns PROGRESS, or NULL where there is no terminal to show it on. */
struct progress *progress_begin(struct progress *progress);

/* Report COUNT more files to read, the beginning of one of them, and COUNT bytes read. PROGRESS may
 * be NULL. */
void progress_add_files(struct progress *progress, size_t count);
void progress_next_file(struct progress *progress);
void progress_add_bytes(struct progress *progress, size_t count);

/* Remove the line. PROGRESS may be NULL. */
void progress_end(struct progress *progress);
