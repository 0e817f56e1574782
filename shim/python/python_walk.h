/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_walk.h - the stacks of Python threads read from the interpreter's memory, where CPython
 * does not export what writes them: 3.9, 3.10, 3.13.
 *
 * 3.13 exports the offsets of its fields (_Py_DebugOffsets at the beginning of _PyRuntime); in 3.9
 * and 3.10 the structures are public, and the same in every release. The interpreter's own
 * functions give line numbers and characters. A build without the interpreter's lock (3.13t), one
 * that traces references, and other versions give nothing. Only a tracer may call this: pointers
 * are probed, but the program's other threads change the memory meanwhile. Signal-safe: yes.
 * Threads: the tracer.
 */
#pragma once

#include "shim/python/python_api.h"

#include <stdbool.h>

/* Whether the interpreter exports all functions that the walk calls. The walk itself checks the
 * version. */
bool python_walk_is_possible(void);

/*
 * Write the stack of OWN (NULL: there is none), and those of all other threads of its interpreter
 * (NULL: of the main one), to FD, as _Py_DumpTraceback() and _Py_DumpTracebackThreads() do.
 */
void python_walk_dump(int fd, PyThreadState *own);
