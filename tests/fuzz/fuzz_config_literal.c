/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a Python expression: no crash, and a tree whose scalars have their texts, or an
 * error. */
#include "core/config/ini/literal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct value *value)
{
	if (value->type == VALUE_LIST || value->type == VALUE_DICT)
		for (const struct value_item *item = value->items; item != NULL; item = item->next)
			walk(item->value);
	else if (value->text == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct config_errors errors = {.arena = &arena, .path = "f"};
	struct value source = {.type = VALUE_STRING, .line = 1, .column = 1};
	struct value *value = NULL;
	char *copy = malloc(size + 1);
	int error;

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	copy[size] = '\0';
	source.text = copy;
	error = literal_read(&arena, &source, &errors, &value);
	if ((error == 0) != (value != NULL) || (error < 0 && errors.count == 0))
		abort();
	if (error == 0)
		walk(value);
	arena_release(&arena);
	free(copy);
	return 0;
}
