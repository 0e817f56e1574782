/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/number.h"

int32_t number_take(const char **at, size_t most)
{
	int64_t number = 0;

	for (; most > 0 && is_digit(**at); most--, ++*at)
		if (number <= INT32_MAX)
			number = number * 10 + **at - '0';
	return number > INT32_MAX ? INT32_MAX : (int32_t)number;
}

/* Reads an optional sign and digits; returns behind them, NULL if there are no digits or too many.
 */
static const char *read_number(const char *at, int64_t *ret_number)
{
	bool negative = *at == '-';
	const char *first = at + negative;
	int64_t number = 0;

	for (at = first; is_digit(*at); at++)
		if (__builtin_mul_overflow(number, 10, &number) ||
			__builtin_sub_overflow(number, *at - '0', &number))
			return NULL;
	if (at == first || (!negative && number == INT64_MIN))
		return NULL;
	*ret_number = negative ? number : -number;
	return at;
}

bool number_parse(const char *string, int64_t *ret_number)
{
	int64_t number;
	const char *end = read_number(string, &number);

	if (end == NULL || *end != '\0')
		return false;
	*ret_number = number;
	return true;
}

int64_t number_prefix(const char *string)
{
	int64_t number = 0;

	return read_number(string, &number) == NULL ? 0 : number;
}

uint64_t number_take_hex(const char **at)
{
	uint64_t value = 0;

	for (; digit_value(**at) < 16; ++*at)
		value = value << 4 | digit_value(**at);
	if (**at != '\0')
		++*at;
	return value;
}
