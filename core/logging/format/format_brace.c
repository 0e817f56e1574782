/* SPDX-License-Identifier: Apache-2.0 */
/* Style '{': str.format()'s fields, "{levelname:<8}" and "{msecs:03.0f}" (Python's formatter_parser
 * and format_spec). */
#include "core/logging/format/format_compile.h"

#include "core/base/number.h"
#include "core/base/utf8.h"

#include <errno.h>
#include <string.h>

/* The three parts of a field: {name!conversion:spec}. */
struct field {
	const char *name, *spec;
	size_t name_length, spec_length;
	char conversion; /* 0: none */
};

static int refuse(struct compiler *compiler, const char *what, const char *which, size_t length)
{
	text_printf(compiler->error, "invalid format: %s%.*s%s", what, (int)length, which,
		length > 0 ? "'" : "");
	return -EINVAL;
}

static int not_supported(struct compiler *compiler, const char *what, const struct field *field)
{
	text_printf(compiler->error, "%s in '{%.*s:%.*s}' is not supported by vigil", what,
		(int)field->name_length, field->name, (int)field->spec_length, field->spec);
	return -EINVAL;
}

/* Splits the text from AT to END into the parts of FIELD. */
static int split(struct compiler *compiler, const char *at, const char *end, struct field *field)
{
	size_t length = (size_t)(end - at), name = 0;

	while (name < length && at[name] != '!' && at[name] != ':')
		name++;
	*field = (struct field){.name = at, .name_length = name, .spec = end};
	at += name;
	if (*at == '!') {
		if (end - at < 2)
			return refuse(compiler,
				"end of string while looking for conversion specifier", "", 0);
		field->conversion = at[1];
		at += 2;
		if (at < end && *at != ':')
			return refuse(compiler, "expected ':' after conversion specifier", "", 0);
	}
	if (at < end)
		field->spec = at + 1;
	field->spec_length = (size_t)(end - field->spec);
	return 0;
}

static const char *read_align(const char *at, const char *end, struct conversion *how)
{
	uint32_t point;
	size_t size = at < end ? utf8_read(at, (size_t)(end - at), &point) : 0;

	if (size > 0 && at + size < end && strchr("<>^=", at[size]) != NULL) {
		memcpy(how->fill, at, size);
		at += size;
	} else if (at == end || strchr("<>^=", *at) == NULL) {
		return at;
	}
	how->align = *at;
	return at + 1;
}

/* Whether ATTRIBUTE is a whole number, or none at all. */
static bool is_whole(enum attribute attribute)
{
	return attribute == ATTRIBUTE_NONE || attribute_type(attribute) == TYPE_INT;
}

static const char *read_sign(const char *at, const char *end, struct conversion *how)
{
	if (at < end && (*at == '+' || *at == '-' || *at == ' ')) {
		how->plus = *at == '+';
		how->blank = *at == ' ';
		how->minus = *at == '-';
		at++;
	}
	if (at < end && *at == '#') {
		how->alternate = true;
		at++;
	}
	if (at < end && *at == '0') {
		how->zero = true;
		at++;
	}
	return at;
}

/* Reads a number to *RET, or "{name}" to *RET_FROM; returns where it ends. */
static const char *read_number_or_field(
	const char *at, const char *end, int *ret, enum attribute *ret_from)
{
	const char *close = at < end && *at == '{' ? memchr(at, '}', (size_t)(end - at)) : NULL;

	if (close == NULL) {
		*ret = number_take(&at, (size_t)(end - at));
		return at;
	}
	*ret_from = attribute_by_name(at + 1, (size_t)(close - at - 1));
	return close + 1;
}

/* [[fill]align][sign][#][0][width][,_][.precision][type] */
static int read_spec(struct compiler *compiler, const struct field *field, struct conversion *how)
{
	const char *at = field->spec, *end = at + field->spec_length;

	*how = (struct conversion){.precision = -1};
	at = read_sign(read_align(at, end, how), end, how);
	at = read_number_or_field(at, end, &how->width, &how->width_from);
	if (at < end && (*at == ',' || *at == '_'))
		how->group = *at++;
	if (at + 1 < end && *at == '.' && strchr("0123456789{", at[1]) != NULL)
		at = read_number_or_field(at + 1, end, &how->precision, &how->precision_from);
	if (at < end && strchr("bcdefgnosxBCDEFGNOSX%", *at) != NULL)
		how->kind = *at++;
	if (at < end) {
		text_printf(compiler->error, "invalid format: bad specifier: '%.*s'",
			(int)field->spec_length, field->spec);
		return -EINVAL;
	}
	if (!is_whole(how->width_from) || !is_whole(how->precision_from))
		return not_supported(compiler,
			"a field within a field that is not levelno, lineno, process or thread",
			field);
	if (how->width > WIDTH_MOST ||
		(how->kind != 's' && how->kind != 0 && how->precision > PRECISION_MOST))
		return not_supported(compiler, "a width or precision that large", field);
	return 0;
}

static int fail(struct compiler *compiler, const char *why)
{
	text_add(compiler->error, why);
	return -EINVAL;
}

static int check_group(struct compiler *compiler, const struct conversion *how)
{
	const char *known = how->group == '_' ? "deEfFgG%rboxX" : "deEfFgG%r";

	if (how->group == 0 || strchr(known, how->kind) != NULL)
		return 0;
	text_printf(compiler->error, "Cannot specify '%c' with '%c'.", how->group, how->kind);
	return -EINVAL;
}

static int check_string(struct compiler *compiler, const struct conversion *how)
{
	if (how->alternate)
		return fail(compiler, "Alternate form (#) not allowed in string format specifier");
	if (how->plus || how->blank || how->minus)
		return fail(compiler, "Sign not allowed in string format specifier");
	if (how->align == '=')
		return fail(compiler, "'=' alignment not allowed in string format specifier");
	return 0;
}

static int check_int(struct compiler *compiler, const struct conversion *how)
{
	bool precise = how->precision >= 0 || how->precision_from != ATTRIBUTE_NONE;

	if (precise && strchr("eEfFgG%", how->kind) == NULL)
		return fail(compiler, "Precision not allowed in integer format specifier");
	if (how->kind == 'c' && (how->plus || how->blank || how->minus))
		return fail(compiler, "Sign not allowed with integer format specifier 'c'");
	if (how->kind == 'c' && how->alternate)
		return fail(compiler,
			"Alternate form (#) not allowed with integer format specifier 'c'");
	return 0;
}

/* Refuses a spec that does not suit the type of its attribute, in Python's words. Python refuses it
 * only when a record is formatted; here the types are known at configuration. */
static int check_type(
	struct compiler *compiler, const struct conversion *how, enum attribute_type type)
{
	static const struct {
		const char *name, *known;
	} types[] = {
		[TYPE_STRING] = {"str", "s"},
		[TYPE_INT] = {"int", "bcdeEfFgGnoxX%"},
		[TYPE_FLOAT] = {"float", "eEfFgGnr%"},
		[TYPE_ANY] = {"", "sbcdeEfFgGnoxX%"},
	};
	int error = check_group(compiler, how);

	if (error < 0)
		return error;
	if (strchr(types[type].known, how->kind) == NULL) {
		text_printf(compiler->error, "Unknown format code '%c' for object of type '%s'",
			how->kind, types[type].name);
		return -EINVAL;
	}
	return type == TYPE_STRING ? check_string(compiler, how)
	       : type == TYPE_INT  ? check_int(compiler, how)
				   : 0;
}

/* Sets fill and alignment to their defaults. Alignment "=" pads behind the sign, as printf's 0
 * does. */
static void settle_padding(struct conversion *how, bool string)
{
	if (how->zero && how->fill[0] == '\0') {
		how->fill[0] = '0';
		if (how->align == 0 && !string)
			how->align = '=';
	}
	how->zero = how->align == '=';
	if (how->zero && how->fill[0] == '\0')
		how->fill[0] = ' ';
	if (how->zero)
		how->align = 0;
	else if (how->align == 0)
		how->align = string ? '<' : '>';
}

static int fit_type(struct compiler *compiler, const struct field *field, struct conversion *how)
{
	enum attribute_type type =
		attribute_type(attribute_by_name(field->name, field->name_length));
	int error;

	how->ascii = field->conversion == 'a';
	how->repr = field->conversion == 'r' || how->ascii;
	if (field->conversion != 0 || (type == TYPE_ANY && strchr("s", how->kind) != NULL))
		type = TYPE_STRING;
	if (how->kind == 0)
		how->kind = type == TYPE_INT ? 'd' : type == TYPE_FLOAT ? 'r' : 's';
	error = check_type(compiler, how, type);
	if (error == 0)
		settle_padding(how, type == TYPE_STRING);
	return error;
}

static int add_field(struct compiler *compiler, const struct field *field)
{
	struct conversion how;
	int error = read_spec(compiler, field, &how);

	if (error == 0)
		error = fit_type(compiler, field, &how);
	return error < 0 ? error : compile_field(compiler, field->name, field->name_length, &how);
}

static int check_name(struct compiler *compiler, const struct field *field)
{
	size_t length = 0;

	while (length < field->name_length && is_word(field->name[length]))
		length++;
	if (length > 0 && length < field->name_length && strchr(".[", field->name[length]) != NULL)
		return not_supported(compiler, "an attribute or an item", field);
	if (length == 0 || length < field->name_length)
		return refuse(compiler, "invalid field name/expression: '", field->name,
			field->name_length);
	if (field->conversion != 0 && strchr("rsa", field->conversion) == NULL)
		return refuse(compiler, "invalid conversion: '", &field->conversion, 1);
	return 0;
}

int compile_brace(struct compiler *compiler, const char **at)
{
	const char *start = *at, *end;
	struct field field;
	int error;

	if (start[0] == start[1]) {
		*at += 2;
		return compile_literal(compiler, start, 1), 0;
	}
	if (*start == '}' || start[1] == '\0')
		return refuse(compiler,
			*start == '}' ? "Single '}' encountered in format string"
				      : "Single '{' encountered in format string",
			"", 0);
	end = closing_bracket(start + 1, '{', '}');
	if (end == NULL)
		return refuse(compiler, "expected '}' before end of string", "", 0);
	*at = end + 1;
	error = split(compiler, start + 1, end, &field);
	if (error == 0 && field.name_length == 0)
		return refuse(compiler, "no fields", "", 0);
	if (error == 0)
		error = check_name(compiler, &field);
	return error < 0 ? error : add_field(compiler, &field);
}
