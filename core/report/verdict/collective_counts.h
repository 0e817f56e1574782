/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collective_counts.h - how far the ranks of each communicator got, by the counts of NCCL's RAS.
 *
 * All ranks of a communicator call its collectives in one order: who has called the fewest is
 * behind. Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/* Adds to ATTEMPT's collectives, which have room for one more a communicator, those communicators
 * whose ranks differ in how many collectives they called, or of some of whose ranks RAS had no
 * answer. Returns 0 or -ENOMEM. */
int collective_counts_add(struct report *report, struct attempt *attempt);
