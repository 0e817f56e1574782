/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_pidfd.h - what the kernel knows about a process that is not our child: whether it exists, its
 * user, and how it terminated.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/proc.h"

#include <stdbool.h>

/* In place of a wait status that is unknown; no wait status is negative. */
#define STATUS_UNKNOWN (-1)

#define UID_UNKNOWN ((uid_t)-1)

/* Raise our limit of descriptors as far as possible: each process needs one. Returns the number
 * that pidfds must stay below, so that some descriptors are left for files of /proc and the
 * like. */
int pidfd_raise_limit(void);

/* A descriptor, closed by an exec, that is readable once the process PID that started at
 * START_TICKS has terminated. Returns the descriptor; -ESRCH when that process is gone, even if
 * another one has its pid by now; -EMFILE when only descriptors from BELOW on are left; -ENOSYS
 * before Linux 5.3. */
int pidfd_of(pid_t pid, uint64_t start_ticks, int below);

/* The wait status of the process behind PIDFD, which has been reaped, or STATUS_UNKNOWN: the kernel
 * keeps it for descriptors that were opened before, since Linux 6.15 (PIDFD_GET_INFO). */
int pidfd_status(int pidfd);

/* The wait status of PID, which started at START_TICKS, while it is a zombie; else STATUS_UNKNOWN
 * (proc(5), the last field of /proc/PID/stat). */
int zombie_status(pid_t pid, uint64_t start_ticks);

/* Whether the process PID that started at START_TICKS exists, if only as a zombie. */
bool process_is_there(pid_t pid, uint64_t start_ticks);

/* The user of the process PID, which may be a zombie; UID_UNKNOWN when it is gone. */
uid_t process_user(pid_t pid);
