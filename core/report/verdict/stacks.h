/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks.h - the stacks of all ranks of an attempt in one tree: where they stood together, and who
 * stood elsewhere.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/* Sets the stacks of ATTEMPT, one of REPORT's; NULL when no rank has one. Returns 0 or -ENOMEM. */
int stacks_set(struct report *report, struct attempt *attempt);
