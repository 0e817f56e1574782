/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/said.h"

#include "core/base/secret.h"
#include "core/base/utf8.h"

#include <string.h>

/* One of so many bytes of a text may be a control character. */
#define CONTROL_SHARE 8

/* Of a terminal's sequences one byte is such a character, and of a progress bar one of a line. */
static bool is_strange(char byte)
{
	return (unsigned char)byte < ' ' && strchr("\t\n\r\033\b\f\a", byte) == NULL;
}

static bool is_text(const char *bytes, size_t count)
{
	size_t strange = 0, blank = 0;

	for (size_t i = 0; i < count; i++) {
		if (bytes[i] == '\0')
			return false;
		strange += is_strange(bytes[i]);
		blank += bytes[i] == ' ' || (bytes[i] >= '\t' && bytes[i] <= '\r');
	}
	return blank < count && strange * CONTROL_SHARE <= count;
}

bool said_make_text(char *bytes, size_t count)
{
	size_t start = 0;

	while (start < count && start < 3 && utf8_continues(bytes[start]))
		start++;
	memmove(bytes, bytes + start, count - start);
	count -= start;
	bytes[count] = '\0';
	if (!is_text(bytes, count)) {
		bytes[0] = '\0';
		return false;
	}
	secret_mask_text(bytes);
	return true;
}
