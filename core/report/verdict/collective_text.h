/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collective_text.h - sentences about collectives that not all ranks came to.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/collective_group.h"

/* What the group of CALL is called: "default_pg", "mesh_tp (group 3)", "group 3". */
const char *collective_group_words(struct report *report, const struct dump_call *call);

/* Appends ", called by step (train.py:41)"; nothing where the caller of CALL is not known. */
void collective_caller_add(struct text *text, const struct dump_call *call);

/* Appends "rank 3", "ranks 0-2,7". */
void collective_ranks_add(struct text *text, const int64_t *ranks, size_t count);

/* STATE's sentence: who waits in it and who has not come, or in what the calls of GROUP's members
 * differ. */
const char *collective_sentence(struct report *report, const struct collective_group *group,
	const struct collective_state *state);
