/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duration.h - a span of time as a user writes it: "90s", "10m", "1h", "500ms"; a number alone is
 * seconds.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The microseconds of STRING. Returns false and leaves *RET_US as it was for anything else, also a
 * negative number, and for more than a hundred years. */
bool duration_parse(const char *string, int64_t *ret_us);
