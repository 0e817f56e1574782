/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollover.h - what the handlers that rotate their file have in common: the lock that keeps
 * processes and threads from rotating at once.
 *
 * The lock is one on an open file description of PATH.lock, so that it also holds between threads,
 * and is gone when its holder dies. The file stays: to remove it would be to lose the lock. Whoever
 * has got the lock must look again at what PATH is: another one may have rotated meanwhile.
 * Private to core/logging/handlers. Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

/* How long a record may wait for another process that rotates, in milliseconds. */
#define ROLLOVER_WAIT_MS 200

/*
 * Take the lock of PATH; with AT_ONCE, or not at all. Returns a descriptor, closed by
 * rollover_unlock(), or -errno (-EAGAIN: others held it all the time).
 */
int rollover_lock(const char *path, bool at_once);

/* Let go of what rollover_lock() gave. */
void rollover_unlock(int lock);

/* What PATH is, in RET_STAT, when it is a regular file; false when it is not there, or another kind
 * of file, which is never rotated. */
bool rollover_is_file(const char *path, struct stat *ret_stat);

/* rename(2). Returns 0 or -errno. */
int rollover_rename(const char *from, const char *to);
