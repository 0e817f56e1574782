/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempts.h - splits a job into its attempts, and each into its ranks.
 *
 * A launcher that restarts a job counts the attempts; a rank of an attempt is led by one process.
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/*
 * Sets launcher, world_size and attempts of REPORT: members with rank, leader, failed, at_us,
 * failure class and reason; the rest is attribution's. A job without ranks has one attempt without
 * members. Returns 0 or -ENOMEM.
 */
int attempts_set(struct report *report);
