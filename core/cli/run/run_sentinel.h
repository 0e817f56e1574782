/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_sentinel.h - the sentinel: a child of `vigil run` in the same process group, which blocks
 * every signal and only notes who sent it. It shows whether a signal went to the whole group.
 *
 * `kill -TERM PID-of-vigil` must be forwarded to the command. `kill -TERM -GROUP`, a shell's
 * `kill %1` or timeout(1) reach the command without us, and forwarding would be one signal too
 * many: a second SIGINT makes mpirun and srun give up at once. The kernel does not show the
 * receiver the difference. But what goes to the group goes to the sentinel, too, and to it first:
 * the kernel walks a group from its youngest member.
 *
 * While the wrapper, `vigil run`, is stopped with the command, the sentinel also wakes it if
 * somebody continues the command alone. It holds no descriptor of the job, and dies with the
 * wrapper.
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

/*
 * Start it. Every signal must be blocked already. Where there is no memory or no process to be had,
 * there is no sentinel, and the job goes on.
 */
void sentinel_start(struct sentinel *ret_sentinel);

/* Whether SIGNAL from the process SENDER, which we have got, went to our whole process group. It is
 * true once for each signal. */
bool sentinel_saw(const struct sentinel *sentinel, int signal, pid_t sender);

/*
 * Before the wrapper stops: wake it with SIGCONT as soon as COMMAND is no longer stopped. After
 * that, with COMMAND 0: no more.
 */
void sentinel_watch(const struct sentinel *sentinel, pid_t command);

/* Kill it, and wait for it. */
void sentinel_end(struct sentinel *sentinel);
