/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/python_lines.h"

#include <limits.h>

/* The bytes of a table, read piece by piece. */
struct bytes {
	struct python_memory *memory;
	uint64_t at, left; /* behind the piece */
	size_t next, count;
	unsigned char piece[256];
};

/* The next byte; -1 at the end. */
static int next_byte(struct bytes *bytes)
{
	if (bytes->next == bytes->count) {
		size_t size = bytes->left < sizeof bytes->piece ? bytes->left : sizeof bytes->piece;

		if (size == 0 || !python_memory_read(bytes->memory, bytes->at, bytes->piece, size))
			return -1;
		bytes->at += size;
		bytes->left -= size;
		bytes->next = 0;
		bytes->count = size;
	}
	return bytes->piece[bytes->next++];
}

/* The number that BYTE was as a signed one. */
static int as_signed(int byte)
{
	return byte < 0x80 ? byte : byte - 0x100;
}

static int64_t by_pairs(struct bytes *bytes, int64_t line, int64_t offset)
{
	int64_t at = 0;
	int step, lines;

	while ((step = next_byte(bytes)) >= 0 && (lines = next_byte(bytes)) >= 0) {
		at += step;
		if (at > offset)
			break;
		line += as_signed(lines);
	}
	return line;
}

static int64_t by_ranges(struct bytes *bytes, int64_t line, int64_t offset)
{
	enum { NO_LINE = -128 };
	int64_t end = 0;
	int size, lines;

	while ((size = next_byte(bytes)) >= 0 && (lines = next_byte(bytes)) >= 0) {
		lines = as_signed(lines);
		if (lines != NO_LINE)
			line += lines;
		end += size;
		if (end > offset)
			return lines == NO_LINE ? -1 : line;
	}
	return -1;
}

/* A signed number in pieces of 6 bits, the least significant first. */
static int next_number(struct bytes *bytes)
{
	uint32_t number = 0;
	int byte;

	for (int shift = 0; shift < 32 && (byte = next_byte(bytes)) >= 0; shift += 6) {
		number |= (uint32_t)(byte & 0x3f) << shift;
		if ((byte & 0x40) == 0)
			break;
	}
	return (number & 1) != 0 ? -(int)(number >> 1) : (int)(number >> 1);
}

/* How an entry of a location table says which line it is about (PEP 657). */
enum { ONE_LINE = 10, NO_COLUMNS = 13, LONG = 14, NO_LOCATION = 15 };

static int lines_of(struct bytes *bytes, int code)
{
	if (code == NO_COLUMNS || code == LONG)
		return next_number(bytes);
	return code >= ONE_LINE && code < NO_COLUMNS ? code - ONE_LINE : 0;
}

static int64_t by_locations(struct bytes *bytes, int64_t line, int64_t offset)
{
	int64_t end = 0;
	int byte = next_byte(bytes);

	while (byte >= 0x80) {
		int code = byte >> 3 & 15;

		line += lines_of(bytes, code);
		end += 2 * ((byte & 7) + 1);
		if (end > offset)
			return code == NO_LOCATION ? -1 : line;
		while ((byte = next_byte(bytes)) >= 0 && byte < 0x80)
			;
	}
	return -1;
}

int python_line(struct python_reader *reader, uint64_t table, int first, int64_t offset)
{
	struct bytes bytes = {.memory = &reader->memory};
	int64_t line;

	bytes.at = python_bytes_at(reader, table, &bytes.left);
	if (bytes.at == 0)
		return -1;
	if (offset < 0)
		return first;
	if (reader->offsets.minor < 10)
		line = by_pairs(&bytes, first, offset);
	else if (reader->offsets.minor == 10)
		line = by_ranges(&bytes, first, offset);
	else
		line = by_locations(&bytes, first, offset);
	return line < 0 || line > INT_MAX ? -1 : (int)line;
}
