/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stall.h - the ranks of an attempt stood still, as `vigil run` saw while the job went on; and who
 * is to blame when somebody or a time limit ended that.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/attempt_context.h"

/* FIRST, a failure that needs no other to explain it, or NULL, follows from ranks that stood still
 * before, and did so to the end: whoever waited ran out of time, or was ended. */
bool stall_explains(const struct attempt_context *context, const struct rank_result *first);

/* The same, as far as is known: of some ranks, FIRST among them, it may be unknown whether they
 * stood still. */
bool stall_may_explain(const struct attempt_context *context, const struct rank_result *first);

/* Makes the ranks that the others waited for the candidates, where stall_explains(). Returns false
 * where all waited for each other: then nobody is to blame more than the others. */
bool blame_stall(struct attempt_context *context);
