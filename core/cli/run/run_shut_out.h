/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_shut_out.h - processes of a run that may not write to its directory, because they run as
 * another user: what they cannot say themselves, `vigil run` says once.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include <sys/types.h>

#define UID_UNKNOWN ((uid_t)-1)

struct shut_out {
	const char *directory;
	uid_t user; /* as whom such a process ran, the last one; UID_UNKNOWN: there was none */
};

/* As whom the process PID runs, or ran if nobody has waited for it yet; else UID_UNKNOWN. */
uid_t user_of_process(pid_t pid);

/* A process that ran as USER (or UID_UNKNOWN) ended and did not record its end itself. */
void shut_out_note(struct shut_out *shut_out, uid_t user);

/* One line on stderr, if there was such a process. */
void shut_out_complain(const struct shut_out *shut_out);
