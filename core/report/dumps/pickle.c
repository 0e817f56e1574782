/* SPDX-License-Identifier: Apache-2.0 */
/* A machine with a stack: each opcode takes its argument from the pickle, and values from the
 * stack. The table at the end of the file has them all. */
#include "core/report/dumps/pickle.h"

#include "core/base/number.h"
#include "core/report/dumps/pickle_stack.h"
#include "core/report/dumps/pickle_text.h"

#include <stdlib.h>
#include <string.h>

#define KEY_DIGITS_MOST 9 /* of the number of a value */

static bool push_number(struct unpickler *from, int64_t number)
{
	struct dump_value *value = dump_value_new(from->memory, DUMP_INT);

	if (value != NULL)
		value->number = number;
	return pickle_push(from, value);
}

static bool push_real(struct unpickler *from, double real)
{
	struct dump_value *value = dump_value_new(from->memory, DUMP_FLOAT);

	if (value != NULL)
		value->real = real;
	return pickle_push(from, value);
}

/* The opcodes. Some that differ in the type of a value, or in the size of what follows
 * them, have one function, with that as its ARGUMENT. */
static bool new_value(struct unpickler *from, unsigned type)
{
	return pickle_push(from, dump_value_new(from->memory, (enum dump_type)type));
}

static bool proto(struct unpickler *from, unsigned most)
{
	const uint8_t *protocol = pickle_take(from, 1);

	return protocol != NULL &&
	       (*protocol <= most || pickle_fail(from, "is of a newer protocol than 5"));
}

static bool skip(struct unpickler *from, unsigned count)
{
	return pickle_take(from, count) != NULL;
}

static bool stop(struct unpickler *from, unsigned argument)
{
	(void)argument;
	from->done = true;
	return pickle_above_mark(from) > 0 || pickle_fail(from, "ends without a value");
}

static bool mark(struct unpickler *from, unsigned argument)
{
	(void)argument;
	if (from->mark_count == PICKLE_MARKS_MOST)
		return pickle_fail(from, "is nested too deep");
	from->marks[from->mark_count++] = from->stack.list.count;
	return true;
}

/* Above a mark there may be no value: then the mark is what is on top. */
static bool drop(struct unpickler *from, unsigned argument)
{
	size_t first;

	(void)argument;
	return pickle_above_mark(from) == 0 ? pickle_pop_mark(from, &first)
					    : pickle_pop(from) != NULL;
}

static bool drop_to_mark(struct unpickler *from, unsigned argument)
{
	(void)argument;
	return pickle_pop_mark(from, &from->stack.list.count);
}

static bool twice(struct unpickler *from, unsigned argument)
{
	struct dump_value *value = pickle_pop(from);

	(void)argument;
	return value != NULL && pickle_push(from, value) && pickle_push(from, value);
}

/* A number as text: of the opcode INT, which is a boolean, too, of LONG, which ends with "L", or of
 * FLOAT. */
static bool number_line(struct unpickler *from, unsigned opcode)
{
	size_t count;
	const char *line = pickle_take_line(from, &count);
	struct dump_value *text;
	int64_t number;
	char *end;
	double real;

	if (line == NULL)
		return false;
	if (opcode == 'L' && count > 0 && line[count - 1] == 'L')
		count--;
	if (opcode == 'I' && count == 2 && line[0] == '0' && (line[1] == '0' || line[1] == '1'))
		return new_value(from, line[1] == '1' ? DUMP_TRUE : DUMP_FALSE);
	text = dump_string_new(from->memory, line, count);
	if (text == NULL)
		return pickle_fail_memory(from);
	if (opcode != 'F' && number_parse(text->string.bytes, &number))
		return push_number(from, number);
	real = strtod(text->string.bytes, &end);
	if (count == 0 || *end != '\0')
		return pickle_fail(from, "has a number that is none");
	return push_real(from, real);
}

/* A whole number of SIZE bytes; one of 4 has a sign. */
static bool whole(struct unpickler *from, unsigned size)
{
	uint64_t number;

	return pickle_take_size(from, size, &number) &&
	       push_number(from, size == 4 ? (int32_t)(uint32_t)number : (int64_t)number);
}

/* A number in two's complement, the lowest byte first, behind its length, which has SIZE bytes. */
static bool long_whole(struct unpickler *from, unsigned size)
{
	uint64_t count, low;
	const uint8_t *bytes;
	uint8_t sign;
	double real = 0;

	if (!pickle_take_size(from, size, &count) || (bytes = pickle_take(from, count)) == NULL)
		return false;
	sign = count > 0 && (bytes[count - 1] & 0x80) != 0 ? 0xff : 0;
	while (count > 8 && bytes[count - 1] == sign && (bytes[count - 2] & 0x80) == (sign & 0x80))
		count--;
	low = sign == 0 ? 0 : UINT64_MAX;
	for (uint64_t i = count; i-- > 0;) {
		low = low << 8 | bytes[i];
		real = real * 256 + (uint8_t)(bytes[i] ^ sign);
	}
	if (count <= 8)
		return push_number(from, (int64_t)low);
	return push_real(from, sign == 0 ? real : -real - 1);
}

/* A double, its highest byte first. */
static bool binfloat(struct unpickler *from, unsigned size)
{
	const uint8_t *bytes = pickle_take(from, size);
	uint64_t bits = 0;
	double real;

	if (bytes == NULL)
		return false;
	for (unsigned i = 0; i < size; i++)
		bits = bits << 8 | bytes[i];
	memcpy(&real, &bits, sizeof real);
	return push_real(from, real);
}

/* A string behind its length, which has SIZE bytes. */
static bool string(struct unpickler *from, unsigned size)
{
	uint64_t count;
	const uint8_t *bytes;

	if (!pickle_take_size(from, size, &count) || (bytes = pickle_take(from, count)) == NULL)
		return false;
	return pickle_push(from, dump_string_new(from->memory, (const char *)bytes, (size_t)count));
}

/* A string as text, of the opcode STRING or UNICODE. */
static bool string_line(struct unpickler *from, unsigned opcode)
{
	size_t count;
	const char *line = pickle_take_line(from, &count);

	if (line == NULL)
		return false;
	return pickle_push(from, opcode == 'S' ? pickle_string(from->memory, line, count)
					       : pickle_unicode(from->memory, line, count));
}

/* Makes a value of TYPE of the values from FIRST on. */
static bool collect(struct unpickler *from, unsigned type, size_t first)
{
	struct dump_value *value = dump_value_new(from->memory, (enum dump_type)type);

	if (value == NULL)
		return pickle_fail_memory(from);
	return pickle_move(from, first, value) && pickle_push(from, value);
}

static bool collect_marked(struct unpickler *from, unsigned type)
{
	size_t first;

	return pickle_pop_mark(from, &first) && collect(from, type, first);
}

static bool collect_last(struct unpickler *from, unsigned count)
{
	if (pickle_above_mark(from) < count)
		return pickle_fail(from, "takes a value that is not there");
	return collect(from, DUMP_TUPLE, from->stack.list.count - count);
}

/* Adds the values from FIRST on to the list or dict below them, which has TYPE. */
static bool add_from(struct unpickler *from, unsigned type, size_t first)
{
	size_t floor = from->mark_count == 0 ? 0 : from->marks[from->mark_count - 1];
	struct dump_value *to = first > floor ? from->stack.list.items[first - 1] : NULL;

	if (to == NULL || to->type != type)
		return pickle_fail(from, "adds to what is no list and no dict");
	return pickle_move(from, first, to);
}

static bool add_marked(struct unpickler *from, unsigned type)
{
	size_t first;

	return pickle_pop_mark(from, &first) && add_from(from, type, first);
}

/* Adds one element, or a key and its value. */
static bool add_one(struct unpickler *from, unsigned type)
{
	size_t count = type == DUMP_DICT ? 2 : 1;

	if (pickle_above_mark(from) < count)
		return pickle_fail(from, "takes a value that is not there");
	return add_from(from, type, from->stack.list.count - count);
}

/* The number of a value: of SIZE bytes, or where that is 0, a line. */
static bool take_key(struct unpickler *from, unsigned size, uint64_t *ret_number)
{
	size_t count = 0;
	const char *line;

	if (size > 0)
		return pickle_take_size(from, size, ret_number);
	line = pickle_take_line(from, &count);
	if (line == NULL)
		return false;
	*ret_number = 0;
	for (size_t i = 0; i < count; i++) {
		if (!is_digit(line[i]) || count > KEY_DIGITS_MOST)
			return pickle_fail(from, "has a number that is none");
		*ret_number = 10 * *ret_number + digit_value(line[i]);
	}
	return count > 0 || pickle_fail(from, "has a number that is none");
}

/* Keeps what is on top under NUMBER. No pickle has more numbers than bytes. */
static bool keep(struct unpickler *from, uint64_t number)
{
	if (pickle_above_mark(from) == 0)
		return pickle_fail(from, "takes a value that is not there");
	if (number > (uint64_t)(from->end - from->start))
		return pickle_fail(from, "has a number that is none");
	while (from->memo.list.count <= number)
		if (!dump_append(from->memory, &from->memo, NULL))
			return pickle_fail_memory(from);
	from->memo.list.items[number] = from->stack.list.items[from->stack.list.count - 1];
	return true;
}

static bool put(struct unpickler *from, unsigned size)
{
	uint64_t number;

	return take_key(from, size, &number) && keep(from, number);
}

static bool memoize(struct unpickler *from, unsigned argument)
{
	(void)argument;
	return keep(from, from->memo.list.count);
}

static bool get(struct unpickler *from, unsigned size)
{
	uint64_t number;

	if (!take_key(from, size, &number))
		return false;
	if (number >= from->memo.list.count || from->memo.list.items[number] == NULL)
		return pickle_fail(from, "refers to a value that is not there");
	return pickle_push(from, from->memo.list.items[number]);
}

static const struct {
	const char *name;
	bool (*run)(struct unpickler *from, unsigned argument);
	unsigned argument;
} opcodes[256] = {
	['('] = {"MARK", mark, 0},
	['.'] = {"STOP", stop, 0},
	['0'] = {"POP", drop, 0},
	['1'] = {"POP_MARK", drop_to_mark, 0},
	['2'] = {"DUP", twice, 0},
	['F'] = {"FLOAT", number_line, 'F'},
	['I'] = {"INT", number_line, 'I'},
	['J'] = {"BININT", whole, 4},
	['K'] = {"BININT1", whole, 1},
	['L'] = {"LONG", number_line, 'L'},
	['M'] = {"BININT2", whole, 2},
	['N'] = {"NONE", new_value, DUMP_NONE},
	['S'] = {"STRING", string_line, 'S'},
	['T'] = {"BINSTRING", string, 4},
	['U'] = {"SHORT_BINSTRING", string, 1},
	['V'] = {"UNICODE", string_line, 'V'},
	['X'] = {"BINUNICODE", string, 4},
	['a'] = {"APPEND", add_one, DUMP_LIST},
	['d'] = {"DICT", collect_marked, DUMP_DICT},
	['}'] = {"EMPTY_DICT", new_value, DUMP_DICT},
	['e'] = {"APPENDS", add_marked, DUMP_LIST},
	['g'] = {"GET", get, 0},
	['h'] = {"BINGET", get, 1},
	['j'] = {"LONG_BINGET", get, 4},
	['l'] = {"LIST", collect_marked, DUMP_LIST},
	[']'] = {"EMPTY_LIST", new_value, DUMP_LIST},
	['p'] = {"PUT", put, 0},
	['q'] = {"BINPUT", put, 1},
	['r'] = {"LONG_BINPUT", put, 4},
	['s'] = {"SETITEM", add_one, DUMP_DICT},
	['t'] = {"TUPLE", collect_marked, DUMP_TUPLE},
	[')'] = {"EMPTY_TUPLE", new_value, DUMP_TUPLE},
	['u'] = {"SETITEMS", add_marked, DUMP_DICT},
	['G'] = {"BINFLOAT", binfloat, 8},
	[0x80] = {"PROTO", proto, 5},
	[0x85] = {"TUPLE1", collect_last, 1},
	[0x86] = {"TUPLE2", collect_last, 2},
	[0x87] = {"TUPLE3", collect_last, 3},
	[0x88] = {"NEWTRUE", new_value, DUMP_TRUE},
	[0x89] = {"NEWFALSE", new_value, DUMP_FALSE},
	[0x8a] = {"LONG1", long_whole, 1},
	[0x8b] = {"LONG4", long_whole, 4},
	[0x8c] = {"SHORT_BINUNICODE", string, 1},
	[0x8d] = {"BINUNICODE8", string, 8},
	[0x94] = {"MEMOIZE", memoize, 0},
	[0x95] = {"FRAME", skip, 8},
};

/* The opcodes that are refused: they name, call or build other things. */
static const char *const refused[256] = {['c'] = "GLOBAL",
	['R'] = "REDUCE",
	['b'] = "BUILD",
	['i'] = "INST",
	['o'] = "OBJ",
	['P'] = "PERSID",
	['Q'] = "BINPERSID",
	['B'] = "BINBYTES",
	['C'] = "SHORT_BINBYTES",
	[0x81] = "NEWOBJ",
	[0x82] = "EXT1",
	[0x83] = "EXT2",
	[0x84] = "EXT4",
	[0x8e] = "BINBYTES8",
	[0x8f] = "EMPTY_SET",
	[0x90] = "ADDITEMS",
	[0x91] = "FROZENSET",
	[0x92] = "NEWOBJ_EX",
	[0x93] = "STACK_GLOBAL",
	[0x96] = "BYTEARRAY8",
	[0x97] = "NEXT_BUFFER",
	[0x98] = "READONLY_BUFFER"};

/* Runs the next opcode, which WHY is about where it is not run. */
static bool step(struct unpickler *from, struct text *why)
{
	size_t at = (size_t)(from->at - from->start);
	uint8_t opcode;

	if (from->at == from->end) {
		text_printf(why, "it is no whole pickle: it is cut off behind byte %zu", at);
		return false;
	}
	opcode = *from->at++;
	if (refused[opcode] != NULL)
		text_printf(why,
			"it is a pickle that would build more than numbers, strings, lists and "
			"dicts, by %s at byte %zu",
			refused[opcode], at);
	else if (opcodes[opcode].run == NULL)
		text_printf(why, "it is no pickle: byte %zu is 0x%02x", at, opcode);
	else if (!opcodes[opcode].run(from, opcodes[opcode].argument))
		text_printf(why, "it is no whole pickle: %s at byte %zu %s", opcodes[opcode].name,
			at, from->wrong);
	else
		return true;
	return false;
}

struct dump_value *pickle_parse(
	const char *bytes, size_t count, struct dump_memory *memory, struct text *why)
{
	struct unpickler from = {
		.start = (const uint8_t *)bytes,
		.at = (const uint8_t *)bytes,
		.end = (const uint8_t *)bytes + count,
		.memory = memory,
		.stack = {.type = DUMP_LIST},
		.memo = {.type = DUMP_LIST},
	};

	while (!from.done)
		if (!step(&from, why))
			return NULL;
	return from.stack.list.items[from.stack.list.count - 1];
}
