/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_mark.h - marks that the processes of a run leave for each other in the run's directory.
 *
 * A mark is an empty file. Its name states a fact; its modification time is the time at which a
 * process last made or renewed the mark, by that process's clock. The file system decides which of
 * many processes makes a mark, and no process has to clean up. File names begin with
 * RUN_MARK_PREFIX, so that they are hidden and are no event files. A mark that depends on the host
 * or the user has it in its name: other users' marks cannot be renewed, and clocks of hosts differ.
 *
 * DIRECTORY is an absolute path; NAME has only letters, digits, '.', '_' and '-', at most
 * RUN_MARK_NAME_MOST of them. Symbolic links are not followed. When a mark cannot be made (no such
 * directory, not writable, disk full), the error is returned, and the caller decides alone.
 * Signal-safe: yes; errno is preserved. Threads: any.
 */
#pragma once

#include <stdint.h>

#define RUN_MARK_PREFIX ".vigil-"
#define RUN_MARK_NAME_MOST 120

/*
 * Make the mark NAME. Of all processes that try, one gets 1: it has made the mark. The others get
 * 0: the mark exists. -errno (-EINVAL: NAME is not valid; -EROFS, -EACCES, -ENOENT, -ENOSPC …): the
 * mark may not exist.
 */
int run_mark_make(const char *directory, const char *name);

/*
 * Renew the mark NAME if enough time has passed since its last renewal: as much as from its making
 * to that renewal, within LEAST_MS and MOST_MS; so the intervals grow. Of all processes that try,
 * one gets 1: it has renewed the mark. 0: the mark is too young, or another process is renewing it.
 * -ENOENT: there is no such mark; else -errno (-EPERM: another user's mark).
 */
int run_mark_renew(const char *directory, const char *name, int64_t least_ms, int64_t most_ms);

/* Remove the mark NAME. Returns 0 or -errno. */
int run_mark_remove(const char *directory, const char *name);
