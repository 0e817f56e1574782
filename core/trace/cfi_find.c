/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the FDE of the function at a pc, by a binary search in .eh_frame_hdr, and parses the FDE
 * and its CIE.
 */
#include "core/trace/cfi.h"

#include "core/base/order.h"

#include <string.h>

/* The only encoding of the table that linkers write: both numbers of an entry are signed, have 4
 * bytes and are relative to the header. */
#define TABLE_ENCODING 0x3b
#define TABLE_ENTRY 8

/* Far more entries than the largest library has. A damaged count below this costs only a few steps
 * more, until memory is unreadable. */
#define ENTRIES_MAX ((uint64_t)1 << 28)

static bool table_entry(
	struct memory_reader *reader, uint64_t table, uint64_t index, int32_t ret_entry[2])
{
	return memory_read_exact(reader, table + index * TABLE_ENTRY, ret_entry, TABLE_ENTRY);
}

/* The address of the FDE in the last entry that begins at or before PC; 0 when there is none. */
static uint64_t table_search(
	struct memory_reader *reader, uint64_t header, uint64_t table, uint64_t count, uint64_t pc)
{
	int32_t entry[2];
	bool readable = true;
	uint64_t after = LOWER_BOUND(i, count,
		readable && (readable = table_entry(reader, table, i, entry)) &&
			header + (uint64_t)(int64_t)entry[0] <= pc);

	if (!readable || after == 0 || !table_entry(reader, table, after - 1, entry))
		return 0;
	return header + (uint64_t)(int64_t)entry[1];
}

bool cfi_find(struct memory_reader *reader, uint64_t header, uint64_t pc,
	struct cfi_function *ret_function)
{
	struct cursor cursor = {.reader = reader, .at = header, .end = UINT64_MAX};
	uint8_t version = (uint8_t)cursor_unsigned(&cursor, 1);
	uint8_t frame_encoding = (uint8_t)cursor_unsigned(&cursor, 1);
	uint8_t count_encoding = (uint8_t)cursor_unsigned(&cursor, 1);
	uint8_t table_encoding = (uint8_t)cursor_unsigned(&cursor, 1);

	if (version != 1 || table_encoding != TABLE_ENCODING)
		return false;
	cursor_pointer(&cursor, frame_encoding, header);
	uint64_t count = cursor_pointer(&cursor, count_encoding, header);

	if (cursor.failed || count > ENTRIES_MAX)
		return false;
	uint64_t address = table_search(reader, header, cursor.at, count, pc);

	return address != 0 && cfi_parse(reader, address, ret_function) &&
	       pc >= ret_function->start && pc < ret_function->end;
}

/* Reads an entry's length, and makes CURSOR end with the entry. False for the terminator. */
static bool entry_begin(struct cursor *cursor)
{
	uint64_t length = cursor_unsigned(cursor, 4);

	if (length == 0xffffffff)
		length = cursor_unsigned(cursor, 8);
	if (cursor->failed || length == 0 || length > UINT64_MAX - cursor->at)
		return false;
	cursor->end = cursor->at + length;
	return true;
}

/* Reads the data that LETTERS, of a CIE's augmentation, announce in this order. */
static bool augmentation_read(
	struct cursor *cursor, const char *letters, struct cfi_function *function)
{
	for (; *letters != '\0'; letters++) {
		switch (*letters) {
		case 'R': function->encoding = (uint8_t)cursor_unsigned(cursor, 1); break;
		case 'P': cursor_pointer(cursor, (uint8_t)cursor_unsigned(cursor, 1), 0); break;
		case 'L': cursor_unsigned(cursor, 1); break;
		case 'S': function->signal_frame = true; break;
		case 'B': /* aarch64: return addresses are signed with the B key, which stripping
			     does not depend on */
		case 'G': /* aarch64: memory tagging of the stack */ break;
		default:
			return true; /* unknown, but the length of all data is known: the rest can
					be skipped */
		}
	}
	return !cursor->failed;
}

/* Reads the data of "z" and the letters after it; false for an augmentation without a length, which
 * cannot be skipped. */
static bool augmentation_parse(
	struct cursor *cursor, const char *letters, struct cfi_function *function)
{
	if (letters[0] == '\0')
		return true;
	if (letters[0] != 'z')
		return false;

	uint64_t length = cursor_uleb(cursor);
	struct cursor inside = *cursor;

	cursor_skip(cursor, length);
	inside.end = cursor->at;
	return !cursor->failed && augmentation_read(&inside, letters + 1, function);
}

/* Parses the CIE at ADDRESS; *RET_SIZED is whether its FDEs have augmentation data. */
static bool common_parse(struct memory_reader *reader, uint64_t address,
	struct cfi_function *function, bool *ret_sized)
{
	struct cursor cursor = {.reader = reader, .at = address, .end = UINT64_MAX};
	char letters[16];
	size_t count = 0;

	if (!entry_begin(&cursor) || cursor_unsigned(&cursor, 4) != 0)
		return false;
	unsigned version = (unsigned)cursor_unsigned(&cursor, 1);

	if (version != 1 && version != 3)
		return false;
	do {
		letters[count] = (char)cursor_unsigned(&cursor, 1);
	} while (letters[count] != '\0' && ++count < sizeof letters);
	if (count == sizeof letters)
		return false;
	function->code_factor = cursor_uleb(&cursor);
	function->data_factor = cursor_sleb(&cursor);
	function->return_register =
		version == 1 ? cursor_unsigned(&cursor, 1) : cursor_uleb(&cursor);
	*ret_sized = letters[0] == 'z';
	if (!augmentation_parse(&cursor, letters, function) || cursor.failed)
		return false;
	function->common = cursor.at;
	function->common_end = cursor.end;
	return true;
}

bool cfi_parse(struct memory_reader *reader, uint64_t address, struct cfi_function *ret_function)
{
	struct cursor cursor = {.reader = reader, .at = address, .end = UINT64_MAX};
	bool sized;

	memset(ret_function, 0, sizeof *ret_function);
	if (!entry_begin(&cursor))
		return false;
	uint64_t here = cursor.at;
	uint64_t back = cursor_unsigned(&cursor, 4);

	if (cursor.failed || back == 0 || /* 0 is a CIE's */
		!common_parse(reader, here - back, ret_function, &sized))
		return false;
	uint8_t encoding = ret_function->encoding;

	ret_function->start = cursor_pointer(&cursor, encoding, 0);
	ret_function->end =
		ret_function->start + cursor_pointer(&cursor, encoding & ENCODING_FORM, 0);
	if (sized)
		cursor_skip(&cursor, cursor_uleb(&cursor));
	ret_function->own = cursor.at;
	ret_function->own_end = cursor.end;
	return !cursor.failed;
}
