/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_hook.h - adds an audit hook to a Python that has not begun yet.
 *
 * CPython takes memory for it from its raw allocator, and gives it back at its end. In between a
 * program may have chosen another allocator (-X dev, PYTHONMALLOC=debug), which then finds memory
 * that is not its own, and aborts. So that one piece is ours, at both times. Signal-safe: no.
 * Threads: see below.
 */
#pragma once

#include "shim/python/python_api.h"

#include <stdbool.h>

/* Whether the interpreter has all that it takes. */
bool python_hook_is_possible(void);

/* Add HOOK. Constructor only. */
void python_hook_add(Py_AuditHookFunction hook);

/* For HOOK at the event `cpython._PySys_ClearAuditHooks`: its memory is given back next. Needs the
 * interpreter's lock. */
void python_hook_is_cleared(void);
