/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_text.h - Python objects as text: an exception as the interpreter itself shows it on
 * stderr.
 *
 * Up to 3.12 the interpreter has a C function that prints the whole (causes, groups, notes, the
 * line of a SyntaxError), and that is used. 3.13 does it in Python code, which must not run here:
 * importing it changes how a program ends. There the frames come from the interpreter and the rest
 * (causes, contexts, the last line) is put together here; groups' members and notes are left out.
 * Every call needs the interpreter's lock, leaves no error set, and changes nothing that the
 * program can see. Signal-safe: no. Threads: who holds the lock.
 */
#pragma once

#include "core/base/text.h"
#include "shim/python_api.h"

#include <stdbool.h>

/* Whether the interpreter has all that the others need. Needs no lock. */
bool python_text_begin(void);

/* Copy attribute NAME of OBJECT, a str, cut to SIZE - 1 bytes; "" when there is none. */
void python_text_attribute(PyObject *object, const char *name, char *to, size_t size);

/* Copy str(OBJECT), likewise; "" for None and NULL. */
void python_text_str(PyObject *object, char *to, size_t size);

/* Append the exception VALUE, of TYPE, as the interpreter prints it when nobody catches it, from
 * "Traceback" on. */
void python_text_exception(struct text *text, PyObject *type, PyObject *value, PyObject *traceback);
