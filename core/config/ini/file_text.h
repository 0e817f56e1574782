/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_text.h - texts of an INI file as Python's str and int read them.
 *
 * Private to core/config. Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Python's strip() of the LENGTH bytes at *AT. Returns the new length. */
size_t file_strip(const char **at, size_t length);

/* Python's int(): a sign, digits with single underscores between them, and blanks around. False
 * for anything else, and beyond 32 bits. */
bool file_to_int(const char *text, int64_t *ret);
