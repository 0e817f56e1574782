/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live_root.h - where the files of another process are found: it may be in another mount namespace,
 * as in a container, or have another root directory.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/trace/modules.h"

#include <limits.h>
#include <sys/types.h>

/* Room for the names. */
struct live_root {
	char path[32];	     /* "/proc/TID/root" */
	char seen[PATH_MAX]; /* what that leads to, as the kernel shows it to us */
};

/* Set `root` and `root_seen` of MODULES for the process of thread TID; both are NULL where its
 * files have the same names here. ROOT holds the names, as long as MODULES is used. */
void live_root_find(struct live_root *root, pid_t tid, struct modules *modules);
