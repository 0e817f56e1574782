/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/format/format_compile.h"

#include "core/base/number.h"

#include <errno.h>
#include <string.h>

void compile_literal(struct compiler *compiler, const char *text, size_t length)
{
	if (length > 0)
		compiler->ops[compiler->count++] =
			(struct format_op){.text = text, .length = length};
}

static bool extra_known(const struct compiler *compiler, const char *name)
{
	if (compiler->options->extra_names == NULL)
		return true;
	for (const char *const *at = compiler->options->extra_names; *at != NULL; at++)
		if (strcmp(*at, name) == 0)
			return true;
	return false;
}

/* Sets OP's default, if there is one for its name. Returns 0 or -ENOMEM. */
static int find_default(const struct compiler *compiler, struct format_op *op)
{
	const struct formatter_options *options = compiler->options;

	for (size_t i = 0; i < options->default_count; i++) {
		if (strcmp(options->defaults[i].name, op->text) != 0)
			continue;
		op->otherwise = arena_strdup(compiler->arena, options->defaults[i].text);
		return op->otherwise == NULL ? -ENOMEM : 0;
	}
	return 0;
}

/* Whether conversion KIND does not suit TYPE; then appends Python's message to ERROR. */
static bool type_refused(struct text *error, char kind, enum attribute_type type)
{
	const char *name = type == TYPE_STRING ? "str" : "float";

	if (strchr("diu", kind) != NULL && type == TYPE_STRING)
		text_printf(error, "%%%c format: a real number is required, not %s", kind, name);
	else if (strchr("oxX", kind) != NULL && (type == TYPE_STRING || type == TYPE_FLOAT))
		text_printf(error, "%%%c format: an integer is required, not %s", kind, name);
	else if (strchr("eEfFgG", kind) != NULL && type == TYPE_STRING)
		text_printf(error, "must be real number, not %s", name);
	else if (kind == 'c' && (type == TYPE_STRING || type == TYPE_FLOAT))
		text_add(error, "%c requires int or char");
	else
		return false;
	return true;
}

int compile_field(
	struct compiler *compiler, const char *name, size_t length, const struct conversion *how)
{
	struct format_op *op = &compiler->ops[compiler->count];
	char *copy = arena_strndup(compiler->arena, name, length);

	if (copy == NULL)
		return -ENOMEM;
	*op = (struct format_op){
		.attribute = attribute_by_name(name, length),
		.text = copy,
		.length = length,
		.how = *how,
	};
	if (op->attribute == ATTRIBUTE_EXTRA && find_default(compiler, op) < 0)
		return -ENOMEM;
	if (op->attribute == ATTRIBUTE_EXTRA && op->otherwise == NULL &&
		!extra_known(compiler, copy)) {
		text_printf(compiler->error, "Formatting field not found in record: '%s'", copy);
		return -EINVAL;
	}
	if (type_refused(compiler->error, how->kind, attribute_type(op->attribute)))
		return -EINVAL;
	compiler->count++;
	compiler->fields++;
	return 0;
}

static void read_flags(const char **at, struct conversion *how)
{
	for (; **at != '\0' && strchr("#0- +", **at) != NULL; (*at)++) {
		how->left |= **at == '-';
		how->zero |= **at == '0';
		how->plus |= **at == '+';
		how->blank |= **at == ' ';
		how->alternate |= **at == '#';
	}
}

/* Reads the "-8.3s" of "%(name)-8.3s". */
static int read_conversion(struct compiler *compiler, const char **at, struct conversion *how)
{
	*how = (struct conversion){.precision = -1};
	read_flags(at, how);
	how->width = number_take(at, SIZE_MAX);
	if (**at == '.') {
		(*at)++;
		how->precision = number_take(at, SIZE_MAX);
	}
	if (**at == '*') {
		text_add(compiler->error, "* wants int");
		return -EINVAL;
	}
	while (**at == 'h' || **at == 'l' || **at == 'L')
		(*at)++;
	how->ascii = **at == 'a';
	how->repr = **at == 'r' || how->ascii;
	how->kind = how->repr ? 's' : **at;
	if (how->kind == 'c')
		how->zero = how->plus = how->blank = false;
	if (how->width > WIDTH_MOST || (how->kind != 's' && how->precision > PRECISION_MOST)) {
		text_printf(compiler->error,
			"a width above %d or a precision above %d is not supported by vigil",
			WIDTH_MOST, PRECISION_MOST);
		return -EINVAL;
	}
	if (how->kind == '\0') {
		text_add(compiler->error, "incomplete format");
		return -EINVAL;
	}
	(*at)++;
	return 0;
}

const char *closing_bracket(const char *at, char open, char close)
{
	int depth = 1;

	for (; *at != '\0'; at++) {
		depth += (*at == open) - (*at == close);
		if (depth == 0)
			return at;
	}
	return NULL;
}

/* Compiles the '%' at *AT and what belongs to it. */
static int compile_percent(struct compiler *compiler, const char **at)
{
	const char *format = compiler->options->format, *key = *at + 2, *end = NULL;
	struct conversion how;
	int error;

	(*at)++;
	if (**at == '%') {
		(*at)++;
		return compile_literal(compiler, "%", 1), 0;
	}
	if (**at == '(') {
		end = closing_bracket(key, '(', ')');
		if (end == NULL)
			return text_add(compiler->error, "incomplete format key"), -EINVAL;
		*at = end + 1;
	}
	error = read_conversion(compiler, at, &how);
	if (error < 0)
		return error;
	if (strchr("diouxXeEfFgGcrsa", how.kind) == NULL) {
		text_printf(compiler->error,
			"unsupported format character '%c' (0x%x) at index %zu", how.kind,
			(unsigned)(unsigned char)how.kind, (size_t)(*at - 1 - format));
		return -EINVAL;
	}
	if (end == NULL) {
		text_printf(compiler->error, "'%%%c' names no attribute: expected '%%(name)%c'",
			how.kind, how.kind);
		return -EINVAL;
	}
	return compile_field(compiler, key, (size_t)(end - key), &how);
}

/* Returns behind a width or precision: digits, or '*'. */
static const char *behind_bound(const char *at)
{
	return *at == '*' ? at + 1 : at + strspn(at, "0123456789");
}

/* Python's own test of a format: it contains "%(word)" followed by a conversion. */
static bool has_percent_field(const char *format)
{
	for (const char *at = format; (at = strstr(at, "%(")) != NULL; at++) {
		const char *end = at + 2;

		while (is_word(*end))
			end++;
		if (end == at + 2 || *end != ')')
			continue;
		end = behind_bound(end + 1 + strspn(end + 1, "#0+ -"));
		if (*end == '.' && behind_bound(end + 1) > end + 1)
			end = behind_bound(end + 1);
		if (*end != '\0' && strchr("diouxefgcrsaDIOUXEFGCRSA%", *end) != NULL)
			return true;
	}
	return false;
}

/* The length of the name, an ASCII identifier as in string.Template, that begins at AT; 0 if there
 * is none. */
static size_t name_length(const char *at)
{
	size_t length = 0;

	while (is_word(at[length]) && (unsigned char)at[length] < 0x80)
		length++;
	return is_digit(*at) ? 0 : length;
}

/* Compiles the field, or the doubled '$', at *AT, and moves *AT behind it. */
static int compile_dollar(struct compiler *compiler, const char **at)
{
	static const struct conversion plain = {.precision = -1, .kind = 's'};
	bool braced = (*at)[1] == '{';
	const char *name = *at + 1 + braced;
	size_t length = name_length(name);

	if ((*at)[1] == '$') {
		*at += 2;
		return compile_literal(compiler, "$", 1), 0;
	}
	if (length == 0 || (braced && name[length] != '}'))
		return text_add(compiler->error, "invalid format: bare '$' not allowed"), -EINVAL;
	*at = name + length + braced;
	return compile_field(compiler, name, length, &plain);
}

static const struct style {
	const char *otherwise; /* the default format */
	const char *special;   /* the characters that begin a field */
	int (*compile)(struct compiler *compiler, const char **at);
} styles[] = {
	[STYLE_PERCENT] = {"%(message)s", "%", compile_percent},
	[STYLE_BRACE] = {"{message}", "{}", compile_brace},
	[STYLE_DOLLAR] = {"${message}", "$", compile_dollar},
};

static int compile(struct compiler *compiler, const struct style *style)
{
	const char *at = compiler->options->format;

	if (style->compile == compile_percent && !compiler->options->no_validate &&
		!has_percent_field(at)) {
		text_printf(compiler->error, "Invalid format '%s' for '%%' style", at);
		return -EINVAL;
	}
	while (*at != '\0') {
		size_t plain = strcspn(at, style->special);
		int error = 0;

		compile_literal(compiler, at, plain);
		at += plain;
		if (*at != '\0')
			error = style->compile(compiler, &at);
		if (error < 0)
			return error;
	}
	if (compiler->fields > 0 || compiler->options->no_validate ||
		style->compile == compile_percent)
		return 0;
	return text_add(compiler->error, "invalid format: no fields"), -EINVAL;
}

/* Compiles OPTIONS' format into FORMATTER's ops. */
static int compile_format(struct arena *arena, const struct formatter_options *options,
	struct text *error, struct formatter *formatter)
{
	const struct style *style = &styles[options->style];
	struct formatter_options copy = *options;
	struct compiler compiler = {.options = &copy, .arena = arena, .error = error};
	int result;

	if (copy.format == NULL || copy.format[0] == '\0')
		copy.format = style->otherwise;
	copy.format = arena_strdup(arena, copy.format);
	if (copy.format == NULL)
		return -ENOMEM;
	compiler.ops = arena_alloc(arena, (strlen(copy.format) + 1) * sizeof *compiler.ops);
	if (compiler.ops == NULL)
		return -ENOMEM;
	result = compile(&compiler, style);
	formatter->source = copy.format;
	formatter->ops = compiler.ops;
	formatter->op_count = compiler.count;
	return result;
}

/* Copies DATEFMT to *RET_COPY, which is NULL for "". Returns as formatter_new(). */
static int copy_datefmt(
	struct arena *arena, const char *datefmt, struct text *error, const char **ret_copy)
{
	const char *refused;

	*ret_copy = NULL;
	if (datefmt == NULL || datefmt[0] == '\0')
		return 0;
	refused = asctime_unsupported(datefmt);
	if (refused != NULL) {
		text_printf(
			error, "conversion '%s…' of datefmt is not supported by vigil", refused);
		return -EINVAL;
	}
	*ret_copy = arena_strdup(arena, datefmt);
	return *ret_copy == NULL ? -ENOMEM : 0;
}

int formatter_new(struct arena *arena, const struct formatter_options *options, struct text *error,
	struct formatter **ret_formatter)
{
	struct formatter *formatter = arena_alloc(arena, sizeof *formatter);
	int result;

	if (formatter == NULL)
		return -ENOMEM;
	*formatter = formatter_default;
	formatter->clock = options->clock;
	formatter->escape = formatter->escape_below = options->escape;
	result = copy_datefmt(arena, options->datefmt, error, &formatter->datefmt);
	if (result == 0)
		result = compile_format(arena, options, error, formatter);
	if (result == 0)
		*ret_formatter = formatter;
	return result;
}
