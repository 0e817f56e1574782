/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks_json.h - the stacks of living processes as JSON: schema vigil.stacks/1.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/stacks/stacks_run.h"
#include "core/live/live_process.h"
#include "core/report/symbols/lines.h"

#include <stdio.h>

/* Write PROCESSES, one for each of TARGETS, to TO, in one line; STACKS are those of the threads of
 * all that are shown, in their order. Returns 0 or -ENOMEM. */
int stacks_json_print(FILE *to, const struct live_process *processes,
	const struct stacks_targets *targets, const struct lines_stack *stacks);
