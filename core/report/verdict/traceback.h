/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traceback.h - the frames that Python's traceback names, where an exception ended a process: they
 * say where it was raised, the stack only where that ended the process.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/* The frames of END's traceback in REPORT's memory, the innermost first, and in *RET_COUNT how many
 * there are; of an exception that another one led to, those of the last. None where no exception
 * ended the process, or its traceback names none, or there is no memory. */
const struct frame *traceback_frames(
	struct report *report, const struct termination *end, size_t *ret_count);
