/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roles.h - what every rank was in a failure, once it is known who failed first.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/attempt_context.h"

/* Sets role, and what there is to add to reason, of every member of the context's attempt, whose
 * candidates are set. */
void roles_set(const struct attempt_context *context);
