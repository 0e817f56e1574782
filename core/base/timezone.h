/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timezone.h - the offset from UTC, without libc: its localtime() takes a lock and allocates, even
 * for what it has cached.
 *
 * As tzset(3) reads TZ: it is unset (/etc/localtime), "" or unreadable (UTC), a file's name, with
 * or without ':', below /usr/share/zoneinfo or absolute, or a POSIX rule
 * ("CET-1CEST,M3.5.0,M10.5.0/3"). Files by RFC 8536. Signal-safe: no, it needs 64 KiB of stack; at
 * configuration. Threads: any, while nobody changes the environment.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Seconds east of Greenwich at REAL_SECONDS since 1970 where TZ is set to NAME (NULL: it is not
 * set), and in ZONE (SIZE bytes, cut if it must be) the abbreviation: "CET". 0 and "UTC" where
 * nothing is known.
 */
int32_t timezone_offset(const char *name, int64_t real_seconds, char *zone, size_t size);

/* The same by a POSIX rule; false, and nothing set, when RULE is none. */
bool timezone_by_rule(
	const char *rule, int64_t real_seconds, int32_t *ret_offset, char *zone, size_t size);
