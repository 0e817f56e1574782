/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_sentinel.h - the sentinel: a child of `vigil run` in the same process group, which blocks
 * every signal and notes its sender. So it shows whether a signal went to the whole group.
 *
 * `kill -TERM PID-of-vigil` must be forwarded to the command. The signals of `kill -TERM -GROUP`, a
 * shell's `kill %1` or timeout(1) reach the command without us; forwarded, the command would get
 * them twice, and a second SIGINT makes mpirun and srun give up at once. The kernel does not show
 * the receiver the difference. But a signal to the group reaches the sentinel, too, and first: the
 * kernel walks a group from its youngest member.
 *
 * While the wrapper, `vigil run`, is stopped with the command, the sentinel also continues the
 * wrapper if somebody continues the command alone. The sentinel holds no descriptor of the job, and
 * dies with the wrapper.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct sentinel {
	pid_t pid; /* 0: there is none, and every answer is "no" */
	int socket;
};

/* Start the sentinel. Every signal must be blocked already. Where memory or processes are short,
 * the job goes on without a sentinel. */
void sentinel_start(struct sentinel *ret_sentinel);

/* Whether SIGNAL from the process SENDER, which we have got, went to our whole process group.
 * Returns true at most once for each signal. */
bool sentinel_saw(const struct sentinel *sentinel, int signal, pid_t sender);

/* Before the wrapper stops: have the sentinel send it SIGCONT as soon as COMMAND is no longer
 * stopped. Afterwards, with COMMAND 0: end that. */
void sentinel_watch(const struct sentinel *sentinel, pid_t command);

/* Kill the sentinel, and wait for it. */
void sentinel_end(struct sentinel *sentinel);
