/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/ini/literal.h"

#include "core/base/names.h"
#include "core/base/number.h"
#include "core/base/text.h"

#include <errno.h>
#include <string.h>

struct reader {
	struct arena *arena;
	const struct value *source;
	struct config_errors *errors;
	const char *at;
	unsigned depth;
};

static int refuse_at(struct reader *reader, const char *at, const char *what)
{
	config_error_at(reader->errors, reader->source->line, reader->source->column,
		"%s at column %zu of '%s'", what, (size_t)(at - reader->source->text) + 1,
		reader->source->text);
	return -EINVAL;
}

static int refuse(struct reader *reader)
{
	return refuse_at(reader, reader->at, "unsupported expression");
}

/* Blanks, also newlines where they are between parentheses, and comments. */
static void skip(struct reader *reader)
{
	for (;;) {
		reader->at += strspn(reader->at, " \t\f\r\n");
		if (*reader->at != '#')
			return;
		reader->at += strcspn(reader->at, "\n");
	}
}

static struct value *new_value(struct reader *reader, enum value_type type)
{
	return value_new(reader->arena, type, reader->source->line, reader->source->column);
}

static bool is_letter(char c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
}

bool literal_digits(const char **at, unsigned base, int64_t *number, bool *overflow)
{
	if (digit_value(**at) >= base)
		return false;
	for (;; (*at)++) {
		if (**at == '_' && digit_value((*at)[1]) < base)
			(*at)++;
		if (digit_value(**at) >= base)
			return true;
		*overflow |= __builtin_mul_overflow(*number, base, number) ||
			     __builtin_add_overflow(*number, digit_value(**at), number);
	}
}

/* What follows the digits of a float: ".5e-3". Returns false where nothing does. */
static bool read_fraction(const char **at)
{
	const char *start = *at;
	bool overflow = false;
	int64_t ignored = 0;

	if (**at == '.') {
		(*at)++;
		literal_digits(at, 10, &ignored, &overflow);
	}
	if (**at == 'e' || **at == 'E') {
		const char *exponent = *at + 1 + ((*at)[1] == '+' || (*at)[1] == '-');

		if (literal_digits(&exponent, 10, &ignored, &overflow))
			*at = exponent;
	}
	return *at > start;
}

static unsigned base_at(const char *at)
{
	char letter = (char)(at[1] | 32);

	if (at[0] != '0')
		return 10;
	return letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
}

static int read_number(struct reader *reader, const char *start, bool negative, struct value **ret)
{
	const char *at = reader->at;
	unsigned base = base_at(at);
	struct value *value = new_value(reader, VALUE_INT);
	int64_t number = 0;
	bool overflow = false, leading_zero = base == 10 && at[0] == '0';

	if (value == NULL)
		return -ENOMEM;
	at += base == 10 ? 0 : 2;
	at += base != 10 && *at == '_';
	if (!literal_digits(&at, base, &number, &overflow) && *at != '.')
		return refuse(reader);
	if (base == 10 && read_fraction(&at))
		value->type = VALUE_FLOAT;
	else if ((leading_zero && number != 0) || overflow)
		return refuse(reader);
	if (is_letter(*at) || is_digit(*at))
		return refuse(reader);
	value->number = value->type == VALUE_FLOAT ? 0 : negative ? -number : number;
	value->text = arena_strndup(reader->arena, start, (size_t)(at - start));
	reader->at = at;
	*ret = value;
	return value->text == NULL ? -ENOMEM : 0;
}

static int read_signed(struct reader *reader, struct value **ret)
{
	const char *start = reader->at;
	bool negative = *start == '-';

	reader->at++;
	skip(reader);
	if (!is_digit(*reader->at) && *reader->at != '.')
		return refuse(reader);
	return read_number(reader, start, negative, ret);
}

/* The names that arguments of handlers need from the namespace in which Python evaluates them. */
static const struct {
	const char *name;
	enum value_type type;
	int64_t number;
	const char *text;
} names[] = {
	{"None", VALUE_NULL, 0, "None"},
	{"True", VALUE_BOOL, 1, "True"},
	{"False", VALUE_BOOL, 0, "False"},
	{"sys.stdout", VALUE_STRING, 0, "ext://sys.stdout"},
	{"sys.stderr", VALUE_STRING, 0, "ext://sys.stderr"},
	{"sys.__stdout__", VALUE_STRING, 0, "ext://sys.__stdout__"},
	{"sys.__stderr__", VALUE_STRING, 0, "ext://sys.__stderr__"},
	{"CRITICAL", VALUE_INT, 50, "50"},
	{"FATAL", VALUE_INT, 50, "50"},
	{"ERROR", VALUE_INT, 40, "40"},
	{"WARNING", VALUE_INT, 30, "30"},
	{"WARN", VALUE_INT, 30, "30"},
	{"INFO", VALUE_INT, 20, "20"},
	{"DEBUG", VALUE_INT, 10, "10"},
	{"NOTSET", VALUE_INT, 0, "0"},
	{"handlers.DEFAULT_TCP_LOGGING_PORT", VALUE_INT, 9020, "9020"},
	{"handlers.DEFAULT_UDP_LOGGING_PORT", VALUE_INT, 9021, "9021"},
	{"handlers.DEFAULT_HTTP_LOGGING_PORT", VALUE_INT, 9022, "9022"},
	{"handlers.DEFAULT_SOAP_LOGGING_PORT", VALUE_INT, 9023, "9023"},
	{"handlers.SYSLOG_UDP_PORT", VALUE_INT, 514, "514"},
	{"handlers.SYSLOG_TCP_PORT", VALUE_INT, 514, "514"},
	{"handlers.socket.SOCK_STREAM", VALUE_STRING, 0, "ext://socket.SOCK_STREAM"},
	{"handlers.socket.SOCK_DGRAM", VALUE_STRING, 0, "ext://socket.SOCK_DGRAM"},
};

#define FACILITY "handlers.SysLogHandler.LOG_"

/* The names behind FACILITY, by their numbers. */
static const char facilities[][9] = {"KERN", "USER", "MAIL", "DAEMON", "AUTH", "SYSLOG", "LPR",
	"NEWS", "UUCP", "CRON", "AUTHPRIV", "FTP", "NTP", "SECURITY", "CONSOLE", "SOLCRON",
	"LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", "LOCAL6", "LOCAL7"};

/* The number of the facility NAME, as its text, too, in *VALUE. Returns -ENOENT where it is none.
 */
static int read_facility(struct reader *reader, const char *name, struct value *value)
{
	size_t prefix = strlen(FACILITY);
	int found = strncmp(name, FACILITY, prefix) == 0
			    ? names_find(NAMES(facilities), name + prefix)
			    : -1;
	char digits[4];

	if (found < 0)
		return -ENOENT;
	text_format(digits, sizeof digits, "%d", found);
	value->number = found;
	value->text = arena_strdup(reader->arena, digits);
	return value->text == NULL ? -ENOMEM : 0;
}

static int refuse_name(struct reader *reader, size_t length)
{
	size_t first = 0;

	while (first < length && reader->at[first] != '.')
		first++;
	config_python(
		reader->errors, "NameError: name '%.*s' is not defined", (int)first, reader->at);
	return refuse_at(reader, reader->at, "unsupported name");
}

static int read_name(struct reader *reader, struct value **ret)
{
	struct value *value = new_value(reader, VALUE_INT);
	size_t length = 0;
	const char *name;
	int error;

	while (is_letter(reader->at[length]) || is_digit(reader->at[length]) ||
		reader->at[length] == '.')
		length++;
	name = arena_strndup(reader->arena, reader->at, length);
	if (name == NULL || value == NULL)
		return -ENOMEM;
	error = read_facility(reader, name, value);
	for (size_t i = 0; error == -ENOENT && i < NAMES_COUNT(names); i++)
		if (strcmp(names[i].name, name) == 0) {
			value->type = names[i].type;
			value->number = names[i].number;
			value->text = names[i].text;
			error = 0;
		}
	if (error == -ENOENT)
		return refuse_name(reader, length);
	reader->at += length;
	*ret = value;
	return error;
}

/* The length of a prefix that may stand before a quote; 0 is none. */
static size_t prefix_length(const char *at)
{
	static const char *const prefixes[] = {"r", "b", "u", "rb", "br"};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		size_t length = strlen(prefixes[i]), same = 0;

		while (same < length && (at[same] | 32) == prefixes[i][same])
			same++;
		if (same == length && (at[length] == '\'' || at[length] == '"'))
			return length;
	}
	return 0;
}

static bool is_string(const char *at)
{
	at += prefix_length(at);
	return *at == '\'' || *at == '"';
}

static bool add_checked(struct text *text, uint32_t point)
{
	if (point == 0 || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
		return false;
	text_point(text, point);
	return true;
}

/* "\x41", of COUNT digits behind the letter. */
static bool read_hex(const char **at, int count, struct text *text)
{
	uint32_t point = 0;

	for ((*at)++; count > 0; count--, (*at)++) {
		if (digit_value(**at) >= 16)
			return false;
		point = point << 4 | digit_value(**at);
	}
	return add_checked(text, point);
}

static bool read_octal(const char **at, struct text *text)
{
	uint32_t point = 0;

	for (int i = 0; i < 3 && **at >= '0' && **at <= '7'; i++, (*at)++)
		point = point << 3 | (uint32_t)(**at - '0');
	return add_checked(text, point);
}

/* The rest of an escape, behind the backslash. An unknown escape stays as it is, as in Python. */
static bool read_escape(const char **at, struct text *text)
{
	static const char letters[] = "\\'\"abfnrtv", meant[] = "\\'\"\a\b\f\n\r\t\v";
	const char *known;

	switch (**at) {
	case '\0': return false;
	case '\n': (*at)++; return true;
	case 'x': return read_hex(at, 2, text);
	case 'u': return read_hex(at, 4, text);
	case 'U': return read_hex(at, 8, text);
	case 'N': return false;
	default: break;
	}
	if (**at >= '0' && **at <= '7')
		return read_octal(at, text);
	known = strchr(letters, **at);
	if (known == NULL)
		text_char(text, '\\');
	text_char(text, known == NULL ? **at : meant[known - letters]);
	(*at)++;
	return true;
}

static bool is_raw(const char *at, size_t prefix)
{
	return prefix > 0 && ((at[0] | 32) == 'r' || (prefix > 1 && (at[1] | 32) == 'r'));
}

/* A raw string keeps its backslashes, including one that escapes a quote. */
static bool read_raw_escape(const char **at, struct text *text)
{
	if (**at == '\0')
		return false;
	text_char(text, '\\');
	text_char(text, *(*at)++);
	return true;
}

/* Append the string at *AT ('…', "…", three quotes, with prefixes r, b, u and escapes) to TEXT as
 * UTF-8, and move *AT behind it. False, with *AT somewhere in the string, when it does not end or
 * has what is not supported: a NUL, a surrogate, "\N{…}". */
static bool read_string(const char **at, struct text *text)
{
	size_t prefix = prefix_length(*at), quotes;
	bool raw = is_raw(*at, prefix);
	const char *quote = *at + prefix;

	quotes = quote[1] == quote[0] && quote[2] == quote[0] ? 3 : 1;
	for (*at = quote + quotes; strncmp(*at, quote, quotes) != 0;) {
		if (**at == '\0' || (**at == '\n' && quotes == 1))
			return false;
		if (**at != '\\') {
			text_char(text, *(*at)++);
			continue;
		}
		(*at)++;
		if (!(raw ? read_raw_escape(at, text) : read_escape(at, text)))
			return false;
	}
	*at += quotes;
	return true;
}

/* One or more adjacent strings, which Python joins. */
static int read_strings(struct reader *reader, struct value **ret)
{
	size_t room = strlen(reader->at) + 1;
	char *buffer = arena_alloc(reader->arena, room);
	struct text text;

	*ret = new_value(reader, VALUE_STRING);
	if (buffer == NULL || *ret == NULL)
		return -ENOMEM;
	text_init(&text, buffer, room);
	while (is_string(reader->at)) {
		const char *start = reader->at;

		if (!read_string(&reader->at, &text))
			return refuse_at(reader, start, "unsupported string");
		skip(reader);
	}
	(*ret)->text = buffer;
	return 0;
}

static int read_value(struct reader *reader, struct value **ret);

/* An element, or "key: value", and the comma behind it. */
static int read_member(struct reader *reader, struct value *group)
{
	struct value *key = NULL, *value;
	int error = read_value(reader, &value);

	skip(reader);
	if (error == 0 && group->type == VALUE_DICT) {
		key = value;
		if (key->type != VALUE_STRING || *reader->at != ':')
			return refuse(reader);
		reader->at++;
		error = read_value(reader, &value);
		skip(reader);
	}
	if (error < 0)
		return error;
	return key == NULL ? value_list_add(reader->arena, group, value)
			   : value_dict_set(reader->arena, group, key->text, value->line,
				     value->column, value);
}

/* A tuple reads as a list; "(x)" without a comma is x itself. */
static int read_group(struct reader *reader, char close, struct value **ret)
{
	struct value *group = new_value(reader, close == '}' ? VALUE_DICT : VALUE_LIST);
	bool comma = false;
	int error;

	if (group == NULL)
		return -ENOMEM;
	if (reader->depth++ == CONFIG_DEPTH_MOST)
		return refuse_at(reader, reader->at, "nested too deeply: 64 levels at most");
	for (reader->at++, skip(reader); *reader->at != close; skip(reader)) {
		if (group->count > 0 && !comma)
			return refuse(reader);
		error = read_member(reader, group);
		if (error < 0)
			return error;
		comma = *reader->at == ',';
		reader->at += comma;
	}
	reader->at++;
	reader->depth--;
	*ret = close == ')' && group->count == 1 && !comma ? group->items->value : group;
	return 0;
}

static int read_value(struct reader *reader, struct value **ret)
{
	skip(reader);
	if (is_string(reader->at))
		return read_strings(reader, ret);
	switch (*reader->at) {
	case '(': return read_group(reader, ')', ret);
	case '[': return read_group(reader, ']', ret);
	case '{': return read_group(reader, '}', ret);
	case '-':
	case '+': return read_signed(reader, ret);
	default: break;
	}
	if (is_digit(*reader->at) || (*reader->at == '.' && is_digit(reader->at[1])))
		return read_number(reader, reader->at, false, ret);
	return is_letter(*reader->at) ? read_name(reader, ret) : refuse(reader);
}

/* "a, b" without parentheses is a tuple, too. */
static int read_bare_tuple(struct reader *reader, struct value **ret)
{
	struct value *tuple = new_value(reader, VALUE_LIST);
	int error = tuple == NULL ? -ENOMEM : value_list_add(reader->arena, tuple, *ret);

	while (error == 0 && *reader->at == ',') {
		reader->at++;
		skip(reader);
		if (*reader->at == '\0')
			break;
		error = read_member(reader, tuple);
	}
	*ret = tuple;
	return error;
}

int literal_read(struct arena *arena, const struct value *source, struct config_errors *errors,
	struct value **ret)
{
	struct reader reader = {
		.arena = arena, .source = source, .errors = errors, .at = source->text};
	struct value *value = NULL;
	int error;

	if (source->text[0] == '\0') {
		config_python(errors, "SyntaxError: invalid syntax (<string>, line 0)");
		return refuse_at(&reader, reader.at, "expected an expression, such as ()");
	}
	error = read_value(&reader, &value);
	if (error < 0)
		return error;
	skip(&reader);
	if (*reader.at == ',')
		error = read_bare_tuple(&reader, &value);
	if (error < 0)
		return error;
	if (*reader.at != '\0')
		return refuse(&reader);
	*ret = value;
	return 0;
}
