/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asctime.h - a record's time as text, by the conversions of strftime(3) in the C locale.
 *
 * libc's own reads the time zone's file under a lock; here the offset from UTC is found once, at
 * configuration. A program that runs across a change of summer time goes on in the time that it
 * began with. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/text.h"

struct log_clock {
	int64_t start_us;   /* what relativeCreated counts from, as instant.real_us */
	int32_t utc_offset; /* in seconds, east of Greenwich positive */
	char zone[8];	    /* "CET" */
};

/*
 * Append REAL_US (microseconds since 1970) by DATEFMT; NULL is Python's default, "%Y-%m-%d
 * %H:%M:%S" and ",mmm" of MSECS. What begins with
 * '%' and is no conversion is copied, as glibc does.
 */
void asctime_add(
	struct text *text, const struct log_clock *clock, int64_t real_us, int64_t msecs,
	const char *datefmt);

/*
 * The first conversion in DATEFMT that strftime would do and asctime_add() would not, as "%U" in
 * static storage; NULL: there is none. For configuration, where it is refused.
 */
const char *asctime_unsupported(const char *datefmt);
