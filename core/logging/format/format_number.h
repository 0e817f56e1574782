/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format_number.h - the numbers of a record as text, by the conversions of formats.
 *
 * Private to core/logging. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/text.h"
#include "core/logging/format/format_op.h"

/* A number as a record has it: VALUE / 10^scale, whole or, as Python has it, a float. */
struct number {
	int64_t value;
	unsigned scale;
};

/* Append NUMBER as "%+05d", "%x" or "%.3f" has it, by HOW. */
void format_number(struct text *text, const struct conversion *how, struct number number);

/* The double that a float NUMBER is in Python. */
double number_to_double(struct number number);
