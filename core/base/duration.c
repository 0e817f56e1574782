/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/duration.h"

#include "core/base/number.h"

#include <string.h>

#define US_MOST ((int64_t)100 * 366 * 24 * 3600 * 1000000)

static const struct {
	const char *unit;
	int64_t us;
} units[] = {
	{"ms", 1000},
	{"s", 1000000},
	{"m", (int64_t)60 * 1000000},
	{"min", (int64_t)60 * 1000000},
	{"h", (int64_t)3600 * 1000000},
	{"d", (int64_t)24 * 3600 * 1000000},
	{"", 1000000},
};

bool duration_parse(const char *string, int64_t *ret_us)
{
	const char *unit = string;
	int64_t number = 0;

	while (is_digit(*unit)) {
		if (number > US_MOST)
			return false;
		number = number * 10 + (*unit++ - '0');
	}
	if (unit == string)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(unit, units[i].unit) == 0) {
			if (number > US_MOST / units[i].us)
				return false;
			*ret_us = number * units[i].us;
			return true;
		}
	return false;
}
