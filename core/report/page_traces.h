/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_traces.h - the traces of the page's data, each once: ten thousand ranks stand in few places.
 *
 * Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/base/json_out.h"
#include "core/report/numbered.h"
#include "core/report/told.h"

/* All zero at the start. */
struct page_traces {
	struct numbered texts;		/* whatever the page shows */
	struct numbered frames;		/* each as the JSON that is written */
	struct numbered keys;		/* of traces: what makes them equal */
	const struct told_end **traces; /* malloc'ed; one a key */
	size_t room;
};

/* The number of what END tells of its stacks; -1 where it tells nothing. */
int64_t page_trace_number(struct page_traces *traces, const struct told_end *end);

/* Write members "traces", "frames" and "texts": in this order, as each needs the next one. */
void page_traces_write(struct page_traces *traces, struct json_out *json);

/* There was no memory for some of it. */
bool page_traces_lost(const struct page_traces *traces);

/* Everything is gone; TRACES is all zero again. */
void page_traces_release(struct page_traces *traces);
