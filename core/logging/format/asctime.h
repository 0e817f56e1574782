/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asctime.h - a record's time as text, by the conversions of strftime(3) in the C locale.
 *
 * libc's strftime() and localtime() read the time zone's file under a lock; here timezone_load()
 * has read it once, at configuration. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/text.h"
#include "core/base/timezone.h"

#include <stdatomic.h>

#define ASCTIME_WORDS 3

/* The default form of the second that was formatted last: "2026-10-25 02:59:59,". All zero is
 * empty. If fork() copies the cache while another thread, which fork() does not copy, changes it,
 * `version` stays odd in the child, which then never uses the cache. */
struct asctime_cache {
	atomic_uint version; /* odd while the other members change; 0: empty */
	atomic_int_least64_t seconds;
	atomic_uint_least64_t words[ASCTIME_WORDS];
};

struct log_clock {
	int64_t start_us; /* what relativeCreated counts from, as instant.real_us */
	const struct timezone_table *_Atomic zone; /* NULL: UTC */
	struct asctime_cache cache;		   /* of ZONE's times */
};

/* Append REAL_US (microseconds since 1970) by DATEFMT; NULL is Python's default, "%Y-%m-%d
 * %H:%M:%S" followed by MSECS as ",mmm". */
void asctime_add(struct text *text, struct log_clock *clock, int64_t real_us, int64_t msecs,
	const char *datefmt);

/* Append SECONDS since 1970 as local time in ZONE, by DATEFMT. As in glibc, a '%' that begins no
 * conversion is copied. */
void asctime_by_format(
	struct text *text, const struct timezone_table *zone, int64_t seconds, const char *datefmt);

/* The first conversion in DATEFMT that strftime() supports and asctime_add() does not, such as
 * "%U", in static storage; NULL: none. Configuration refuses it. */
const char *asctime_unsupported(const char *datefmt);
