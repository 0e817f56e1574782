/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_traces.h - the traces of the page's data, each once: ten thousand ranks stand in few
 * locations.
 *
 * Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/base/json_out.h"
#include "core/eventfile/event_record.h"
#include "core/eventfile/intern.h"

#include <stdbool.h>

/* A list without repetition: equal content has one number, from 0 in the order in which it came.
 * All zero at the start. */
struct numbered {
	struct arena arena;
	struct intern intern;
	const void **items; /* malloc'ed; each followed by a NUL */
	size_t count, room;
	bool out_of_memory; /* something is not in it */
};

/* The number of SIZE bytes, of a string; 0 and out_of_memory when there is no memory. */
size_t numbered_add(struct numbered *list, const void *bytes, size_t size);
size_t numbered_string(struct numbered *list, const char *string);

/* All of it is gone; LIST is all zero again. */
void numbered_release(struct numbered *list);

/* All zero at the start. */
struct page_traces {
	struct numbered texts;	/* whatever the page shows */
	struct numbered frames; /* each as the JSON that is written, which names texts by number */
	struct numbered lists;	/* of numbers of texts or of frames: struct page_list */
	struct numbered traces; /* each as JSON, which names texts and lists */
	struct numbered locations; /* the addresses of what a trace is made of: those seen before */
	size_t *trace_of;	   /* malloc'ed; the number of the trace, for each of `locations` */
	size_t room;
	char *buffer; /* malloc'ed, of BUFFER_SIZE bytes; for the trace that is written */
	size_t buffer_size;
};

/* The number of the stacks that END has; -1 where it has none. */
int64_t page_trace_number(struct page_traces *traces, const struct termination *end);

/* Write members "traces", "lists", "frames" and "texts". */
void page_traces_write(const struct page_traces *traces, struct json_out *json);

/* Whether something was left out for lack of memory. */
bool page_traces_lost(const struct page_traces *traces);

/* Everything is gone; TRACES is all zero again. */
void page_traces_release(struct page_traces *traces);
