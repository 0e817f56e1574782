/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format_number.h - formats the numbers of a record by the conversions of a format.
 *
 * Private to core/logging. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/text.h"
#include "core/logging/format/format_op.h"

/* A number of a record: value / 10^scale; with a scale, a float in Python. */
struct number {
	int64_t value;
	unsigned scale;
};

/* Append NUMBER by HOW, as "%+05d", "%x" or "%.3f" prints it. */
void format_number(struct text *text, const struct conversion *how, struct number number);

/* NUMBER as Python's float. */
double number_to_double(struct number number);
