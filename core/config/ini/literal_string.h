/* SPDX-License-Identifier: Apache-2.0 */
/*
 * literal_string.h - Python's string literals: '…', "…", '''…''', with prefixes r, b, u and
 * escapes.
 *
 * Private to core/config. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/text.h"

/* Does a string begin at AT? */
bool literal_is_string(const char *at);

/*
 * Append the string at *AT to TEXT, as UTF-8, and move *AT behind it. False, and *AT somewhere in
 * it, when it does not end, or has what cannot be: a NUL, a surrogate, "\N{…}".
 */
bool literal_string(const char **at, struct text *text);
