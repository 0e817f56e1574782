/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_copy.h - what `vigil run` itself knows of the run, in memory: the events that it emits, and
 * those that it has read of others. The verdict rests on it where the run directory has lost them,
 * because a disk is full, or the directory is gone.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct run_copy {
	int fd; /* a file in memory, of lines; -1: there is none */
	size_t size;
	unsigned lost; /* events of ours that the run directory has not */
};

/* Begin an empty COPY; where the kernel refuses a file in memory, nothing will be kept. */
void run_copy_begin(struct run_copy *copy);

/* Keep the COUNT bytes of LINE, an event without its newline, while there is room. */
void run_copy_add(struct run_copy *copy, const char *line, size_t count);

/* Why DIRECTORY lost events: "No space left on device"; "" where that is not known. */
const char *run_copy_loss(const char *directory);
