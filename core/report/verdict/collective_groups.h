/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collective_groups.h - how far the ranks of each process group got, by the dumps of PyTorch's
 * Flight Recorder.
 *
 * The ranks of a group call its collectives in one order, so that a collective is its number. The
 * one that ranks wait in is the first that some rank called and did not complete; who has not
 * called that one yet is behind. Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/dump_fit.h"

/* Adds to ATTEMPT's collectives those that not all ranks of a group came to, or not all called
 * alike, by the COUNT DUMPS, and makes room for those of the other files. Returns 0 or -ENOMEM. */
int collective_groups_add(struct report *report, struct attempt *attempt,
	const struct fitting_dump *dumps, size_t count);
