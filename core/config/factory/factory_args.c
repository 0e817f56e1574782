/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/factory/factory.h"

#include "core/base/number.h"

#include <float.h>
#include <string.h>

struct argument_type {
	const char *name;
	__int128 least, most; /* of the integers */
	const char *range;    /* the range in words */
};

static const struct argument_type types[] = {
	[FACTORY_STR] = {"str", 0, 0, NULL},
	[FACTORY_I32] = {"i32", INT32_MIN, INT32_MAX, "-2147483648 to 2147483647"},
	[FACTORY_I64] = {"i64", INT64_MIN, INT64_MAX,
		"-9223372036854775808 to 9223372036854775807"},
	[FACTORY_U32] = {"u32", 0, UINT32_MAX, "0 to 4294967295"},
	[FACTORY_U64] = {"u64", 0, UINT64_MAX, "0 to 18446744073709551615"},
	[FACTORY_F32] = {"f32", 0, 0, "a number that a float can hold"},
	[FACTORY_F64] = {"f64", 0, 0, "a decimal number that a double can hold"},
	[FACTORY_BOOL] = {"bool", 0, 0, NULL},
	[FACTORY_PTR] = {"ptr", 0, 0, NULL},
};

#define TYPE_COUNT (sizeof types / sizeof *types)
_Static_assert(TYPE_COUNT == FACTORY_TYPE_COUNT_, "a type has no name");

/* Returns IS_RIGHT; where it is false, reports that WHAT was expected at LOCATION. */
static bool expect(struct config_reader *reader, const struct location *location, bool is_right,
	const char *what)
{
	if (!is_right)
		config_error(reader->errors, location, "expected %s, found %s", what,
			value_type_name(location->value->type));
	return is_right;
}

static void out_of_range(
	struct config_reader *reader, const struct location *location, enum factory_type type)
{
	config_error(reader->errors, location, "expected %s, found %s", types[type].range,
		location->value->text);
}

/* The readers store an integer that no int64_t can hold as a float. */
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

/* The number in VALUE; for one beyond UINT64_MAX, some other number beyond UINT64_MAX. */
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
			number = number * base + digit_value(*at);
	return value->text[0] == '-' ? -number : number;
}

static void read_integer(struct config_reader *reader, const struct location *location,
	struct factory_argument *argument)
{
	const struct argument_type *type = &types[argument->type];
	__int128 number;

	if (!expect(reader, location, is_integer(location->value), "an integer"))
		return;
	number = integer_of(location->value);
	if (number < type->least || number > type->most)
		out_of_range(reader, location, argument->type);
	/* A 32-bit member must not be written as a 64-bit one: on a big-endian machine the other
	 * half would be read. */
	if (argument->type == FACTORY_I32 || argument->type == FACTORY_U32)
		argument->u32 = (uint32_t)number;
	else
		argument->u64 = (uint64_t)number;
}

static void read_float(struct config_reader *reader, const struct location *location,
	struct factory_argument *argument)
{
	enum value_type type = location->value->type;
	double number, size;

	if (!expect(reader, location, type == VALUE_INT || type == VALUE_FLOAT, "a number"))
		return;
	if (!value_double(location->value, &number)) {
		out_of_range(reader, location, FACTORY_F64);
		return;
	}
	size = number < 0 ? -number : number;
	if (argument->type == FACTORY_F64)
		argument->f64 = number;
	else if (size > (double)FLT_MAX && size <= DBL_MAX)
		out_of_range(reader, location, FACTORY_F32);
	else
		argument->f32 = (float)number;
}

/* Read the value at LOCATION into ARGUMENT, whose type is set. */
static void read_typed(struct config_reader *reader, const struct location *location,
	struct factory_argument *argument)
{
	const struct value *value = location->value;

	switch (argument->type) {
	case FACTORY_STR:
		if (expect(reader, location, value->type == VALUE_STRING, "a string"))
			argument->pointer = value->text;
		break;
	case FACTORY_BOOL:
		if (expect(reader, location, value->type == VALUE_BOOL, "a boolean"))
			argument->boolean = value->number != 0;
		break;
	case FACTORY_PTR:
		expect(reader, location, value->type == VALUE_NULL,
			"null, the only pointer that can be written");
		argument->pointer = NULL;
		break;
	case FACTORY_F32:
	case FACTORY_F64: read_float(reader, location, argument); break;
	default: read_integer(reader, location, argument);
	}
}

/* The type that LOCATION's key names; FACTORY_TYPE_COUNT_ after an error was reported. */
static enum factory_type find_type(struct config_reader *reader, const struct location *location)
{
	const char *names[TYPE_COUNT + 1] = {NULL};
	char meant[64];

	for (size_t i = 0; i < TYPE_COUNT; i++) {
		names[i] = types[i].name;
		if (strcmp(types[i].name, location->key) == 0)
			return (enum factory_type)i;
	}
	config_error(reader->errors, location,
		"unknown type; known are: str, i32, i64, u32, u64, f32, f64, bool, ptr%s",
		config_did_you_mean(location->key, names, meant, sizeof meant));
	return FACTORY_TYPE_COUNT_;
}

static void read_argument(struct config_reader *reader, const struct location *location,
	struct factory_argument *argument)
{
	const struct value *dict = config_resolve(reader, location);
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
	argument->type = find_type(reader, &typed);
	if (argument->type == FACTORY_TYPE_COUNT_)
		return;
	typed.value = config_resolve(reader, &typed);
	if (typed.value != NULL)
		read_typed(reader, &typed, argument);
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
