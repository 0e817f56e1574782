/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mention.h - how the error of a process speaks of the end of another one: a parent often fails
 * with a message about its child.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/report/job/process.h"

/* By rising precision. */
enum mention {
	MENTION_NONE,
	MENTION_SOME,	/* of the end of some process: "a worker died" */
	MENTION_NAME,	/* its program */
	MENTION_STATUS, /* its signal or its exit status: "returned non-zero exit status 3" */
	MENTION_PID
};

/* How exactly the error that END reports, an exception or the message of an abort, speaks of the
 * end of CHILD, which has a termination. */
enum mention mention_of(const struct termination *end, const struct process *child);

/* The error that END reports speaks of the end of some process. */
bool mention_any(const struct termination *end);
