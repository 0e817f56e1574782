/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/yaml/scalar.h"

#include "core/base/names.h"
#include "core/base/number.h"

/* Whether TEXT is one of the names that follow; none is longer than "false". */
#define AMONG(text, ...) \
	(names_find(NAMES(((const char[][sizeof "false"]){__VA_ARGS__})), text) >= 0)

/* Digits of BASE and '_', to the end; at least one of either. Returns false if there is anything
 * else. */
static bool read_digits(const char *at, unsigned base, int64_t *ret, bool *overflow)
{
	int64_t number = 0;

	if (*at == '\0')
		return false;
	for (; *at != '\0'; at++) {
		if (*at == '_')
			continue;
		if (digit_value(*at) >= base)
			return false;
		*overflow |= __builtin_mul_overflow(number, base, &number) ||
			     __builtin_add_overflow(number, digit_value(*at), &number);
	}
	*ret = number;
	return true;
}

/* "12:30:00": base 60, each part behind a colon of one or two digits below 60. */
static bool read_sexagesimal(const char *at, int64_t *ret, bool *overflow)
{
	int64_t number = 0;
	bool colon = false;

	if (*at < '1' || *at > '9')
		return false;
	for (; is_digit(*at) || *at == '_'; at++)
		if (*at != '_')
			*overflow |= __builtin_mul_overflow(number, 10, &number) ||
				     __builtin_add_overflow(number, *at - '0', &number);
	while (*at == ':') {
		int part;

		colon = true;
		at++;
		if (!is_digit(*at))
			return false;
		part = number_take(&at, *at < '6' ? 2 : 1);
		*overflow |= __builtin_mul_overflow(number, 60, &number) ||
			     __builtin_add_overflow(number, part, &number);
	}
	*ret = number;
	return colon && *at == '\0';
}

static bool read_integer(const char *at, int64_t *ret, bool *overflow)
{
	if (at[0] == '0' && at[1] == 'b')
		return read_digits(at + 2, 2, ret, overflow);
	if (at[0] == '0' && at[1] == 'x')
		return read_digits(at + 2, 16, ret, overflow);
	if (at[0] == '0' && at[1] != '\0')
		return read_digits(at + 1, 8, ret, overflow);
	if (!is_digit(at[0]))
		return false;
	return read_digits(at, 10, ret, overflow) || read_sexagesimal(at, ret, overflow);
}

static bool resolve_integer(struct value *value)
{
	const char *at = value->text + (value->text[0] == '-' || value->text[0] == '+');
	bool overflow = false;
	int64_t number;

	if (!read_integer(at, &number, &overflow))
		return false;
	value->type = overflow ? VALUE_FLOAT : VALUE_INT;
	value->number = overflow ? 0 : value->text[0] == '-' ? -number : number;
	return true;
}

static bool is_float(const char *text)
{
	const char *at = text + (*text == '-' || *text == '+');
	size_t whole = strspn(at, "0123456789_");

	if (AMONG(at, ".inf", ".Inf", ".INF") || AMONG(text, ".nan", ".NaN", ".NAN"))
		return true;
	/* As in PyYAML, ".5" takes no sign. */
	if (whole == 0 && (at != text || !is_digit(at[1])))
		return false;
	if (whole > 0 && at[0] == '_')
		return false;
	at += whole;
	while (whole > 0 && *at == ':' && is_digit(at[1]))
		at += at[1] <= '5' && is_digit(at[2]) ? 3 : 2;
	if (*at != '.')
		return false;
	at += 1 + strspn(at + 1, "0123456789_");
	if ((*at == 'e' || *at == 'E') && (at[1] == '-' || at[1] == '+') && at[2] != '\0')
		at += 2 + strspn(at + 2, "0123456789");
	return *at == '\0';
}

void scalar_resolve(struct value *value)
{
	const char *text = value->text;

	value->type = VALUE_STRING;
	if (text[0] == '\0' || AMONG(text, "~", "null", "Null", "NULL")) {
		value->type = VALUE_NULL;
	} else if (AMONG(text, "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")) {
		value->type = VALUE_BOOL;
		value->number = 1;
	} else if (AMONG(text, "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")) {
		value->type = VALUE_BOOL;
	} else if (!resolve_integer(value) && is_float(text)) {
		value->type = VALUE_FLOAT;
	}
}
