/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_print.h - an exception as the interpreter itself prints it on stderr.
 *
 * Up to 3.12 the interpreter has a C function that prints all of it (causes, groups, notes, the
 * line of a SyntaxError), which is called here. 3.13 prints in Python code, which must not run
 * here: importing it changes how a program terminates. There this module puts the text together as
 * traceback.py does. It leaves out what takes Python code: the carets below a frame's line, the
 * suggestions ("Did you mean"), and lines of source that only a loader can give (a zip file). For
 * the interpreter's lock, errors and threads see python_object_text.h. Signal-safe: no.
 */
#pragma once

#include "core/base/head_tail.h"
#include "shim/python/python_api.h"

/* Append the exception VALUE, of TYPE, as the interpreter prints it when nobody catches it, from
 * "Traceback" on: with its causes, contexts, members and notes. */
void python_print_exception(
	struct head_tail *cut, PyObject *type, PyObject *value, PyObject *traceback);
