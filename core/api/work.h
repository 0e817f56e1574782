/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work.h - the memory that one log call works in: neither malloc's, which a signal handler must not
 * call, nor the stack's, which is short in some threads and on alternate signal stacks.
 *
 * A few pieces exist from the start; a call that finds none free (in a signal handler in the middle
 * of a log call, in the seventeenth thread) maps one. Signal-safe: yes. Threads: any; a piece
 * belongs to the call that took it.
 */
#pragma once

#include "core/base/text.h"
#include "core/logging/record.h"

#include <stdatomic.h>

#define WORK_MESSAGE_SIZE 4096
#define WORK_LINE_SIZE ((size_t)64 * 1024)

struct work {
	atomic_bool taken;
	bool mapped; /* by work_take() */
	struct record_notes notes;
	char noted[RECORD_NOTES_SIZE]; /* storage of the notes */
	char exc_text[1024];
	char message[WORK_MESSAGE_SIZE];
	char line[WORK_LINE_SIZE];
};

/* Take a piece; NULL when out of memory. */
struct work *work_take(void);

/* Give back a piece from work_take(). */
void work_give(struct work *work);

/* Map SIZE zeroed bytes, NULL when out of memory; and unmap them. */
void *work_map(size_t size);
void work_unmap(void *memory, size_t size);
