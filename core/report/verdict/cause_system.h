/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cause_system.h - the causes of a termination that the system knows: the kernel's log, NVML,
 * Slurm.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/report/verdict/cause.h"

/* What the system said of a termination. */
struct system_cause {
	struct cause cause;		    /* CLASS_UNKNOWN: nothing */
	const struct event_record *message; /* NULL: nothing */
	bool of_host;			    /* it is about the host, not about the process alone */
};

/* The best that the system said of the termination of PROCESS, a process of JOB. */
struct system_cause system_cause_of(const struct job *job, const struct process *process);

/* Why the batch system ended ATTEMPT of JOB, in which nobody failed first. */
struct system_cause system_cause_of_attempt(const struct job *job, const struct attempt *attempt);

/* Adds that to the explanation of ATTEMPT, which is attributed, where nobody failed first. */
void system_explain(struct report *report, struct attempt *attempt);

/* Adds to FINDING what the system said of it. */
void evidence_of_system(struct report *report, struct finding *finding);
