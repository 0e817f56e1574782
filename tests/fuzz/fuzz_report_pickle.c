/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a pickle: there is a value or a sentence, in the memory that is allowed. */
#include "core/report/dumps/pickle.h"

#include <stdlib.h>

#define MEMORY ((size_t)64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dump_memory memory = {.left = MEMORY};
	char buffer[256];
	struct text why;
	const struct dump_value *value;

	text_init(&why, buffer, sizeof buffer);
	value = pickle_parse((const char *)data, size, &memory, &why);
	if ((value == NULL) != (why.length > 0) || memory.left > MEMORY)
		abort();
	if (value != NULL && value->type > DUMP_DICT)
		abort();
	if (dump_get(value, "entries") != NULL && value->type != DUMP_DICT)
		abort();
	arena_release(&memory.arena);
	return 0;
}
