/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_walk.h - the stacks of Python threads read from the interpreter's memory, where CPython
 * does not export what writes them: 3.9, 3.10, 3.13.
 *
 * 3.13 says itself where its fields lie (_Py_DebugOffsets at the beginning of _PyRuntime); in 3.9
 * and 3.10 the structures are public, and the same in every release. Line numbers and characters
 * are the interpreter's own functions' work. Nothing is called or changed before a crash. A build
 * without the interpreter's lock (3.13t), one that traces references and versions that are not
 * named here show nothing. Only in a tracer: pointers are probed, but the program's other threads
 * run on. Signal-safe: yes. Threads: the tracer.
 */
#pragma once

#include "shim/python/python_api.h"

#include <stdbool.h>

/* Whether the interpreter has all that the walk needs to find out whether it can. */
bool python_walk_is_possible(void);

/*
 * Write the stack of OWN (NULL: there is none), and those of all other threads of its interpreter
 * (NULL: of the main one), to FD, as _Py_DumpTraceback() and _Py_DumpTracebackThreads() do.
 */
void python_walk_dump(int fd, PyThreadState *own);
