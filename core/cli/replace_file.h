/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replace_file.h - writes a file anew: until the new one is whole, the old one stays.
 *
 * Between begin and end, SIGINT, SIGTERM and SIGHUP wait, so that nothing half-written is left.
 * Signal-safe: no. Threads: one, and no other in the process between begin and end.
 */
#pragma once

#include <limits.h>
#include <signal.h>
#include <stdio.h>

/* What stood at the path before. */
enum replaced_kind {
	REPLACED_FILE, /* or a directory, which is refused */
	REPLACED_NOTHING,
	REPLACED_STREAM, /* a device, a pipe: written itself */
};

struct replaced {
	enum replaced_kind kind; /* also after a failure */
	FILE *to;		 /* to be written */
	char path[PATH_MAX];	 /* what is replaced: where symbolic links lead */
	char beside[PATH_MAX];	 /* "" for a stream */
	sigset_t blocked;	 /* by the caller, unless it is a stream */
};

/* Begins FILE, which PATH will be. Returns 0, or -errno and FILE holds nothing. */
int replace_begin(struct replaced *file, const char *path);

/*
 * Puts FILE in its place where ERROR, that of its writing, is 0. Returns 0, or the first -errno:
 * then what was there before still is, and nothing is left beside it.
 */
int replace_end(struct replaced *file, int error);
