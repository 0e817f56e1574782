/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure.h - the clock and the medians of the benchmarks.
 *
 * Signal-safe: measure_now_us() is. Threads: any.
 */
#pragma once

#include <stdlib.h>
#include <time.h>

/* CLOCK_MONOTONIC, which all processes share, in microseconds. */
static inline double measure_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static inline int measure_by_value(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

/* The median of COUNT samples, which are sorted by it; one or more. */
static inline double measure_median(double *samples, int count)
{
	qsort(samples, (size_t)count, sizeof *samples, measure_by_value);
	return samples[count / 2];
}
