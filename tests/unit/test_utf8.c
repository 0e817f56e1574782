/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/utf8.h"

#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

static size_t encode(uint32_t point, char bytes[4])
{
	if (point < 0x80)
		return bytes[0] = (char)point, 1;
	if (point < 0x800) {
		bytes[0] = (char)(0xC0 | point >> 6);
		bytes[1] = (char)(0x80 | (point & 0x3F));
		return 2;
	}
	if (point < 0x10000) {
		bytes[0] = (char)(0xE0 | point >> 12);
		bytes[1] = (char)(0x80 | (point >> 6 & 0x3F));
		bytes[2] = (char)(0x80 | (point & 0x3F));
		return 3;
	}
	bytes[0] = (char)(0xF0 | point >> 18);
	bytes[1] = (char)(0x80 | (point >> 12 & 0x3F));
	bytes[2] = (char)(0x80 | (point >> 6 & 0x3F));
	bytes[3] = (char)(0x80 | (point & 0x3F));
	return 4;
}

static void every_code_point_is_read_back(void **state)
{
	(void)state;
	for (uint32_t point = 0; point <= 0x10FFFF; point++) {
		bool surrogate = point >= 0xD800 && point <= 0xDFFF;
		char bytes[4];
		size_t size = encode(point, bytes);
		uint32_t read;

		assert_int_equal(utf8_read(bytes, size, &read), surrogate ? 1 : size);
		assert_int_equal(read, surrogate ? UTF8_REPLACEMENT : point);
	}
}

static void what_is_not_well_formed_is_one_byte(void **state)
{
	static const char *const damaged[] = {"\x80", "\xff", "\xc0\x80", "\xe0\x80\x80",
		"\xf8\x88\x80\x80\x80", "\xf4\x90\x80\x80", "\xc3(", "\xe2\x82("};
	uint32_t read;

	(void)state;
	for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
		assert_int_equal(utf8_read(damaged[i], strlen(damaged[i]), &read), 1);
		assert_int_equal(read, UTF8_REPLACEMENT);
	}
}

static void nothing_is_read_behind_the_end(void **state)
{
	uint32_t read;

	(void)state;
	assert_int_equal(utf8_read("\xf0\x9f\x98\x80", 3, &read), 1);
	assert_int_equal(read, UTF8_REPLACEMENT);
}

static void a_cut_leaves_no_half_of_a_character(void **state)
{
	(void)state;
	assert_int_equal(utf8_cut("abc", 3, 3), 3);
	assert_int_equal(utf8_cut("abc", 3, 2), 2);
	assert_int_equal(utf8_cut("abc", 3, 0), 0);
	assert_int_equal(utf8_cut("a\xc3\xa4z", 4, 3), 3);
	assert_int_equal(utf8_cut("a\xc3\xa4z", 4, 2), 1);
	for (size_t most = 1; most < 5; most++)
		assert_int_equal(utf8_cut("a\xf0\x9f\x98\x80", 5, most), 1);
	/* What is damaged anyhow is cut where it is asked for. */
	assert_int_equal(utf8_cut("\x80\x80\x80\x80\x80\x80", 6, 4), 4);
	assert_int_equal(utf8_cut("\xe2\x82(", 3, 1), 1);
}

UNIT_TESTS(cmocka_unit_test(every_code_point_is_read_back),
	cmocka_unit_test(what_is_not_well_formed_is_one_byte),
	cmocka_unit_test(nothing_is_read_behind_the_end),
	cmocka_unit_test(a_cut_leaves_no_half_of_a_character))
