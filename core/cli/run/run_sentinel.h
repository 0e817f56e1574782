/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_sentinel.h - a small process in our process group that answers one question: did the whole
 * group get this signal?
 *
 * `kill -TERM PID-of-vigil` must be handed on to the command; `kill -TERM -GROUP`, a shell's `kill
 * %1` or timeout(1) reach it by themselves, and handing it on would be one signal too many (a
 * second SIGINT makes mpirun and srun give up at once). The kernel reports the receiver no
 * difference. But what goes to the group goes to the sentinel too, and to it first: the kernel
 * walks a group from its youngest member.
 *
 * Its second duty: while the wrapper is stopped together with the command, it wakes the wrapper if
 * somebody continues the command alone.
 *
 * It blocks every signal, holds no descriptor of the job, and dies with the wrapper.
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct sentinel {
	pid_t pid; /* 0: there is none, and every answer is "no" */
	int socket;
};

/*
 * Start it. Every signal must be blocked already. Without memory or processes left there is none;
 * the job goes on.
 */
void sentinel_start(struct sentinel *ret_sentinel);

/*
 * Whether SIGNAL from the process SENDER, which we got, went to our whole group. True once for
 * each.
 */
bool sentinel_saw(const struct sentinel *sentinel, int signal, pid_t sender);

/*
 * Before the wrapper stops: wake it with SIGCONT as soon as COMMAND is no longer stopped. And
 * after: no more of that.
 */
void sentinel_watch(const struct sentinel *sentinel, pid_t command);
void sentinel_rest(const struct sentinel *sentinel);

/* End it, and wait for it. */
void sentinel_end(struct sentinel *sentinel);
