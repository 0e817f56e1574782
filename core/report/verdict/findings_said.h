/* SPDX-License-Identifier: Apache-2.0 */
/*
 * findings_said.h - finds what the processes of a report's findings said last (job/last_words.h),
 * and gives it as the reason of those that merely exited.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/* Set `words` of the processes of REPORT's findings, after which the findings are complete. What
 * cannot be found is left out. */
void last_words_set(struct report *report);
