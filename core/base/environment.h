/* SPDX-License-Identifier: Apache-2.0 */
/*
 * environment.h - environment variables without getenv(), which shells replace by their own, and
 * which a constructor that runs before libc's cannot use.
 *
 * Signal-safe: environment_read(), yes; environment_get(), while nobody changes the environment.
 * Threads: likewise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * The value of NAME in ENVIRONMENT (as environ(7), may be NULL): the first of several, part of the
 * environment itself. NULL when it is not set.
 */
const char *environment_get(char *const *environment, const char *name);

/*
 * The same where ENVIRONMENT may be changed or unmapped meanwhile: every read of it is probed
 * (memory.h). Copies the value to VALUE of SIZE bytes; false when it is not set, or not shorter
 * than SIZE.
 */
bool environment_read(char *const *environment, const char *name, char *value, size_t size);
