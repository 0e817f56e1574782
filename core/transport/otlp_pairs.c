/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/otlp_pairs.h"

#include "core/base/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *otlp_variable(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || value[0] == '\0' ? NULL : value;
}

static void trim(const char **begin, const char **end)
{
	while (*begin < *end && (**begin == ' ' || **begin == '\t'))
		(*begin)++;
	while (*begin < *end && ((*end)[-1] == ' ' || (*end)[-1] == '\t'))
		(*end)--;
}

/* Copy what is from BEGIN to END without its %XX. Returns false where one is bad, or for want of
 * room. */
static bool decode(const char *begin, const char *end, char *value, size_t size)
{
	size_t length = 0;

	trim(&begin, &end);
	for (; begin < end; begin++) {
		char c = *begin;

		if (c == '%') {
			unsigned high = end - begin > 2 ? digit_value(begin[1]) : 99;
			unsigned low = end - begin > 2 ? digit_value(begin[2]) : 99;

			c = (char)(high * 16 + low);
			if (high > 15 || low > 15 || c == '\0')
				return false;
			begin += 2;
		}
		if (length + 1 >= size)
			return false;
		value[length++] = c;
	}
	value[length] = '\0';
	return true;
}

int otlp_pair_next(const char **at, struct otlp_pair *ret_pair)
{
	const char *begin = *at + strspn(*at, ", \t"), *end = begin + strcspn(begin, ",");
	const char *equals = memchr(begin, '=', (size_t)(end - begin)), *key_end = equals;

	*at = end;
	if (begin == end)
		return 0;
	if (equals == NULL)
		return -EINVAL;
	trim(&begin, &key_end);
	if (begin == key_end || (size_t)(key_end - begin) >= sizeof ret_pair->key)
		return -EINVAL;
	memcpy(ret_pair->key, begin, (size_t)(key_end - begin));
	ret_pair->key[key_end - begin] = '\0';
	return decode(equals + 1, end, ret_pair->value, sizeof ret_pair->value) ? 1 : -EINVAL;
}
