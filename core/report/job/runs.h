/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runs.h - which events of a directory are of the run that is asked for.
 *
 * Signal-safe: no. Threads: a reading belongs to one.
 */
#pragma once

#include "core/eventfile/read.h"

/*
 * Picks the events of run RUN_ID, or of the newest where it is NULL; an event without a run belongs
 * to any. The other runs are named in a warning. Returns 0, the run's id (the reading's) and a
 * malloc'ed array that the CALLER OWNS; -ENODATA when there is no event of it; -ENOMEM.
 */
int run_select(struct reading *reading, const char *run_id, const char **ret_run_id,
	const struct event_record ***ret_order, size_t *ret_count);
