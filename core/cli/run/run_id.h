/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_id.h - the name of a run that several `vigil run`s make together, one on each host.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/events/identity.h"

/* Whether this `vigil run` is in a container of Kubernetes and no process above it is a `vigil`:
 * then the manifest has set VIGIL_DIR and VIGIL_RUN_ID, and no `vigil run` that prints the verdict.
 */
bool run_is_first_of_pod(void);

/*
 * Find the name that all hosts of this job agree upon, without talking to each other:
 *
 *	1. GIVEN, the value of --run-id (NULL: not given)
 *	2. VIGIL_RUN_ID, unless VIGIL_DIR is set, too: a `vigil run` above us set both, but for
 *	   the first one of a pod
 *	3. of a batch job that has several tasks or hosts: SLURM_JOB_ID and SLURM_STEP_ID,
 *	   PBS_JOBID, LSB_JOBID, FLUX_JOB_ID, JOB_ID (of Grid Engine)
 *	4. of a torchrun on several hosts (COMMAND, or its variables PET_*): the id of its
 *	   rendezvous, unless that is the default "none"; else where its ranks meet, HOST-PORT
 *	5. in a pod of an indexed Job of Kubernetes, its hostname without the pod's index
 *
 * Returns 1 and the name; 0 if there is none, so that the run is this `vigil run`'s alone; -EINVAL
 * after one line on stderr if 1 or 2 is no name: it is empty, has more than RUN_ID_SIZE - 1 bytes,
 * or control characters.
 */
int run_id_find(const char *given, char *const *command, char ret_id[RUN_ID_SIZE]);
