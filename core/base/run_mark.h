/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_mark.h - marks that the processes of a run leave for each other in the run's directory.
 *
 * A mark is an empty file: its name says what it is about, its time of modification when that was
 * last so, by the clock of the process that made or renewed it. The file system decides who of many
 * processes makes a mark, and none has to clean up after itself. A name begins with
 * RUN_MARK_PREFIX, and so is hidden and no event file. Marks that depend on the host or on the user
 * have these in their names: other users' marks cannot be renewed, and clocks of hosts differ.
 *
 * DIRECTORY is an absolute path, NAME has letters, digits, '.', '_' and '-' alone, and at most
 * RUN_MARK_NAME_MOST bytes of them. Symbolic links are not followed. Where a mark cannot be made
 * (no such directory, not writable, a disk that is full) the answer is the error, and each process
 * is on its own. Signal-safe: yes; errno stays as it was. Threads: any.
 */
#pragma once

#include <stdint.h>

#define RUN_MARK_PREFIX ".vigil-"
#define RUN_MARK_NAME_MOST 120

/*
 * Make the mark NAME. Of all processes that try, one gets 1: it has made it. The others get 0: it
 * was there. -errno (-EINVAL: NAME is none; -EROFS, -EACCES, -ENOENT, -ENOSPC …): there may be
 * none.
 */
int run_mark_make(const char *directory, const char *name);

/*
 * Renew the mark NAME, if the time since the last renewal is as long as the time from its making to
 * that renewal, or MOST_MS, and at least LEAST_MS: for something that is tried at longer and longer
 * intervals. Of all processes that try, one gets 1: it has renewed it. 0: it is too young, or
 * another process renews it just now. -ENOENT: there is no such mark; else -errno (-EPERM: it is
 * another user's).
 */
int run_mark_renew(const char *directory, const char *name, int64_t least_ms, int64_t most_ms);

/* Remove the mark NAME. Returns 0 or -errno. */
int run_mark_remove(const char *directory, const char *name);
