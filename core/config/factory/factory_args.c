/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/factory/factory_args.h"

#include <errno.h>
#include <float.h>
#include <string.h>

struct argument_type {
	const char *name;
	enum factory_type type;
	bool (*read)(struct config_reader *reader, const struct location *location,
		const struct argument_type *type, struct factory_argument *argument);
	__int128 least, most; /* of the integers */
	const char *range;    /* the same in words */
};

static bool expected(
	struct config_reader *reader, const struct location *location, const char *what)
{
	config_error(reader->errors, location, "expected %s, found %s", what,
		value_type_name(location->value->type));
	return false;
}

static bool out_of_range(
	struct config_reader *reader, const struct location *location, const char *range)
{
	config_error(
		reader->errors, location, "expected %s, found %s", range, location->value->text);
	return false;
}

static int digit_of(char c)
{
	return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

/* The readers make a float of an integer that no int64_t holds. */
static bool is_integer(const struct value *value)
{
	const char *text = value->text;

	if (value->type != VALUE_FLOAT)
		return value->type == VALUE_INT;
	text += *text == '-' || *text == '+';
	if (text[0] == '0' && text[1] == 'x')
		return text[2 + strspn(text + 2, "0123456789abcdefABCDEF_")] == '\0';
	return text[strspn(text, "0123456789_")] == '\0';
}

/* What is larger than any uint64_t stays just that. */
static __int128 integer_of(const struct value *value)
{
	const char *at = value->text;
	__int128 number = 0;
	int base = 10;

	if (value->type == VALUE_INT)
		return value->number;
	at += *at == '-' || *at == '+';
	if (at[0] == '0' && at[1] == 'x') {
		base = 16;
		at += 2;
	}
	for (; *at != '\0'; at++)
		if (*at != '_' && number <= UINT64_MAX)
			number = number * base + digit_of(*at);
	return value->text[0] == '-' ? -number : number;
}

static bool read_integer(struct config_reader *reader, const struct location *location,
	const struct argument_type *type, struct factory_argument *argument)
{
	__int128 number;

	if (!is_integer(location->value))
		return expected(reader, location, "an integer");
	number = integer_of(location->value);
	if (number < type->least || number > type->most)
		return out_of_range(reader, location, type->range);
	/* The members begin at the same place, but narrow ones must not be written as wide ones
	 * where the first byte is the last one's. */
	if (type->type == FACTORY_I32 || type->type == FACTORY_U32)
		argument->u32 = (uint32_t)number;
	else
		argument->u64 = (uint64_t)number;
	return true;
}

static bool read_double(
	struct config_reader *reader, const struct location *location, double *ret_number)
{
	if (location->value->type != VALUE_INT && location->value->type != VALUE_FLOAT)
		return expected(reader, location, "a number");
	return value_double(location->value, ret_number) ||
	       out_of_range(reader, location, "a decimal number that a double can hold");
}

static bool read_f64(struct config_reader *reader, const struct location *location,
	const struct argument_type *type, struct factory_argument *argument)
{
	(void)type;
	return read_double(reader, location, &argument->f64);
}

static bool read_f32(struct config_reader *reader, const struct location *location,
	const struct argument_type *type, struct factory_argument *argument)
{
	double number, size;

	if (!read_double(reader, location, &number))
		return false;
	size = number < 0 ? -number : number;
	if (size > (double)FLT_MAX && size <= DBL_MAX)
		return out_of_range(reader, location, type->range);
	argument->f32 = (float)number;
	return true;
}

static bool read_string(struct config_reader *reader, const struct location *location,
	const struct argument_type *type, struct factory_argument *argument)
{
	(void)type;
	if (location->value->type != VALUE_STRING)
		return expected(reader, location, "a string");
	argument->pointer = location->value->text;
	return true;
}

static bool read_boolean(struct config_reader *reader, const struct location *location,
	const struct argument_type *type, struct factory_argument *argument)
{
	(void)type;
	if (location->value->type != VALUE_BOOL)
		return expected(reader, location, "a boolean");
	argument->boolean = location->value->number != 0;
	return true;
}

static bool read_pointer(struct config_reader *reader, const struct location *location,
	const struct argument_type *type, struct factory_argument *argument)
{
	(void)type;
	if (location->value->type != VALUE_NULL)
		return expected(reader, location, "null, the only pointer that can be written");
	argument->pointer = NULL;
	return true;
}

static const struct argument_type types[] = {
	{"str", FACTORY_STR, read_string, 0, 0, NULL},
	{"i32", FACTORY_I32, read_integer, INT32_MIN, INT32_MAX, "-2147483648 to 2147483647"},
	{"i64", FACTORY_I64, read_integer, INT64_MIN, INT64_MAX,
		"-9223372036854775808 to 9223372036854775807"},
	{"u32", FACTORY_U32, read_integer, 0, UINT32_MAX, "0 to 4294967295"},
	{"u64", FACTORY_U64, read_integer, 0, UINT64_MAX, "0 to 18446744073709551615"},
	{"f32", FACTORY_F32, read_f32, 0, 0, "a number that a float can hold"},
	{"f64", FACTORY_F64, read_f64, 0, 0, NULL},
	{"bool", FACTORY_BOOL, read_boolean, 0, 0, NULL},
	{"ptr", FACTORY_PTR, read_pointer, 0, 0, NULL},
};

#define TYPE_COUNT (sizeof types / sizeof *types)
_Static_assert(TYPE_COUNT == FACTORY_TYPE_COUNT_, "a type has no name");

static const struct argument_type *find_type(
	struct config_reader *reader, const struct location *location)
{
	const char *names[TYPE_COUNT + 1] = {NULL};
	char meant[64];

	for (size_t i = 0; i < TYPE_COUNT; i++) {
		names[i] = types[i].name;
		if (strcmp(types[i].name, location->key) == 0)
			return &types[i];
	}
	config_error(reader->errors, location,
		"unknown type; known are: str, i32, i64, u32, u64, f32, f64, bool, ptr%s",
		config_did_you_mean(location->key, names, meant, sizeof meant));
	return NULL;
}

static void read_argument(struct config_reader *reader, const struct location *location,
	struct factory_argument *argument)
{
	const struct value *dict = config_resolve(reader, location);
	const struct argument_type *type;
	struct location typed = {.parent = location};

	if (dict == NULL)
		return;
	if (dict->type != VALUE_DICT || dict->count != 1) {
		config_error(reader->errors, location,
			"expected one key, the argument's type, as in {i32: 4}");
		return;
	}
	typed.key = dict->items->key;
	typed.value = dict->items->value;
	type = find_type(reader, &typed);
	if (type == NULL)
		return;
	argument->type = type->type;
	typed.value = config_resolve(reader, &typed);
	if (typed.value != NULL)
		type->read(reader, &typed, type, argument);
}

size_t factory_arguments(struct config_reader *reader, const struct location *location,
	const struct factory_argument **ret)
{
	struct factory_argument *arguments;
	size_t count = 0;

	if (location->value->count > FACTORY_ARGUMENTS_MOST) {
		config_error(reader->errors, location, "expected at most %d arguments, found %zu",
			FACTORY_ARGUMENTS_MOST, location->value->count);
		return 0;
	}
	arguments = arena_alloc(reader->arena, location->value->count * sizeof *arguments);
	if (arguments == NULL) {
		reader->no_memory = true;
		return 0;
	}
	for (const struct value_item *item = location->value->items; item != NULL;
		item = item->next) {
		read_argument(reader, &(struct location){location, NULL, count, item->value},
			&arguments[count]);
		count++;
	}
	*ret = arguments;
	return count;
}
