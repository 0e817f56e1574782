/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schedule.h - when a file is rotated, and its new name: computeRollover() and the suffixes of
 * TimedRotatingFileHandler in Python 3.14.
 *
 * Private to core/logging. Times are seconds since 1970. Signal-safe: all but schedule_init().
 * Threads: any, once it is made.
 */
#pragma once

#include "core/base/text.h"
#include "core/base/timezone.h"

struct schedule_options {
	const char *when; /* "S", "M", "H", "D", "MIDNIGHT", "W0" to "W6", in any case */
	int64_t interval; /* how many of these units, at least 1 */
	int32_t at_time;  /* seconds after midnight, for MIDNIGHT and W0 to W6 */
	bool utc;
	struct timezone_variables zone;
};

struct schedule {
	enum { SCHEDULE_PLAIN, SCHEDULE_DAILY, SCHEDULE_WEEKLY } kind;
	int64_t interval;
	int32_t at_time;
	int day; /* of SCHEDULE_WEEKLY, 0 is Monday */
	bool utc;
	const char *suffix; /* of the rotated file's name, as in strftime(3) */
	struct timezone_table zone;
};

/* Make a schedule from OPTIONS. Returns 0, or -EINVAL and the reason in ERROR, in Python's words.
 */
int schedule_init(
	struct schedule *ret_schedule, const struct schedule_options *options, struct text *error);

/* Python's computeRollover(): when a file that begins at NOW is to be rotated. */
int64_t schedule_next(const struct schedule *schedule, int64_t now);

/* Append the suffix for the file that was to be rotated at END and is renamed at NOW. */
void schedule_suffix(const struct schedule *schedule, int64_t end, int64_t now, struct text *text);

/* Whether schedule_suffix() could have made SUFFIX. */
bool schedule_made(const struct schedule *schedule, const char *suffix);
