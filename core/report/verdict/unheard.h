/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unheard.h - jobs whose launcher ran while no rank, or not every rank, reported an event: the
 * preload was not in their programs.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/attempt_context.h"

/* The first process below LAUNCHER that failed before BEFORE_US without an event of its own, as
 * only its waiter reports, and how many such processes there are; NULL: there is none. */
const struct process *unheard_failure(const struct report *report, const struct process *launcher,
	int64_t before_us, size_t *ret_count);

/* Where a launcher failed and no rank was heard of: sets the candidates of the attempt, or the
 * explanation why there are none. Returns false, and does nothing, for other attempts, and where a
 * process below the launcher, or a signal that killed the launcher, explains the failure. */
bool blame_unheard(struct attempt_context *context);

/* Names the ranks of the attempt, whose outcome is set, that were never heard of, where others were
 * and the launcher has ended or a rank has failed: in its explanation where it has none, else in a
 * warning. Returns 0 or -ENOMEM. */
int note_unheard(const struct attempt_context *context);
