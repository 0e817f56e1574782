/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_object_text.h - Python objects as text: an exception as the interpreter itself shows it on
 * stderr.
 *
 * Up to 3.12 the interpreter has a C function that prints the whole (causes, groups, notes, the
 * line of a SyntaxError), and that is used. 3.13 does it in Python code, which must not run here:
 * importing it changes how a program ends. There python_print.h puts it together. Every call needs
 * the interpreter's lock, leaves no error set, and changes nothing that the program can see.
 * Signal-safe: no. Threads: who holds the lock.
 */
#pragma once

#include "core/base/head_tail.h"
#include "shim/python/python_api.h"

#include <stdbool.h>

/* Whether the interpreter has all that the others need. Needs no lock. */
bool python_text_begin(void);

/* Whether OBJECT is NULL or Python's None. */
bool python_is_none(PyObject *object);

/* A new reference to attribute NAME of OBJECT; NULL: it has none. */
PyObject *python_attribute(PyObject *object, const char *name);

/*
 * STRING, a str that may hold lone surrogates, as UTF-8: returns a new reference to the bytes, and
 * *RET_DATA and *RET_SIZE inside them; NULL: it is none. Gives up STRING, which may be NULL.
 */
PyObject *python_utf8(PyObject *string, char **ret_data, ssize_t *ret_size);

/* Append STRING, a str or NULL, which is given up. */
void python_text_add(struct head_tail *cut, PyObject *string);

/* Copy attribute NAME of OBJECT, a str, cut to SIZE (at least 32) bytes; "" when there is none. */
void python_text_attribute(PyObject *object, const char *name, char *to, size_t size);

/* Copy str(OBJECT), likewise; "" for None and NULL. */
void python_text_str(PyObject *object, char *to, size_t size);
