/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secondary_failures.h - who is to blame where every failure that was reported only follows from
 * another: lost peers, ended ranks, and what left no word.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/attempt_context.h"

/* Sets the candidates of the context's attempt with their confidence, or its explanation why there
 * are none, or neither. */
void blame_secondary(struct attempt_context *context);

/* The job ended well, and yet its launcher killed ranks because one had left before MPI_Finalize:
 * that one. */
void blame_early_leaver(struct attempt_context *context);

/* "nobody failed first: it was ended from outside (REASON)", in the report's memory. */
const char *attempt_say_ended(struct report *report, const char *reason);
