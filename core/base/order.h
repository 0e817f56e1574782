/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order.h - three-way comparison, and binary search in a sorted sequence.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stddef.h>

/* Less than, equal to or greater than 0, as qsort(3) wants it. Both arguments are evaluated twice.
 */
#define COMPARE(one, other) (((one) > (other)) - ((one) < (other)))

/* The smaller of two sizes. */
static inline size_t least(size_t one, size_t other)
{
	return one < other ? one : other;
}

/*
 * The lower bound: the first index below COUNT for which IS_BEFORE, an expression of INDEX (a
 *size_t that the macro declares), is false; COUNT if IS_BEFORE is true for all. IS_BEFORE must be
 *true for the indexes up to some point and false from there on:
 *
 *	size_t at = LOWER_BOUND(i, count, numbers[i] < wanted);
 */
#define LOWER_BOUND(index, count, is_before)                      \
	({                                                        \
		size_t low_ = 0, high_ = (count);                 \
                                                                  \
		while (low_ < high_) {                            \
			size_t index = low_ + (high_ - low_) / 2; \
                                                                  \
			if (is_before)                            \
				low_ = index + 1;                 \
			else                                      \
				high_ = index;                    \
		}                                                 \
		low_;                                             \
	})
