/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/json.h"

#include "core/base/decimal.h"
#include "core/base/number.h"

#include <string.h>

/* How deep arrays and objects are nested at most; no event comes near it. */
#define DEPTH_MOST 1000

struct parser {
	const char *at, *end;
	struct json *values; /* the next free one */
	char *strings;	     /* where the next string goes */
	unsigned depth;
};

/* Every value but the first follows a comma or a bracket; every string or number is shorter, with
 * its NUL, than its source and the character behind that. */
size_t json_size(const char *text, size_t count)
{
	size_t values = 1;

	for (size_t i = 0; i < count; i++)
		values += text[i] == ',' || text[i] == '[' || text[i] == '{';
	return values * sizeof(struct json) + count + 1;
}

static char peek(const struct parser *parser)
{
	return parser->at < parser->end ? *parser->at : '\0';
}

static bool take(struct parser *parser, char wanted)
{
	if (parser->at == parser->end || *parser->at != wanted)
		return false;
	parser->at++;
	return true;
}

static void skip_blanks(struct parser *parser)
{
	while (parser->at < parser->end && (*parser->at == ' ' || *parser->at == '\t' ||
						   *parser->at == '\n' || *parser->at == '\r'))
		parser->at++;
}

static bool take_word(struct parser *parser, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(parser->end - parser->at) < length || memcmp(parser->at, word, length) != 0)
		return false;
	parser->at += length;
	return true;
}

static bool take_digits(struct parser *parser)
{
	const char *start = parser->at;

	while (is_digit(peek(parser)))
		parser->at++;
	return parser->at > start;
}

static bool skip_number(struct parser *parser)
{
	if (take_word(parser, "NaN") || take_word(parser, "Infinity") ||
		take_word(parser, "-Infinity"))
		return true;
	take(parser, '-');
	if (!take(parser, '0') && !take_digits(parser))
		return false;
	if (take(parser, '.') && !take_digits(parser))
		return false;
	if (take(parser, 'e') || take(parser, 'E')) {
		if (!take(parser, '+'))
			take(parser, '-');
		return take_digits(parser);
	}
	return true;
}

static bool parse_number(struct parser *parser, struct json *value)
{
	const char *start = parser->at;
	size_t length;

	if (!skip_number(parser))
		return false;
	length = (size_t)(parser->at - start);
	value->type = JSON_NUMBER;
	value->string = parser->strings;
	memcpy(parser->strings, start, length);
	parser->strings[length] = '\0';
	parser->strings += length + 1;
	return true;
}

static bool take_hex(struct parser *parser, uint32_t *ret_unit)
{
	uint32_t unit = 0;

	for (int i = 0; i < 4; i++) {
		unsigned digit = digit_value(peek(parser));

		if (digit >= 16)
			return false;
		unit = unit << 4 | digit;
		parser->at++;
	}
	*ret_unit = unit;
	return true;
}

#define REPLACEMENT 0xFFFD /* Unicode's own for what cannot be shown */

static bool is_surrogate(uint32_t unit, uint32_t first)
{
	return unit >= first && unit < first + 0x400;
}

/* The code point of \uXXXX, of which \u has been taken: of two such where they are a surrogate
 * pair. NUL, at which a string of C would end, and half of a pair are replaced. */
static bool take_point(struct parser *parser, uint32_t *ret_point)
{
	uint32_t high, low;
	const char *behind;

	if (!take_hex(parser, &high))
		return false;
	behind = parser->at;
	if (is_surrogate(high, 0xD800) && take_word(parser, "\\u") && take_hex(parser, &low) &&
		is_surrogate(low, 0xDC00)) {
		*ret_point = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
		return true;
	}
	parser->at = behind;
	*ret_point = high == 0 || (high >= 0xD800 && high < 0xE000) ? REPLACEMENT : high;
	return true;
}

static void put_point(struct parser *parser, uint32_t point)
{
	int more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
	static const unsigned char first[] = {0, 0xC0, 0xE0, 0xF0};

	*parser->strings++ = (char)(first[more] | point >> 6 * more);
	while (more-- > 0)
		*parser->strings++ = (char)(0x80 | (point >> 6 * more & 0x3F));
}

/* Parse what follows a backslash. */
static bool parse_escape(struct parser *parser)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found;
	uint32_t point;

	if (take(parser, 'u')) {
		if (!take_point(parser, &point))
			return false;
		put_point(parser, point);
		return true;
	}
	found = peek(parser) == '\0' ? NULL : strchr(from, peek(parser));
	if (found == NULL)
		return false;
	*parser->strings++ = to[found - from];
	parser->at++;
	return true;
}

static bool parse_string(struct parser *parser, const char **ret_string)
{
	*ret_string = parser->strings;
	if (!take(parser, '"'))
		return false;
	for (;;) {
		const char *start = parser->at;

		while (parser->at < parser->end && (unsigned char)*parser->at >= ' ' &&
			*parser->at != '"' && *parser->at != '\\')
			parser->at++;
		memcpy(parser->strings, start, (size_t)(parser->at - start));
		parser->strings += parser->at - start;
		if (take(parser, '"')) {
			*parser->strings++ = '\0';
			return true;
		}
		if (!take(parser, '\\') || !parse_escape(parser))
			return false;
	}
}

static bool parse_value(struct parser *parser, struct json *value);

/* One element of an array or, with its key, one member of an object. */
static bool parse_item(struct parser *parser, bool member, struct json *item)
{
	skip_blanks(parser);
	if (member) {
		if (!parse_string(parser, &item->key))
			return false;
		skip_blanks(parser);
		if (!take(parser, ':'))
			return false;
	}
	return parse_value(parser, item);
}

/* What is between the brackets, of which the first has been taken, and the last of them. */
static bool parse_group(struct parser *parser, struct json *group, enum json_type type, char last)
{
	const struct json **to = &group->child;

	group->type = type;
	if (++parser->depth > DEPTH_MOST)
		return false;
	skip_blanks(parser);
	if (!take(parser, last)) {
		do {
			struct json *item = parser->values++;

			*item = (struct json){.type = JSON_NULL};
			if (!parse_item(parser, type == JSON_OBJECT, item))
				return false;
			*to = item;
			to = &item->next;
			group->count++;
		} while (take(parser, ','));
		if (!take(parser, last))
			return false;
	}
	parser->depth--;
	return true;
}

/* VALUE is all zero but its key. */
static bool parse_value(struct parser *parser, struct json *value)
{
	bool good = false;

	skip_blanks(parser);
	if (take(parser, '{')) {
		good = parse_group(parser, value, JSON_OBJECT, '}');
	} else if (take(parser, '[')) {
		good = parse_group(parser, value, JSON_ARRAY, ']');
	} else if (peek(parser) == '"') {
		value->type = JSON_STRING;
		good = parse_string(parser, &value->string);
	} else if (take_word(parser, "true")) {
		value->type = JSON_TRUE;
		good = true;
	} else if (take_word(parser, "false")) {
		value->type = JSON_FALSE;
		good = true;
	} else {
		good = take_word(parser, "null") || parse_number(parser, value);
	}
	skip_blanks(parser);
	return good;
}

const struct json *json_parse(const char *text, size_t count, void *memory)
{
	struct json *value = memory;
	struct parser parser = {
		.at = text,
		.end = text + count,
		.values = value + 1,
		.strings = (char *)memory + (json_size(text, count) - count - 1),
	};

	*value = (struct json){.type = JSON_NULL};
	take_word(&parser, "\xEF\xBB\xBF"); /* what some editors put in front */
	return parse_value(&parser, value) && parser.at == parser.end ? value : NULL;
}

double json_double(const struct json *value)
{
	double number = __builtin_inf();

	if (value->string[0] == 'N')
		return __builtin_nan("");
	/* What is not parsed is Infinity, or so large that it is read as that. */
	if (!decimal_parse(value->string, &number) && value->string[0] == '-')
		number = -number;
	return number;
}
