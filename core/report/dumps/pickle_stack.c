/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/dumps/pickle_stack.h"

#include <string.h>

bool pickle_fail(struct unpickler *from, const char *wrong)
{
	from->wrong = wrong;
	return false;
}

bool pickle_fail_memory(struct unpickler *from)
{
	return pickle_fail(from, "needs more memory than a dump does");
}

const uint8_t *pickle_take(struct unpickler *from, uint64_t count)
{
	const uint8_t *bytes = from->at;

	if (count > (uint64_t)(from->end - from->at)) {
		pickle_fail(from, "is cut off");
		return NULL;
	}
	from->at += count;
	return bytes;
}

bool pickle_take_size(struct unpickler *from, size_t size, uint64_t *ret_number)
{
	const uint8_t *bytes = pickle_take(from, size);

	if (bytes == NULL)
		return false;
	*ret_number = 0;
	for (size_t i = size; i-- > 0;)
		*ret_number = *ret_number << 8 | bytes[i];
	return true;
}

const char *pickle_take_line(struct unpickler *from, size_t *ret_count)
{
	const uint8_t *newline = memchr(from->at, '\n', (size_t)(from->end - from->at));
	const uint8_t *line = from->at;

	if (newline == NULL) {
		pickle_fail(from, "is cut off");
		return NULL;
	}
	from->at = newline + 1;
	*ret_count = (size_t)(newline - line);
	return (const char *)line;
}

size_t pickle_above_mark(const struct unpickler *from)
{
	return from->stack.list.count -
	       (from->mark_count == 0 ? 0 : from->marks[from->mark_count - 1]);
}

bool pickle_push(struct unpickler *from, struct dump_value *value)
{
	return (value != NULL && dump_append(from->memory, &from->stack, value)) ||
	       pickle_fail_memory(from);
}

struct dump_value *pickle_pop(struct unpickler *from)
{
	if (pickle_above_mark(from) == 0) {
		pickle_fail(from, "takes a value that is not there");
		return NULL;
	}
	return from->stack.list.items[--from->stack.list.count];
}

bool pickle_pop_mark(struct unpickler *from, size_t *ret_first)
{
	if (from->mark_count == 0)
		return pickle_fail(from, "has no beginning");
	*ret_first = from->marks[--from->mark_count];
	return true;
}

bool pickle_move(struct unpickler *from, size_t first, struct dump_value *list)
{
	size_t end = from->stack.list.count;

	from->stack.list.count = first;
	if (list->type == DUMP_DICT && (end - first) % 2 != 0)
		return pickle_fail(from, "has a key without a value");
	for (size_t i = first; i < end; i++)
		if (!dump_append(from->memory, list, from->stack.list.items[i]))
			return pickle_fail_memory(from);
	return true;
}
