/* SPDX-License-Identifier: Apache-2.0 */
/*
 * environment.h - environment variables without getenv(): shells replace it by their own, and a
 * constructor that runs before libc's cannot call it.
 *
 * Signal-safe and usable by any thread: environment_read(), always; environment_get(), while nobody
 * changes the environment.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The value of NAME in ENVIRONMENT (as environ(7), may be NULL), a pointer into the environment; of
 * several entries, the first one's. NULL when NAME is not set. */
const char *environment_get(char *const *environment, const char *name);

/*
 * Copy the value of NAME to VALUE of SIZE bytes. ENVIRONMENT may be changed or unmapped meanwhile:
 * every read of it is probed (memory.h). Returns false when NAME is not set or its value does not
 * fit.
 */
bool environment_read(char *const *environment, const char *name, char *value, size_t size);
