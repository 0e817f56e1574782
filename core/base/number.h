/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number.h - numbers from text, without a locale.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The whole of STRING as a decimal number: an optional '-', then digits, nothing before or after.
 * Returns false, and *RET_NUMBER as it was, for anything else and for what an int64_t cannot hold.
 */
bool number_parse(const char *string, int64_t *ret_number);

/* The number that STRING begins with; 0 if it begins with none. For files whose form is known. */
int64_t number_prefix(const char *string);

/* The hexadecimal number, in lower case and without a prefix, that *AT begins with; *AT then stands
 * behind it and the one byte after it. */
uint64_t number_take_hex(const char **at);
