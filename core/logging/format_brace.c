/* SPDX-License-Identifier: Apache-2.0 */
/* Style '{': str.format()'s fields, "{levelname:<8}" and "{msecs:03.0f}" (Python's formatter_parser
 * and format_spec). */
#include "core/logging/format_op.h"

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

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

/* Behind the brace that closes the one before AT; NULL when there is none. */
static const char *closing_brace(const char *at)
{
	int open = 1;

	for (; *at != '\0'; at++) {
		open += (*at == '{') - (*at == '}');
		if (open == 0)
			return at;
	}
	return NULL;
}

/* Cuts what lies between AT and END into FIELD. */
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

static const char *read_number(const char *at, const char *end, int *ret)
{
	int number = 0;

	for (; at < end && *at >= '0' && *at <= '9'; at++)
		if (number <= WIDTH_MOST)
			number = number * 10 + *at - '0';
	*ret = number;
	return at;
}

static const char *read_sign(const char *at, const char *end, struct conversion *how)
{
	if (at < end && (*at == '+' || *at == '-' || *at == ' ')) {
		how->plus = *at == '+';
		how->blank = *at == ' ';
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

/* [[fill]align][sign][#][0][width][.precision][type] */
static int read_spec(struct compiler *compiler, const struct field *field, struct conversion *how)
{
	const char *at = field->spec, *end = at + field->spec_length;

	*how = (struct conversion){.precision = -1};
	if (memchr(at, '{', field->spec_length) != NULL)
		return not_supported(compiler, "a field within a field", field);
	at = read_sign(read_align(at, end, how), end, how);
	at = read_number(at, end, &how->width);
	if (at < end && (*at == ',' || *at == '_'))
		return not_supported(compiler, "grouping of digits", field);
	if (at + 1 < end && *at == '.' && at[1] >= '0' && at[1] <= '9')
		at = read_number(at + 1, end, &how->precision);
	if (at < end && strchr("bcdefgnosxBCDEFGNOSX%", *at) != NULL)
		how->kind = *at++;
	if (at < end) {
		text_printf(compiler->error, "invalid format: bad specifier: '%.*s'",
			(int)field->spec_length, field->spec);
		return -EINVAL;
	}
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

/*
 * What a spec may say of a string and of a number. Python finds out when a record comes, in these
 * words; here the types are known at once.
 */
static int check_type(struct compiler *compiler, const struct field *field,
	const struct conversion *how, enum attribute_type type)
{
	static const struct {
		const char *name, *known;
	} types[] = {
		[TYPE_STRING] = {"str", "s"},
		[TYPE_INT] = {"int", "dxXofF"},
		[TYPE_FLOAT] = {"float", "sfF"}, /* "s" stands for no code at all */
		[TYPE_ANY] = {"", "sdxXofF"},
	};
	bool signs = how->plus || how->blank || how->alternate;

	if (type != TYPE_STRING && strchr("bceEgGn%", how->kind) != NULL)
		return not_supported(compiler, "this conversion", field);
	if (strchr(types[type].known, how->kind) == NULL) {
		text_printf(compiler->error, "Unknown format code '%c' for object of type '%s'",
			how->kind, types[type].name);
		return -EINVAL;
	}
	if (type == TYPE_STRING && signs)
		return fail(compiler,
			how->alternate ? "Alternate form (#) not allowed in string format specifier"
				       : "Sign not allowed in string format specifier");
	if (type == TYPE_STRING && how->align == '=')
		return fail(compiler, "'=' alignment not allowed in string format specifier");
	if (type == TYPE_INT && how->precision >= 0 && strchr("fF", how->kind) == NULL)
		return fail(compiler, "Precision not allowed in integer format specifier");
	if (type == TYPE_FLOAT && how->kind == 's' &&
		(signs || how->precision >= 0 || how->zero || how->align == '='))
		return not_supported(compiler, "a number's form without a type", field);
	return 0;
}

/* "=" pads behind the sign, as printf's 0 does; other fills than 0 have no form there. */
static int settle_padding(
	struct compiler *compiler, const struct field *field, struct conversion *how, bool string)
{
	if (how->zero && how->fill[0] == '\0') {
		how->fill[0] = '0';
		if (how->align == 0 && !string)
			how->align = '=';
	}
	how->zero = how->align == '=';
	if (how->zero && strcmp(how->fill, "0") != 0)
		return not_supported(compiler, "'=' without fill '0'", field);
	if (how->zero)
		how->align = 0;
	else if (how->align == 0)
		how->align = string ? '<' : '>';
	return 0;
}

static int fit_type(struct compiler *compiler, const struct field *field, struct conversion *how)
{
	enum attribute_type type = attribute_type_by_name(field->name, field->name_length);
	int error;

	how->repr = field->conversion == 'r';
	if (field->conversion != 0 || (type == TYPE_ANY && strchr("s", how->kind) != NULL))
		type = TYPE_STRING;
	if (how->kind == 0)
		how->kind = type == TYPE_INT ? 'd' : 's';
	else if (type == TYPE_FLOAT && how->kind == 's')
		return fail(compiler, "Unknown format code 's' for object of type 'float'");
	error = check_type(compiler, field, how, type);
	return error < 0 ? error : settle_padding(compiler, field, how, type == TYPE_STRING);
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
	if (field->conversion == 'a')
		return not_supported(compiler, "conversion '!a'", field);
	return 0;
}

int compile_brace(struct compiler *compiler, const char *at)
{
	size_t fields = 0;

	while (*at != '\0') {
		size_t plain = strcspn(at, "{}");
		struct field field;
		const char *end;
		int error;

		compile_literal(compiler, at, plain);
		at += plain;
		if (*at == '\0')
			break;
		if (at[0] == at[1]) {
			compile_literal(compiler, at, 1);
			at += 2;
			continue;
		}
		if (*at == '}' || at[1] == '\0')
			return refuse(compiler,
				*at == '}' ? "Single '}' encountered in format string"
					   : "Single '{' encountered in format string",
				"", 0);
		end = closing_brace(at + 1);
		if (end == NULL)
			return refuse(compiler, "expected '}' before end of string", "", 0);
		error = split(compiler, at + 1, end, &field);
		if (error == 0 && field.name_length == 0)
			return refuse(compiler, "no fields", "", 0);
		if (error == 0)
			error = check_name(compiler, &field);
		if (error == 0)
			error = add_field(compiler, &field);
		if (error < 0)
			return error;
		fields++;
		at = end + 1;
	}
	return fields > 0 || compiler->options->no_validate ? 0
							    : refuse(compiler, "no fields", "", 0);
}
