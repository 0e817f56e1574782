/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decimal.h - floating-point numbers from text, without a locale and without libc, whose strtod()
 * looks at one.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>

/*
 * The whole of STRING as the nearest double: an optional sign, digits with a point among them or
 * none, and an exponent such as "e-7" or none. Returns false, and *RET_NUMBER as it was, for
 * anything else and for what a double is too small for.
 */
bool decimal_parse(const char *string, double *ret_number);
