/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock_offsets.h - how far the wall clocks of a job's hosts are apart, where the events themselves
 * show it.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/*
 * Finds the hosts whose clock contradicts what must have come before what, moves their times onto
 * the clock of the job's first host, and says so: in `clocks` of REPORT and as a warning. Comes
 * after attempts_set(). Returns 0 or -ENOMEM.
 */
int clock_offsets_set(struct report *report);
