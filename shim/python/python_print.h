/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_print.h - an exception as 3.13's traceback.py prints it on stderr, from C.
 *
 * Left out is what cannot be had without running Python code: the carets below a frame's line, the
 * suggestions ("Did you mean"), and the lines of source that only a loader can give (a zip file).
 * The interpreter's lock, errors, threads: as in python_text.h. Signal-safe: no.
 */
#pragma once

#include "core/base/head_tail.h"
#include "shim/python/python_api.h"

#include <stdbool.h>

/* Whether the interpreter has all that it takes. Needs no lock. */
bool python_print_is_possible(void);

/* Append VALUE, whose own frames are TRACEBACK, with its causes, contexts, members and notes. */
void python_print_exception(struct head_tail *cut, PyObject *value, PyObject *traceback);
