/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_traces.h - the traces in the page's data, each once: ten thousand ranks have few different
 * ones.
 *
 * Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/base/json_out.h"
#include "core/eventfile/event_record.h"
#include "core/eventfile/intern.h"

#include <stdbool.h>

/* A list without repetition: equal items have one number, from 0 in the order in which they were
 * added. All zero at the start. */
struct numbered {
	struct arena arena;
	struct intern intern;
	const void **items; /* malloc'ed; each followed by a NUL */
	size_t count, room;
	bool out_of_memory; /* something could not be added */
};

/* The number of SIZE BYTES, or of STRING (-1: it is NULL), which is added if it is not there yet.
 * Returns 0 and sets out_of_memory when there is no memory. */
size_t numbered_add(struct numbered *list, const void *bytes, size_t size);
int64_t numbered_string(struct numbered *list, const char *string);

/* Releases the memory of LIST, which is all zero again. */
void numbered_release(struct numbered *list);

/* All zero at the start. */
struct page_traces {
	struct numbered texts;	   /* every string that the page shows */
	struct numbered frames;	   /* each as JSON, which names texts by number */
	struct numbered lists;	   /* of numbers of texts or of frames: struct page_list */
	struct numbered traces;	   /* each as JSON, which names texts and lists */
	struct numbered locations; /* the addresses of the parts of each trace that was added */
	size_t *trace_of;	   /* malloc'ed; for each of `locations` the number of its trace */
	size_t room;
	char *buffer; /* malloc'ed, of BUFFER_SIZE bytes; holds the trace that is being written */
	size_t buffer_size;
};

/* The number of END's trace, which is added if it is not there yet; -1 where END has none. */
int64_t page_trace_number(struct page_traces *traces, const struct termination *end);

/* The number of the list of CALLS, as texts ("MPI_Allreduce on MPI_COMM_WORLD: 4,320"), those that
 * were entered last first, which is added if it is not there yet. */
int64_t page_calls_number(struct page_traces *traces, const struct call_counts *calls);

/* Writes the members "traces", "lists", "frames" and "texts". */
void page_traces_write(const struct page_traces *traces, struct json_out *json);

/* Whether something was left out for lack of memory. */
bool page_traces_lost(const struct page_traces *traces);

/* Releases the memory of TRACES, which is all zero again. */
void page_traces_release(struct page_traces *traces);
