/* SPDX-License-Identifier: Apache-2.0 */
/*
 * named.h - the names in the trace of a crash, as the settings want them.
 *
 * Signal-safe: yes. Threads: one at a time per trace.
 */
#pragma once

#include "core/trace/trace.h"

/*
 * Find the names of TRACE's functions, of a death by signal NUMBER: from files, or only from
 * memory, or none. An abort() that may be due to a C++ exception needs those in memory in any case.
 */
void named_find(struct trace *trace, int number);

/* Take those away that the event shall not have. */
void named_settle(struct trace *trace);
