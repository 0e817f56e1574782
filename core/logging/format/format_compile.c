/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/format/format_op.h"

#include <errno.h>
#include <string.h>

static const struct {
	char name[16]; /* in place: nothing for the loader to relocate */
	enum attribute_type type;
} attributes[ATTRIBUTE_COUNT_] = {
	[ATTRIBUTE_NONE] = {"", TYPE_ANY},
	[ATTRIBUTE_NAME] = {"name", TYPE_STRING},
	[ATTRIBUTE_LEVELNO] = {"levelno", TYPE_INT},
	[ATTRIBUTE_LEVELNAME] = {"levelname", TYPE_STRING},
	[ATTRIBUTE_MESSAGE] = {"message", TYPE_STRING},
	[ATTRIBUTE_ASCTIME] = {"asctime", TYPE_STRING},
	[ATTRIBUTE_CREATED] = {"created", TYPE_FLOAT},
	[ATTRIBUTE_MSECS] = {"msecs", TYPE_FLOAT},
	[ATTRIBUTE_RELATIVE_CREATED] = {"relativeCreated", TYPE_FLOAT},
	[ATTRIBUTE_PROCESS] = {"process", TYPE_INT},
	[ATTRIBUTE_THREAD] = {"thread", TYPE_INT},
	[ATTRIBUTE_PROCESS_NAME] = {"processName", TYPE_STRING},
	[ATTRIBUTE_THREAD_NAME] = {"threadName", TYPE_STRING},
	[ATTRIBUTE_TASK_NAME] = {"taskName", TYPE_STRING},
	[ATTRIBUTE_PATHNAME] = {"pathname", TYPE_STRING},
	[ATTRIBUTE_FILENAME] = {"filename", TYPE_STRING},
	[ATTRIBUTE_MODULE] = {"module", TYPE_STRING},
	[ATTRIBUTE_LINENO] = {"lineno", TYPE_INT},
	[ATTRIBUTE_FUNC_NAME] = {"funcName", TYPE_STRING},
	[ATTRIBUTE_EXC_TEXT] = {"exc_text", TYPE_STRING},
};

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

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

/* Gives OP its default, if there is one for its name. */
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

enum attribute attribute_by_name(const char *name, size_t length)
{
	enum attribute attribute = ATTRIBUTE_NAME;

	while (attribute < ATTRIBUTE_COUNT_ &&
		(strlen(attributes[attribute].name) != length ||
			strncmp(attributes[attribute].name, name, length) != 0))
		attribute++;
	return attribute;
}

/* In Python's words, what happens when a conversion meets a value of another type; false when
 * nothing does. */
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
	if (type_refused(compiler->error, how->kind,
		    op->attribute == ATTRIBUTE_EXTRA ? TYPE_ANY : attributes[op->attribute].type))
		return -EINVAL;
	compiler->count++;
	return 0;
}

enum attribute_type attribute_type_by_name(const char *name, size_t length)
{
	enum attribute attribute = attribute_by_name(name, length);

	return attribute == ATTRIBUTE_EXTRA ? TYPE_ANY : attributes[attribute].type;
}

static int read_int(const char **at)
{
	int number = 0;

	for (; is_digit(**at); (*at)++)
		if (number <= WIDTH_MOST)
			number = number * 10 + **at - '0';
	return number;
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

/* What follows the name in "%(name)-8.3s". */
static int read_conversion(struct compiler *compiler, const char **at, struct conversion *how)
{
	*how = (struct conversion){.precision = -1};
	read_flags(at, how);
	how->width = read_int(at);
	if (**at == '.') {
		(*at)++;
		how->precision = read_int(at);
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

/* Behind the ')' that closes the one before AT, as Python counts parentheses; NULL when there is
 * none. */
static const char *behind_key(const char *at)
{
	int open = 1;

	for (; *at != '\0'; at++) {
		open += (*at == '(') - (*at == ')');
		if (open == 0)
			return at + 1;
	}
	return NULL;
}

/* One '%' and what belongs to it; *AT stands behind the '%'. */
static int compile_percent_field(struct compiler *compiler, const char **at)
{
	const char *format = compiler->options->format, *key = *at + 1, *end = NULL;
	struct conversion how;
	int error;

	if (**at == '%') {
		(*at)++;
		return compile_literal(compiler, "%", 1), 0;
	}
	if (**at == '(') {
		end = behind_key(key);
		if (end == NULL)
			return text_add(compiler->error, "incomplete format key"), -EINVAL;
		*at = end;
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
	return compile_field(compiler, key, (size_t)(end - 1 - key), &how);
}

/* A width or precision: digits, or '*'. */
static const char *behind_bound(const char *at)
{
	return *at == '*' ? at + 1 : at + strspn(at, "0123456789");
}

/* Python's own test of a format: "%(word)" with a conversion behind it, somewhere. */
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

static int compile_percent(struct compiler *compiler, const char *at)
{
	if (!compiler->options->no_validate && !has_percent_field(at)) {
		text_printf(compiler->error, "Invalid format '%s' for '%%' style", at);
		return -EINVAL;
	}
	while (*at != '\0') {
		size_t plain = strcspn(at, "%");
		int error = 0;

		compile_literal(compiler, at, plain);
		at += plain;
		if (*at == '\0')
			break;
		at++;
		error = compile_percent_field(compiler, &at);
		if (error < 0)
			return error;
	}
	return 0;
}

/* The length of the name that begins at AT, 0 if none does: string.Template's, in ASCII. */
static size_t name_length(const char *at)
{
	size_t length = 0;

	while (is_word(at[length]) && (unsigned char)at[length] < 0x80)
		length++;
	return is_digit(*at) ? 0 : length;
}

/* One '$' and what belongs to it; *AT stands behind the '$'. */
static int compile_dollar_field(struct compiler *compiler, const char **at, size_t *fields)
{
	static const struct conversion plain = {.precision = -1, .kind = 's'};
	bool braced = **at == '{';
	const char *name = *at + braced;
	size_t length = name_length(name);

	if (**at == '$') {
		(*at)++;
		return compile_literal(compiler, "$", 1), 0;
	}
	if (length == 0 || (braced && name[length] != '}'))
		return text_add(compiler->error, "invalid format: bare '$' not allowed"), -EINVAL;
	*at = name + length + braced;
	(*fields)++;
	return compile_field(compiler, name, length, &plain);
}

static int compile_dollar(struct compiler *compiler, const char *at)
{
	size_t fields = 0;

	while (*at != '\0') {
		size_t plain = strcspn(at, "$");
		int error = 0;

		compile_literal(compiler, at, plain);
		at += plain;
		if (*at == '\0')
			break;
		at++;
		error = compile_dollar_field(compiler, &at, &fields);
		if (error < 0)
			return error;
	}
	if (fields > 0 || compiler->options->no_validate)
		return 0;
	return text_add(compiler->error, "invalid format: no fields"), -EINVAL;
}

int format_compile(struct arena *arena, const struct formatter_options *options, struct text *error,
	struct formatter *formatter)
{
	static const struct {
		const char *otherwise; /* the format where none is given */
		int (*compile)(struct compiler *compiler, const char *format);
	} styles[] = {
		[STYLE_PERCENT] = {"%(message)s", compile_percent},
		[STYLE_BRACE] = {"{message}", compile_brace},
		[STYLE_DOLLAR] = {"${message}", compile_dollar},
	};
	struct formatter_options copy = *options;
	struct compiler compiler = {.options = &copy, .arena = arena, .error = error};
	int result;

	if (copy.format == NULL || copy.format[0] == '\0')
		copy.format = styles[copy.style].otherwise;
	copy.format = arena_strdup(arena, copy.format);
	if (copy.format == NULL)
		return -ENOMEM;
	compiler.ops = arena_alloc(arena, (strlen(copy.format) + 1) * sizeof *compiler.ops);
	if (compiler.ops == NULL)
		return -ENOMEM;
	result = styles[copy.style].compile(&compiler, copy.format);
	formatter->source = copy.format;
	formatter->ops = compiler.ops;
	formatter->op_count = compiler.count;
	return result;
}
