/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_source.h - the printed frames of a traceback line by line, with the source lines that lie
 * in no file but in linecache; in 3.13 those of `python -c` are among them.
 *
 * The cache is read if the program has imported linecache, and never filled. For the interpreter's
 * lock, errors and threads see python_object_text.h. Signal-safe: no.
 */
#pragma once

#include "shim/python/python_api.h"

#include <stdbool.h>
#include <stddef.h>

struct python_source {
	PyObject *traceback;	    /* its frames that are not printed yet; NULL: none */
	PyObject *printed, *cached; /* as UTF-8; CACHED is the line of the last frame */
	const char *at, *end;
	const char *pieces[3]; /* of the line in CACHED, which come next */
	size_t lengths[3];
	unsigned next;
};

/* Whether the interpreter has all functions that this module calls. Needs no lock. */
bool python_source_is_possible(void);

/* Begin with PRINTED, a str or NULL whose reference is taken over, and which the interpreter has
 * made of TRACEBACK. Returns false when there are no lines. */
bool python_source_begin(struct python_source *source, PyObject *printed, PyObject *traceback);

/* The next line, with its newline, or a piece of one. Returns false when there is no other. */
bool python_source_next(struct python_source *source, const char **ret_piece, size_t *ret_length);

/* Release what SOURCE holds. Call it also if python_source_begin() returned false. */
void python_source_end(struct python_source *source);
