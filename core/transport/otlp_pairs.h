/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_pairs.h - the lists that OpenTelemetry's variables hold: "key=value,key=value", where %XX in
 * a value is a byte.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include <stddef.h>

#define OTLP_KEY_SIZE 256
#define OTLP_VALUE_SIZE ((size_t)16 * 1024)

struct otlp_pair {
	char key[OTLP_KEY_SIZE];
	char value[OTLP_VALUE_SIZE];
};

/* Take the next pair of the list at *AT, and move *AT behind it. Returns 1 and the pair; 0 at the
 * end of the list; -EINVAL where it has no '=', no key, a bad %XX, or is too long. */
int otlp_pair_next(const char **at, struct otlp_pair *ret_pair);

/* The value of the variable NAME; NULL where it is not set or "". */
const char *otlp_variable(const char *name);
