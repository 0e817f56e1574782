/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome.h - how the whole job ended, and what it consisted of.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/* Sets outcome, root, began_us, ended_us, hosts and the counts of REPORT, from its job. Returns 0
 * or -ENOMEM. */
int outcome_set(struct report *report);
