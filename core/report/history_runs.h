/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history_runs.h - the runs of a history: what is kept of each report.
 *
 * Signal-safe: no. Threads: a history belongs to one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One run; its strings are malloc'ed. */
struct past_run {
	char *id, *host; /* HOST: of the process that failed first; NULL: nothing failed, or that is
			    not known */
	char *program, *reason;
	char **hosts; /* of all processes */
	size_t host_count;
	dev_t device; /* of its directory, or file */
	ino_t inode;
	int64_t began_us;
	uint64_t fingerprint; /* 0: there is none */
	bool failed;
};

struct history {
	struct past_run *runs;
	size_t count, room;
	size_t failed;
};
