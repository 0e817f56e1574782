/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_object_text.h - attributes and strings of Python objects as text.
 *
 * Every call needs the interpreter's lock, leaves no error set, and changes nothing that the
 * program can see. Signal-safe: no. Threads: the one that holds the lock.
 */
#pragma once

#include "core/base/head_tail.h"
#include "shim/python/python_api.h"

#include <stdbool.h>

/* Whether the interpreter has all functions that this module calls. Needs no lock. */
bool python_text_begin(void);

/* Whether OBJECT is NULL or Python's None. */
bool python_is_none(PyObject *object);

/* A new reference to attribute NAME of OBJECT; NULL: it has none. */
PyObject *python_attribute(PyObject *object, const char *name);

/*
 * STRING, a str that may hold lone surrogates, as UTF-8. Returns a new reference to the bytes, in
 * which *RET_DATA and *RET_SIZE lie; NULL where STRING is NULL or no str. Takes over the reference
 * to STRING.
 */
PyObject *python_utf8(PyObject *string, char **ret_data, ssize_t *ret_size);

/* Append STRING, a str or NULL. Takes over the reference. */
void python_text_add(struct head_tail *cut, PyObject *string);

/* Copy attribute NAME of OBJECT, a str, cut to SIZE (at least 32) bytes; "" when there is none. */
void python_text_attribute(PyObject *object, const char *name, char *to, size_t size);

/* Copy str(OBJECT), likewise; "" for None and NULL. */
void python_text_str(PyObject *object, char *to, size_t size);
