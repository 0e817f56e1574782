/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollover.h - what the handlers that rotate their file have in common: the lock that keeps
 * processes and threads from rotating at once.
 *
 * The lock is one on an open file description of the log file itself, so that it also holds between
 * threads, is gone when its holder dies, and leaves nothing behind that Python does not. Who
 * rotates renames the file that it has locked as its last step; whoever comes to a lock that way
 * late finds that the name has been given to another file, and locks that one. Whoever has got the
 * lock must look again at what PATH is: another one may have rotated meanwhile. Private to
 * core/logging/handlers. Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

/* How long a record may wait for another process that rotates, in milliseconds. */
#define ROLLOVER_WAIT_MS 200

/* A file that is rotated without a lock, as Python does: its file system has none. */
#define ROLLOVER_UNLOCKED (-1)

/*
 * Take the lock of the file that PATH names; with AT_ONCE, or not at all. Returns 0 and *RET_LOCK
 * for rollover_unlock(), a descriptor or ROLLOVER_UNLOCKED; or -errno (-EAGAIN: others held it all
 * the time; -ENOENT: PATH names no regular file).
 */
int rollover_lock(const char *path, bool at_once, int *ret_lock);

/* Let go of what rollover_lock() gave; also when the program has been forked meanwhile. */
void rollover_unlock(int lock);

/* What PATH is, in RET_STAT, when it is a regular file; false when it is not there, or another kind
 * of file, which is never rotated. */
bool rollover_is_file(const char *path, struct stat *ret_stat);

/* rename(2). Returns 0 or -errno. */
int rollover_rename(const char *from, const char *to);
