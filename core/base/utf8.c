/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/utf8.h"

#include <string.h>

/* The code points that a sequence of [index] bytes may encode. */
static const struct {
	uint32_t least, most;
} ranges[] = {
	[2] = {0x80, 0x7FF},
	[3] = {0x800, 0xFFFF},
	[4] = {0x10000, 0x10FFFF},
};

static size_t size_by_lead(unsigned char lead)
{
	if (lead >= 0xC2 && lead <= 0xDF)
		return 2;
	if (lead >= 0xE0 && lead <= 0xEF)
		return 3;
	if (lead >= 0xF0 && lead <= 0xF4)
		return 4;
	return 0;
}

static bool well_formed(uint32_t point, size_t size)
{
	bool surrogate = point >= 0xD800 && point <= 0xDFFF;

	return point >= ranges[size].least && point <= ranges[size].most && !surrogate;
}

size_t utf8_read(const char *bytes, size_t count, uint32_t *ret_point)
{
	unsigned char lead = (unsigned char)bytes[0];
	size_t size = size_by_lead(lead);
	uint32_t point;

	*ret_point = lead < 0x80 ? lead : UTF8_REPLACEMENT;
	if (size == 0 || size > count)
		return 1;
	point = lead & (0xFFu >> (size + 1));
	for (size_t i = 1; i < size; i++) {
		if (!utf8_continues(bytes[i]))
			return 1;
		point = point << 6 | (bytes[i] & 0x3F);
	}
	if (!well_formed(point, size))
		return 1;
	*ret_point = point;
	return size;
}

size_t utf8_cut(const char *bytes, size_t count, size_t most)
{
	size_t at = most;
	uint32_t point;

	if (count <= most)
		return count;
	while (at > 0 && most - at < 3 && utf8_continues(bytes[at]))
		at--;
	return at + utf8_read(bytes + at, count - at, &point) > most ? at : most;
}

bool utf8_is_line(const char *text, size_t most)
{
	size_t count = strlen(text), at = 0;

	if (count == 0 || count > most)
		return false;
	while (at < count) {
		uint32_t point;
		size_t length = utf8_read(text + at, count - at, &point);

		if (point < ' ' || point == 0x7f || (length == 1 && point == UTF8_REPLACEMENT))
			return false;
		at += length;
	}
	return true;
}
