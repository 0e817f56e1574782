/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks_json.h - the stacks of living processes as JSON, schema vigil.stacks/1: written, and read
 * from another host's monitor.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/stacks/stacks_set.h"

#include <stdio.h>

/* Write SET to TO, in one line. Returns 0 or -ENOMEM. */
int stacks_json_print(FILE *to, const struct stacks_set *set);

/* Add the processes of TEXT, COUNT bytes of that schema, to SET, as those of HOST. Returns 0;
 * -EBADMSG where it is none, and SET is as it was; or -ENOMEM. */
int stacks_json_read(struct stacks_set *set, const char *text, size_t count, const char *host);
