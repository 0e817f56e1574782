/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inherited.h - a filter of system calls that stood before the program began, and what it does to
 * our calls.
 *
 * Its program cannot be read. So a probe makes the calls: a child that ends where the filter kills,
 * in the constructor, of which nothing is left. It is made where a fork cannot be what the filter
 * kills for; elsewhere the process is not watched. Constructor only. Threads: one.
 */
#pragma once

#include <stdbool.h>

/*
 * Before any system call but those that the loader has made: whether this process can be watched.
 * What it can be watched without is forbidden by then (sys_try(), sandbox.h).
 */
bool inherited_filter_lets_us_pass(void);
