/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/ini/file_text.h"

#include <string.h>

size_t file_strip(const char **at, size_t length)
{
	while (length > 0 && strchr(" \t\n\r\f\v", **at) != NULL) {
		(*at)++;
		length--;
	}
	while (length > 0 && strchr(" \t\n\r\f\v", (*at)[length - 1]) != NULL)
		length--;
	return length;
}

bool file_to_int(const char *text, int64_t *ret)
{
	const char *at = text;
	size_t length = file_strip(&at, strlen(text));
	bool negative = length > 0 && *at == '-', digit = false;

	if (length > 0 && (*at == '-' || *at == '+')) {
		at++;
		length--;
	}
	for (*ret = 0; length > 0; at++, length--) {
		if (digit && *at == '_' && length > 1) {
			digit = false;
			continue;
		}
		if (*at < '0' || *at > '9' || *ret > INT32_MAX)
			return false;
		*ret = *ret * 10 + *at - '0';
		digit = true;
	}
	*ret = negative ? -*ret : *ret;
	return digit;
}
