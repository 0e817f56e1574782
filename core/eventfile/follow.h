/* SPDX-License-Identifier: Apache-2.0 */
/*
 * follow.h - event files that grow while they are read: every byte of them is read once.
 *
 * Signal-safe: no. Threads: one following at a time in a process.
 */
#pragma once

#include "core/eventfile/read_file.h"

#include <sys/stat.h>

struct followed_file {
	struct event_file file; /* its name is malloc'ed */
	dev_t device;
	ino_t inode; /* a file that is rotated away has another name, and is the same */
	int fd;	     /* a descriptor that is held open for the file; -1: none */
};

struct followed_files {
	struct followed_file *files; /* malloc'ed; by device and inode */
	size_t count, room;
};

/* The entry of the file NAME, which has STAT; a new entry begins at offset 0. NULL: out of memory.
 * The entry stays where it is until the next call. */
struct followed_file *followed_file(
	struct followed_files *files, const char *name, const struct stat *stat);

/* Release FILES, and close the descriptors in it; FILES is all zero again. */
void followed_files_release(struct followed_files *files);

/* The most files of a directory that are reported as not read. */
#define FOLLOW_REFUSED_MOST 32

struct following {
	const char *const *paths; /* the caller's */
	size_t path_count;
	struct reader reader;
	struct reading reading; /* the events so far, without warnings */
	struct followed_files files;
	char *refused[FOLLOW_REFUSED_MOST]; /* malloc'ed: warnings about files that are not read */
	size_t refused_count;
	const char *refused_path; /* why the last path is not read; static, or NULL */
};

/* Begin to follow PATHS, directories and files; nothing is read yet. FOLLOWING must stay where it
 * is until follow_end(). Returns 0 or -ENOMEM. */
int follow_begin(struct following *following, const char *const *paths, size_t count);

/* Read what was written since the last call. Returns how many events that were, -ENOMEM, or the
 * -errno of a path that cannot be opened or is not stored, and why in FOLLOWING->refused_path. */
ssize_t follow_more(struct following *following);

/* Add the warnings about the files so far to INTO. Returns 0 or -ENOMEM. */
int follow_warn(const struct following *following, struct reading *into);

/* Release everything that FOLLOWING holds. */
void follow_end(struct following *following);
