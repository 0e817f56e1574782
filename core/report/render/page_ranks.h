/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_ranks.h - the ranks in the page's data, a column of numbers for each fact; in a job without
 * ranks, its processes.
 *
 * Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/base/json_out.h"
#include "core/report/render/page_traces.h"
#include "core/report/verdict/model.h"

/* What writes the page's data. */
struct page_writer {
	const struct report *report;
	struct json_out json;
	struct page_traces traces;
};

/* The number of STRING among the page's texts; -1: it is NULL. */
int64_t page_text_number(struct page_writer *out, const char *string);

/* Writes the member "ranks" of ATTEMPT. */
void page_ranks_write(struct page_writer *out, const struct attempt *attempt);
