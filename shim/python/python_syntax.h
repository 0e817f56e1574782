/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_syntax.h - what 3.13 prints of a SyntaxError besides its type: the place, the line with
 * carets below it, the message.
 *
 * The interpreter's lock, errors, threads: as in python_object_text.h. Signal-safe: no.
 */
#pragma once

#include "shim/python/python_api.h"

#include <stdbool.h>

struct python_syntax {
	char before[4096]; /* whole lines, which stand above the type; cut when it is longer */
	char message[2048];
};

/* Whether the interpreter has all that it takes. Needs no lock. */
bool python_syntax_is_possible(void);

/* Fill SYNTAX from ERROR, a SyntaxError. */
void python_syntax_read(struct python_syntax *syntax, PyObject *error);
