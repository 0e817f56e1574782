/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_text.h - values as Python prints them, for messages in Python's words.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/text.h"

/* Append Python's repr() of a string: 'it', or "it's" in double quotes. Characters that are not
 * printable, and bytes that are not UTF-8, become escapes such as \n, \x1b, \u2028, \udc80. */
void python_repr(struct text *text, const char *string);

/* The same into BUFFER of SIZE bytes, cut to fit. Returns BUFFER. */
const char *python_quote(const char *string, char *buffer, size_t size);

/* Append the repr() of COUNT bytes, which may lie in TEXT itself. ASCII: Python's ascii(), in which
 * every character beyond ASCII becomes \xe4, \u20ac or \U0001f600. */
void python_repr_n(struct text *text, const char *bytes, size_t count, bool ascii);

/* Append Python's repr() of a float: "0.1", "1e-07", "2.0", "nan", "-inf". */
void python_float(struct text *text, double number);
