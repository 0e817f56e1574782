/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duration.h - lengths of time as people read them.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/text.h"

/* "120 ms", "3.0 s", "12 min 5 s", "3 h 20 min". */
void duration_add(struct text *line, int64_t us);

/* "+4 ms", "+0.4 ms", "-1.2 s". */
void duration_add_delta(struct text *line, int64_t us);
