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
	int fd;	     /* that is held open for it; -1: none is */
};

struct followed_files {
	struct followed_file *files; /* malloc'ed; by device and inode */
	size_t count, room;
};

/* The file NAME, which has STAT; where it was not known, it begins at its first byte. NULL: out of
 * memory. It stays where it is until the next call. */
struct followed_file *followed_file(
	struct followed_files *files, const char *name, const struct stat *stat);

/* Closes what is held open; FILES is all zero again. */
void followed_files_release(struct followed_files *files);

/* How many files of a directory that are not read are named. */
#define FOLLOW_REFUSED_MOST 32

struct following {
	const char *const *paths; /* the caller's */
	size_t path_count;
	struct reader reader;
	struct reading reading; /* the events so far; its warnings are none */
	struct followed_files files;
	char *refused[FOLLOW_REFUSED_MOST]; /* malloc'ed: warnings about files that are not read */
	size_t refused_count;
	const char *refused_path; /* why the last path is not read; static, or NULL */
};

/* Begins to follow PATHS, directories and files, of which nothing is read yet. FOLLOWING must stay
 * where it is until follow_end(). Returns 0 or -ENOMEM. */
int follow_begin(struct following *following, const char *const *paths, size_t count);

/* Reads what has come since. Returns how many events that were, -ENOMEM, or the -errno of a path
 * that cannot be opened or is not stored, and why in FOLLOWING->refused_path. */
ssize_t follow_more(struct following *following);

/* Adds the warnings about the files so far to INTO. Returns 0 or -ENOMEM. */
int follow_warn(const struct following *following, struct reading *into);

/* Everything that FOLLOWING holds is gone. */
void follow_end(struct following *following);
