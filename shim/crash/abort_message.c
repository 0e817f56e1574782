/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/crash/abort_message.h"

#include "core/base/memory.h"
#include "shim/base/real.h"

#include <stdint.h>
#include <string.h>

bool abort_message_read(char *message, size_t size)
{
	uintptr_t slot = (uintptr_t)real_lookup_libc("__abort_msg"), at = 0;
	struct memory_reader reader = {0};
	size_t length;

	if (slot == 0 || !memory_read_exact(&reader, slot, &at, sizeof at) || at == 0)
		return false;
	if (!memory_read_string(&reader, at + sizeof(unsigned), message, size))
		return false;
	length = strlen(message);
	while (length > 0 && message[length - 1] == '\n')
		message[--length] = '\0';
	return length > 0;
}
