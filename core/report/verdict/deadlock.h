/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deadlock.h - the processes of a job without ranks wait for each other, as `vigil run` saw while
 * the job went on.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/base/text.h"
#include "core/report/verdict/model.h"

/* Sets STALL, of a job without ranks; all zero but for an empty text where `vigil run` saw no such
 * thing. Returns 0 or -ENOMEM. */
int deadlock_set(struct report *report, struct stall *stall);

/* Appends how long US are: "90 s", "10 min". */
void stall_duration_add(struct text *text, int64_t us);
