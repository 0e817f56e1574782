/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replaced.h - writes a file that may be there already: to a new one beside it, which is then
 * renamed, so that no other program sees half of it.
 *
 * Meanwhile SIGINT, SIGTERM and SIGHUP are blocked, so that no unfinished file is left.
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include <limits.h>
#include <signal.h>
#include <stdio.h>

/* What the path names before the file is written. */
enum replaced_kind {
	REPLACED_FILE, /* or a directory, which is an error */
	REPLACED_NOTHING,
	REPLACED_STREAM, /* a device or a pipe, which is not replaced but written to */
};

struct replaced {
	enum replaced_kind kind; /* set after a failure, too */
	FILE *to;
	char path[PATH_MAX];   /* the path of the file that is replaced, without symbolic links */
	char beside[PATH_MAX]; /* the path of the new file */
	sigset_t mask;	       /* the signal mask to restore, unless KIND is REPLACED_STREAM */
};

/* Open the file that will be at PATH. Returns 0, or -errno, and FILE holds nothing. */
int replace_begin(struct replaced *file, const char *path);

/* Rename the new file to the path of FILE if ERROR, the result of writing it, is 0. Returns 0, or
 * the first -errno; then the path is as it was, and no new file is left. */
int replace_end(struct replaced *file, int error);
