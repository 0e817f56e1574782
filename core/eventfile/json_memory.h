/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_memory.h - memory for cJSON, whose objects live as long as one line: taken from a block of
 * the thread's own, because a malloc for each of a million members is most of the reader's time.
 *
 * Signal-safe: no. Threads: each has its own block.
 */
#pragma once

/* Has cJSON ask here from now on. May be called again; not while another thread is using cJSON. */
void json_memory_use(void);

/* A line begins: what the last one took may be given out again, so its objects must be deleted. */
void json_memory_begin(void);

/* The calling thread needs its block no more. */
void json_memory_release(void);
