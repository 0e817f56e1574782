/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_slurm.h - asks Slurm why it ends the job that we run in: its time limit, its memory,
 * preemption.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_agent.h"

/* The comm of the helper that asks. */
#define SLURM_HELPER "vigil-slurm"

/* The command has failed: where we are in a Slurm job, and the first of its tasks or none, ask
 * `scontrol show job` once, for some seconds at most, and emit with AGENT what it says if Slurm
 * ended the job for one of its limits. */
void slurm_ask(struct agent *agent);

/* Whether LINE, of `scontrol --oneliner show job`, says that; then ANSWER, of SIZE bytes, gets the
 * fields that do: "JobState=TIMEOUT Reason=TimeLimit". */
bool slurm_answer(const char *line, char *answer, size_t size);
