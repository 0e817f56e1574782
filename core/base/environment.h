/* SPDX-License-Identifier: Apache-2.0 */
/*
 * environment.h - variables without getenv(), which shells replace by their own, and which a
 * constructor that runs before libc's cannot use.
 *
 * Signal-safe: yes, as long as nobody changes the environment. Threads: likewise.
 */
#pragma once

/*
 * The value of NAME in ENVIRONMENT (as environ(7), may be NULL): the first of several, part of the
 * environment itself. NULL when it is not set.
 */
const char *environment_get(char *const *environment, const char *name);
