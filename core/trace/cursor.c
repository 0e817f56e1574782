/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/cursor.h"

static void cursor_bytes(struct cursor *cursor, void *to, unsigned size)
{
	if (cursor->failed || cursor->at > cursor->end || cursor->end - cursor->at < size ||
		!memory_read_exact(cursor->reader, cursor->at, to, size))
		cursor->failed = true;
	else
		cursor->at += size;
}

uint64_t cursor_unsigned(struct cursor *cursor, unsigned size)
{
	uint64_t value =
		0; /* both machines are little-endian: a short number fills the low bytes */

	cursor_bytes(cursor, &value, size);
	return value;
}

int64_t cursor_signed(struct cursor *cursor, unsigned size)
{
	unsigned spare = 64 - 8 * size;

	return (int64_t)(cursor_unsigned(cursor, size) << spare) >> spare;
}

/* Reads the bits of a LEB128 number; *RET_WIDTH is how many there are, *RET_LAST the last byte. */
static uint64_t leb128(struct cursor *cursor, unsigned *ret_width, uint8_t *ret_last)
{
	uint64_t value = 0;
	unsigned width = 0;
	uint8_t byte;

	do {
		byte = (uint8_t)cursor_unsigned(cursor, 1);
		if (width < 64)
			value |= (uint64_t)(byte & 0x7f) << width;
		width += 7;
	} while ((byte & 0x80) != 0 && width < 140);
	*ret_width = width;
	*ret_last = byte;
	return value;
}

uint64_t cursor_uleb(struct cursor *cursor)
{
	unsigned width;
	uint8_t last;

	return leb128(cursor, &width, &last);
}

int64_t cursor_sleb(struct cursor *cursor)
{
	unsigned width;
	uint8_t last;
	uint64_t value = leb128(cursor, &width, &last);

	if (width < 64 && (last & 0x40) != 0)
		value |= ~(uint64_t)0 << width;
	return (int64_t)value;
}

void cursor_skip(struct cursor *cursor, uint64_t count)
{
	if (cursor->at > cursor->end || cursor->end - cursor->at < count)
		cursor->failed = true;
	else
		cursor->at += count;
}

static uint64_t pointer_value(struct cursor *cursor, uint8_t encoding)
{
	switch (encoding & ENCODING_FORM) {
	case 0x00: /* a whole address */
	case 0x04:
	case 0x0c: return cursor_unsigned(cursor, 8);
	case 0x01: return cursor_uleb(cursor);
	case 0x02: return cursor_unsigned(cursor, 2);
	case 0x03: return cursor_unsigned(cursor, 4);
	case 0x09: return (uint64_t)cursor_sleb(cursor);
	case 0x0a: return (uint64_t)cursor_signed(cursor, 2);
	case 0x0b: return (uint64_t)cursor_signed(cursor, 4);
	}
	cursor->failed = true;
	return 0;
}

uint64_t cursor_pointer(struct cursor *cursor, uint8_t encoding, uint64_t data)
{
	uint64_t from = 0;

	if (encoding == ENCODING_OMITTED)
		return 0;
	if ((encoding & ENCODING_RELATION) == ENCODING_PC_RELATIVE)
		from = cursor->at;
	else if ((encoding & ENCODING_RELATION) == ENCODING_DATA_RELATIVE)
		from = data;
	else if ((encoding & ENCODING_RELATION) != 0)
		cursor->failed =
			true; /* relative to the text or the function: no linker writes that */

	uint64_t value = pointer_value(cursor, encoding);

	if (value == 0)
		return 0;
	value += from;
	if ((encoding & ENCODING_INDIRECT) != 0 &&
		!memory_read_exact(cursor->reader, value, &value, sizeof value))
		cursor->failed = true;
	return cursor->failed ? 0 : value;
}
