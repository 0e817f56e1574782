/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_syntax.h - what 3.13 prints of a SyntaxError besides its type: file and line, the source
 * line with carets below, the message.
 *
 * For the interpreter's lock, errors and threads see python_object_text.h. Signal-safe: no.
 */
#pragma once

#include "shim/python/python_api.h"

#include <stdbool.h>

struct python_syntax {
	char before[4096]; /* whole lines, which come before the type; truncated */
	char message[2048];
};

/* Whether the interpreter has all functions that this module calls. Needs no lock. */
bool python_syntax_is_possible(void);

/* Fill SYNTAX from ERROR, a SyntaxError. */
void python_syntax_read(struct python_syntax *syntax, PyObject *error);
