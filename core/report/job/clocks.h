/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clocks.h - brings the times of all hosts of a job onto one clock.
 *
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/report/job/process.h"

/* Sets clock, began_us, last_us and end_us of every process of JOB, from its events. Returns 0 or
 * -ENOMEM. */
int clocks_set(struct job *job);
