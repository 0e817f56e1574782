/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the mangled name of a C++ type: no crash, a text within its buffer, and where it is
 * large enough, something for everything. */
#include "core/base/type_name.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *mangled, size_t room)
{
	char *buffer = malloc(room);
	struct text text;

	if (buffer == NULL)
		return;
	text_init(&text, buffer, room);
	type_name_add(mangled, &text);
	if (text.length >= room || strlen(buffer) != text.length)
		abort();
	if (text.length == 0 && mangled[0] != '\0' && room > 16)
		abort();
	free(buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *mangled = malloc(size + 1);

	if (mangled == NULL)
		return 0;
	memcpy(mangled, data, size);
	mangled[size] = '\0';
	check(mangled, 4096);
	check(mangled, 16);
	free(mangled);
	return 0;
}
