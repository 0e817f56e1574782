/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_spare.h - the directory that takes the events of a run on a host where the run's directory
 * cannot be used: ${TMPDIR:-/tmp}/vigil-UID/RUN-ID.
 *
 * Signal-safe: yes; errno is preserved. Threads: any, while nobody changes the environment.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct run_spare {
	char *const *environment; /* for TMPDIR */
	const char *run_id;	  /* NULL or "": unknown */
};

/* Whether ERROR, -errno of a file in the run's directory, means that this host does not have the
 * directory; a disk that is full and a directory that is another user's are there. */
bool run_spare_is_for(int error);

/* Make the directory, and write its path to PATH of SIZE bytes. It is for its user alone: what is
 * there already is taken if it is a directory of the user's that nobody else may write to. Returns
 * 0 or -errno (-EPERM: it is another one's). */
int run_spare_make(const struct run_spare *spare, char *path, size_t size);
