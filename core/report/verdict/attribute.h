/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attribute.h - who failed first in an attempt, how sure that is, and what the others were.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/* Sets everything of ATTEMPT, one of REPORT's, that attempts_set() and the stacks do not. Returns 0
 * or -ENOMEM. */
int attribute(struct report *report, struct attempt *attempt);
