/* SPDX-License-Identifier: Apache-2.0 */
/*
 * family.h - who is whose parent, and which process of a rank is the rank.
 *
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/report/job/process.h"

/* Sets parent, child, sibling and leader of every process of JOB, whose processes are sorted. */
void family_set(struct job *job);
