/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cause_class.h - what kind of cause a termination had, and what its user can do about it.
 *
 * A class is only given for evidence: an exception's type, the words of its message, a check of
 * libc's, a signal's code, a count of the kernel's, a module in the stack, or else what the program
 * said last. Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/report/verdict/cause.h"

/* The cause of the termination of PROCESS, a process of JOB; CLASS_UNKNOWN where PROCESS is NULL or
 * has no termination. */
struct cause cause_class_of(const struct job *job, const struct process *process);

/* The cause of the end of PROCESS, which another process ended: a limit of time, or nothing known.
 */
struct cause cause_class_of_ended(const struct process *process);
/* The same without regard to what the process said last. */
struct cause cause_class_by_end(const struct job *job, const struct process *process);

/* "cuda_oom" */
const char *cause_class_name(enum cause_class class);

/* What the class is, in a few words, and what a user can do: "no memory left on the GPU: …". NULL:
 * the reason of the termination says as much. */
const char *cause_class_advice(enum cause_class class);
