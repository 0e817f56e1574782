/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outliers.h - the ranks of a job that hung which stood where most of them did not.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/*
 * Sets the outliers of ATTEMPT, one of REPORT's that is attributed: where nobody failed first, the
 * ranks whose program stood elsewhere than that of the larger half of those that reported their
 * stack. None where no such half is. Returns 0 or -ENOMEM.
 */
int outliers_set(struct report *report, struct attempt *attempt);
