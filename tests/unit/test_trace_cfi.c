/* SPDX-License-Identifier: Apache-2.0 */
/* The programs and expressions of call frame information, written by hand. */
#include "core/trace/cfi.h"

#include "tests/support/cmocka.h"

#include <string.h>

#define PROGRAM(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

/* The rules at START + AT of a function whose code factor is 1 and data factor -8. */
static bool rules(const uint8_t *common, size_t common_size, const uint8_t *own, size_t own_size,
	uint64_t at, struct cfi_row *ret_row)
{
	struct memory_reader reader = {.next = 0};
	struct cfi_function function = {
		.start = 0x1000,
		.end = 0x2000,
		.common = (uintptr_t)common,
		.common_end = (uintptr_t)common + common_size,
		.own = (uintptr_t)own,
		.own_end = (uintptr_t)own + own_size,
		.code_factor = 1,
		.data_factor = -8,
		.return_register = 16,
	};

	return cfi_rules(&reader, &function, 0x1000 + at, ret_row);
}

/* cfa = r7 + 8, return address at cfa - 8: what every function of x86-64 begins with */
#define COMMON PROGRAM(0x0c, 7, 8, 0x90, 1)

static void rules_change_where_the_program_says(void **state)
{
	/* push at 1: cfa offset 16, r6 at cfa - 16; at 4: cfa in r6 */
#define PUSH PROGRAM(0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6)
	struct cfi_row row;

	(void)state;
	assert_true(rules(COMMON, PUSH, 0, &row));
	assert_int_equal(row.cfa.value, 7);
	assert_int_equal(row.cfa_offset, 8);
	assert_int_equal(row.registers[6].kind, RULE_SAME);
	assert_true(rules(COMMON, PUSH, 1, &row));
	assert_int_equal(row.cfa_offset, 16);
	assert_int_equal(row.registers[6].kind, RULE_OFFSET);
	assert_int_equal((int64_t)row.registers[6].value, -16);
	assert_true(rules(COMMON, PUSH, 3, &row));
	assert_int_equal(row.cfa.value, 7);
	assert_true(rules(COMMON, PUSH, 4, &row));
	assert_int_equal(row.cfa.value, 6);
}

static void remembered_state_comes_back_whole(void **state)
{
	/* remember; def_cfa_offset 32, r3 saved; advance 2; restore_state */
	struct cfi_row row;

	(void)state;
#define REMEMBER PROGRAM(0x0a, 0x0e, 32, 0x83, 4, 0x42, 0x0b)
	assert_true(rules(COMMON, REMEMBER, 1, &row));
	assert_int_equal(row.cfa_offset, 32);
	assert_int_equal(row.registers[3].kind, RULE_OFFSET);
	assert_true(rules(COMMON, REMEMBER, 2, &row));
	assert_int_equal(row.cfa_offset, 8);
	assert_int_equal(row.registers[3].kind, RULE_SAME);
}

static void restore_goes_back_to_the_common_rules(void **state)
{
	struct cfi_row row;

	(void)state;
	assert_true(rules(COMMON, PROGRAM(0x90, 5, 0xc0 | 16), 0, &row));
	assert_int_equal((int64_t)row.registers[16].value, -8);
}

static void every_form_of_a_rule_is_read(void **state)
{
	struct cfi_row row;

	(void)state;
	/* undefined 16; same 3; register 6 in 3; val_offset 12; offset_extended_sf 13 +2; negative
	 * offset 14; args size */
	assert_true(rules(COMMON,
		PROGRAM(0x07, 16, 0x08, 3, 0x09, 6, 3, 0x14, 12, 2, 0x11, 13, 0x7e, 0x2f, 14, 2,
			0x2e, 8, 0x16, 15, 1, 0x30, 0x02, 0x10, 0x03, 0, 1, 0x04, 0, 1, 0, 0),
		0, &row));
	assert_int_equal(row.registers[16].kind, RULE_UNDEFINED);
	assert_int_equal(row.registers[3].kind, RULE_SAME);
	assert_int_equal(row.registers[6].kind, RULE_REGISTER);
	assert_int_equal(row.registers[6].value, 3);
	assert_int_equal(row.registers[12].kind, RULE_VALUE_OFFSET);
	assert_int_equal((int64_t)row.registers[12].value, -16);
	assert_int_equal((int64_t)row.registers[13].value, 16);
	assert_int_equal((int64_t)row.registers[14].value, 16);
	assert_int_equal(row.registers[15].kind, RULE_VALUE_EXPRESSION);
}

static void signatures_of_return_addresses_change_no_rule(void **state)
{
	struct cfi_row row;

	(void)state;
	assert_true(rules(COMMON, PROGRAM(0x2d, 0x0e, 16, 0x2c, 0x86, 2), 0, &row));
	assert_int_equal(row.cfa_offset, 16);
	assert_int_equal((int64_t)row.registers[6].value, -16);
	assert_int_equal((int64_t)row.registers[16].value, -8);
}

static void damaged_programs_are_refused(void **state)
{
	struct cfi_row row;

	(void)state;
	assert_false(rules(COMMON, PROGRAM(0x0b), 0, &row)); /* restores what nothing remembered */
	assert_false(rules(COMMON, PROGRAM(0x3f), 0, &row)); /* no such instruction */
	assert_false(rules(COMMON, PROGRAM(0x0c, 0x87), 0, &row)); /* ends in a number */
	assert_false(
		rules(COMMON, PROGRAM(0x0f, 100, 0), 0, &row));	 /* an expression past the end */
	assert_false(rules(PROGRAM(0xc6), PROGRAM(0), 0, &row)); /* restore in the common part */
	assert_false(rules(
		COMMON, PROGRAM(0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a), 0, &row));
}

/* Expressions */

struct expression {
	const char *what;
	uint8_t bytes[16]; /* the length first */
	uint64_t value;
};

/* Register 6 is 0x1000, the initial value 7; the answer is the stack's top. */
static const struct expression expressions[] = {
	{"lit", {1, 0x35}, 5},
	{"const1s", {2, 0x09, 0xff}, UINT64_MAX},
	{"const1u", {2, 0x08, 0xff}, 0xff},
	{"const2u", {3, 0x0a, 0x34, 0x12}, 0x1234},
	{"const4s", {5, 0x0d, 0xfe, 0xff, 0xff, 0xff}, (uint64_t)-2},
	{"const8u", {9, 0x0e, 8, 7, 6, 5, 4, 3, 2, 1}, 0x0102030405060708},
	{"constu", {3, 0x10, 0xe5, 0x01}, 229},
	{"consts", {2, 0x11, 0x7f}, UINT64_MAX},
	{"breg", {2, 0x76, 0x78}, 0xff8},
	{"bregx", {3, 0x92, 6, 8}, 0x1008},
	{"initial value", {2, 0x23, 3}, 10},
	{"dup plus", {2, 0x12, 0x22}, 14},
	{"minus", {2, 0x32, 0x1c}, 5},
	{"over", {2, 0x32, 0x14}, 7},
	{"pick", {4, 0x31, 0x32, 0x15, 2}, 7},
	{"swap", {2, 0x32, 0x16}, 7},
	{"rot", {3, 0x31, 0x32, 0x17}, 1},
	{"drop", {2, 0x32, 0x13}, 7},
	{"abs neg", {2, 0x1f, 0x19}, 7},
	{"not", {1, 0x20}, ~(uint64_t)7},
	{"and", {2, 0x33, 0x1a}, 3},
	{"or", {2, 0x38, 0x21}, 15},
	{"xor", {2, 0x35, 0x27}, 2},
	{"div", {3, 0x1f, 0x32, 0x1b}, (uint64_t)-3},
	{"mod", {2, 0x34, 0x1d}, 3},
	{"mul", {2, 0x33, 0x1e}, 21},
	{"shl", {2, 0x34, 0x24}, 112},
	{"shl by 64", {3, 0x08, 64, 0x24}, 0},
	{"shra", {3, 0x1f, 0x31, 0x26}, (uint64_t)-4},
	{"shr", {2, 0x31, 0x25}, 3},
	{"ge", {2, 0x37, 0x2a}, 1},
	{"lt is signed", {4, 0x09, 0xff, 0x30, 0x2d}, 1},
	{"bra taken", {6, 0x31, 0x28, 1, 0, 0x3f, 0x32}, 2},
	{"bra not taken", {5, 0x30, 0x28, 1, 0, 0x3f}, 15},
	{"skip", {5, 0x2f, 1, 0, 0xff, 0x96}, 7},
	/* the procedure linkage table's: sp + 8 + (pc & 15 >= 11) * 8, on register 6 */
	{"plt", {11, 0x76, 8, 0x76, 0x0c, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22}, 0x1010},
};

static enum cfi_result evaluate(const uint8_t *bytes, uint64_t *ret_value)
{
	struct memory_reader reader = {.next = 0};
	struct trace_registers registers = {.known = 0};
	uint64_t initial = 7;

	register_set(&registers, 6, 0x1000);
	return cfi_expression(&reader, &reader, (uintptr_t)bytes, &registers, &initial, ret_value);
}

static void expressions_have_their_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++) {
		uint64_t value = 0xbad;

		if (evaluate(expressions[i].bytes, &value) != CFI_STEPPED ||
			value != expressions[i].value)
			fail_msg("%s: %#lx", expressions[i].what, (unsigned long)value);
	}
}

static void expression_reads_memory(void **state)
{
	static const uint32_t word = 0xfeedbeef;
	uint8_t bytes[] = {11, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0x94, 4};
	uint64_t address = (uintptr_t)&word, value = 0;

	(void)state;
	memcpy(bytes + 2, &address, sizeof address);
	assert_int_equal(evaluate(bytes, &value), CFI_STEPPED);
	assert_int_equal(value, word);
}

static void impossible_expressions_are_refused(void **state)
{
	static const uint8_t damaged[][8] = {
		{1, 0x22},		       /* plus, with one value */
		{2, 0x13, 0x13},	       /* drops what is not there */
		{1, 0xff},		       /* no such operation */
		{2, 0x30, 0x1b},	       /* by 0 */
		{2, 0x30, 0x1d}, {2, 0x73, 0}, /* a register that is not known */
		{3, 0x2f, 0xfd, 0xff},	       /* for ever */
		{3, 0x2f, 0xf0, 0xff},	       /* to before its beginning */
		{2, 0x15, 9},		       /* picks from below the stack */
		{4, 0x12, 0x2f, 0xfc, 0xff},   /* until the stack is full */
	};
	uint64_t value = 0xbad;

	(void)state;
	for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
		assert_int_equal(evaluate(damaged[i], &value), CFI_DAMAGED);
	assert_int_equal(evaluate((const uint8_t[]){2, 0x30, 0x06}, &value), CFI_UNREADABLE);
	assert_int_equal(value, 0xbad);
}

static void numbers_are_read_in_every_encoding(void **state)
{
	static const uint8_t bytes[] = {0xe5, 0x8e, 0x26, 0x80, 0x7f, 0xfe, 0xff, 0x08, 0, 0, 0};
	struct memory_reader reader = {.next = 0};
	uint64_t at = (uintptr_t)bytes;
	struct cursor cursor = {.reader = &reader, .at = at, .end = at + sizeof bytes};

	(void)state;
	assert_int_equal(cursor_uleb(&cursor), 624485);
	assert_int_equal(cursor_sleb(&cursor), -128);
	assert_int_equal((int64_t)cursor_pointer(&cursor, 0x0a, 0), -2);
	assert_int_equal(cursor_pointer(&cursor, 0x1b, 0), at + 7 + 8); /* from where it stands */
	assert_false(cursor.failed);
	assert_int_equal(cursor_unsigned(&cursor, 1), 0);
	assert_true(cursor.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_change_where_the_program_says),
		cmocka_unit_test(remembered_state_comes_back_whole),
		cmocka_unit_test(restore_goes_back_to_the_common_rules),
		cmocka_unit_test(every_form_of_a_rule_is_read),
		cmocka_unit_test(signatures_of_return_addresses_change_no_rule),
		cmocka_unit_test(damaged_programs_are_refused),
		cmocka_unit_test(expressions_have_their_value),
		cmocka_unit_test(expression_reads_memory),
		cmocka_unit_test(impossible_expressions_are_refused),
		cmocka_unit_test(numbers_are_read_in_every_encoding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
