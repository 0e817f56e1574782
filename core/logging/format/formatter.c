/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/format/formatter.h"

#include "core/base/number.h"
#include "core/base/python_text.h"
#include "core/base/utf8.h"
#include "core/logging/format/format_number.h"
#include "core/logging/format/format_op.h"
#include "core/logging/level.h"

#include <errno.h>
#include <string.h>

static struct number number_of(const struct formatter *formatter, const struct log_record *record,
	enum attribute attribute)
{
	switch (attribute) {
	case ATTRIBUTE_LEVELNO: return (struct number){record->levelno, 0};
	case ATTRIBUTE_LINENO: return (struct number){record->lineno, 0};
	case ATTRIBUTE_PROCESS: return (struct number){record->process, 0};
	case ATTRIBUTE_THREAD: return (struct number){record->thread, 0};
	case ATTRIBUTE_CREATED: return (struct number){record->created.real_us, 6};
	case ATTRIBUTE_MSECS: return (struct number){record_msecs_us(record), 3};
	case ATTRIBUTE_RELATIVE_CREATED:
		return (struct number){
			record_relative_us(
				record, formatter->clock == NULL ? 0 : formatter->clock->start_us),
			3};
	default: return (struct number){0, 0};
	}
}

static const char *or_else(const char *string, const char *otherwise)
{
	return string == NULL ? otherwise : string;
}

static void add_asctime(
	const struct formatter *formatter, const struct log_record *record, struct text *text)
{
	asctime_add(text, formatter->clock, record->created.real_us, record_msecs_us(record) / 1000,
		formatter->datefmt);
}

/* Appends NAME, a logger's, abbreviated by the longest entry of LIST whose logger it is below. */
static void abbreviate(const struct abbreviation *list, const char *name, struct text *text)
{
	const struct abbreviation *best = NULL;
	size_t length, best_length = 0;

	for (; list != NULL && list->name != NULL; list++) {
		length = strlen(list->name);
		if (length < best_length || strncmp(name, list->name, length) != 0 ||
			name[length] != '.')
			continue;
		best = list;
		best_length = length;
	}
	if (best != NULL) {
		text_add(text, best->text);
		/* If the abbreviation is empty, the dot is left out, too. */
		name += best_length + (best->text[0] == '\0');
	}
	text_add(text, name);
}

/* The record's own attribute has precedence over the formatter's default. */
static int add_extra(const struct log_record *record, const struct format_op *op, struct text *text)
{
	if (record_attribute(record, op->text, text))
		return 0;
	if (op->otherwise == NULL)
		return -ENOENT;
	return text_add(text, op->otherwise), 0;
}

/* The value of an attribute that is a string; NULL if the value is None, or for another attribute.
 */
static const char *string_of(
	const struct log_record *record, enum attribute attribute, char buffer[LEVEL_NAME_SIZE])
{
	switch (attribute) {
	case ATTRIBUTE_LEVELNAME: return record_levelname(record, buffer);
	case ATTRIBUTE_MESSAGE: return or_else(record->message, "");
	case ATTRIBUTE_PROCESS_NAME: return record->process_name;
	case ATTRIBUTE_THREAD_NAME: return record->thread_name;
	case ATTRIBUTE_TASK_NAME: return record_given(record)->task_name;
	case ATTRIBUTE_PATHNAME: return record_pathname(record);
	case ATTRIBUTE_FILENAME: return record_filename(record);
	case ATTRIBUTE_FUNC_NAME: return or_else(record->func_name, "(unknown function)");
	case ATTRIBUTE_EXC_TEXT: return record->exc_text;
	default: return NULL;
	}
}

static int add_string(const struct formatter *formatter, const struct log_record *record,
	const struct format_op *op, struct text *text)
{
	char buffer[LEVEL_NAME_SIZE];

	switch (op->attribute) {
	case ATTRIBUTE_NAME:
		return abbreviate(formatter->abbreviations, or_else(record->name, "None"), text), 0;
	case ATTRIBUTE_ASCTIME: return add_asctime(formatter, record, text), 0;
	case ATTRIBUTE_MODULE: return record_add_module(record, text), 0;
	case ATTRIBUTE_EXTRA: return add_extra(record, op, text);
	default:
		return text_add(text, or_else(string_of(record, op->attribute, buffer), "None")), 0;
	}
}

/* Cuts TEXT behind MOST code points from START on. Returns how many code points TEXT then has from
 * START on. */
static size_t count_and_cut(struct text *text, size_t start, size_t most)
{
	size_t points = 0;

	for (size_t i = start; i < text->length; i++) {
		if (utf8_continues(text->data[i]))
			continue;
		if (points == most) {
			text->length = i;
			text->data[i] = '\0';
			break;
		}
		points++;
	}
	return points;
}

/* Inserts FILL, repeated COUNT times, at START in TEXT. */
static void insert_fill(struct text *text, size_t start, const char *fill, size_t count)
{
	size_t length = text->length - start, added, size = strlen(fill);

	for (size_t i = 0; i < count; i++)
		text_add(text, fill);
	/* text_add() may have cut the last copies. */
	added = (text->length - start - length) / size * size;
	if (added == 0)
		return;
	memmove(text->data + start + added, text->data + start, length);
	for (size_t i = 0; i < added; i++)
		text->data[start + i] = fill[i % size];
}

/*
 * Applies HOW's width, and PRECISION, to TEXT from START on. As in Python, both count code points.
 */
static void justify(struct text *text, size_t start, const struct conversion *how, int precision)
{
	const char *fill = how->fill[0] == '\0' ? " " : how->fill;
	char align = how->align != 0 ? how->align : how->left ? '<' : '>';
	size_t points, padding, before;

	if (how->width <= 0 && precision < 0)
		return;
	points = count_and_cut(text, start, precision < 0 ? SIZE_MAX : (size_t)precision);
	if (points >= (size_t)how->width)
		return;
	padding = (size_t)how->width - points;
	before = align == '>' ? padding : align == '^' ? padding / 2 : 0;
	insert_fill(text, start, fill, before);
	for (size_t i = before; i < padding; i++)
		text_add(text, fill);
}

static void add_any_number(struct text *text, const struct format_op *op, struct number number)
{
	size_t start = text->length;
	struct conversion how = op->how;
	bool apart = how.align != 0 || how.kind == 's' || how.kind == 'c';

	if (apart)
		how.width = 0;
	if (how.kind != 's')
		format_number(text, &how, number);
	else if (attribute_type(op->attribute) == TYPE_FLOAT)
		python_float(text, number_to_double(number));
	else
		text_i64(text, number.value);
	if (apart)
		justify(text, start, &op->how, op->how.kind == 's' ? op->how.precision : -1);
}

/* Formats an attribute of extra, which TEXT has from START on, as a number, as in "%(rank)03d";
 * false, and leaves TEXT as it was, if the attribute is no number. */
static bool add_as_number(struct text *text, size_t start, const struct format_op *op)
{
	struct number number = {0};

	if (text->truncated || !number_parse(text->data + start, &number.value))
		return false;
	text_reset(text, start);
	add_any_number(text, op, number);
	return true;
}

/* Whether a string attribute is None in Python. */
static bool is_none(const struct log_record *record, enum attribute attribute)
{
	char buffer[LEVEL_NAME_SIZE];

	return attribute != ATTRIBUTE_NAME && attribute != ATTRIBUTE_ASCTIME &&
	       attribute != ATTRIBUTE_MODULE && attribute != ATTRIBUTE_EXTRA &&
	       string_of(record, attribute, buffer) == NULL;
}

/* Replaces the part of TEXT from START on by its repr(), unless it is a number of extra's. */
static void make_repr(const struct format_op *op, struct text *text, size_t start)
{
	size_t raw = text->length - start;
	int64_t number;

	if (op->attribute == ATTRIBUTE_EXTRA && number_parse(text->data + start, &number))
		return;
	python_repr_n(text, text->data + start, raw, op->how.ascii);
	memmove(text->data + start, text->data + start + raw, text->length - start - raw);
	text->length -= raw;
	text->data[text->length] = '\0';
}

/* Removes an incomplete UTF-8 sequence from the end of TEXT. */
static void drop_cut_point(struct text *text, size_t start)
{
	size_t at = text->length, count;
	uint32_t point;

	while (at > start && text->length - at < 3 && utf8_continues(text->data[at - 1]))
		at--;
	if (at == start || (unsigned char)text->data[at - 1] < 0xC0)
		return;
	count = text->length - (at - 1);
	if (count > 1 && utf8_read(text->data + at - 1, count, &point) == count)
		return;
	text->length = at - 1;
	text->data[text->length] = '\0';
}

/* Cuts TEXT from START on to PRECISION, then escapes it, so that padding comes last. */
static void escape_string(
	const struct formatter *formatter, struct text *text, size_t start, int *precision)
{
	if (text->truncated)
		drop_cut_point(text, start);
	if (*precision >= 0)
		count_and_cut(text, start, (size_t)*precision);
	escape_tail(text, start, formatter->escape);
	*precision = -1;
}

/* Escapes, converts and pads the attribute of OP, which TEXT has from START on. A repr() is escaped
 * already, and asctime is trusted: it comes from the user's own datefmt. */
static void finish_string(const struct formatter *formatter, const struct log_record *record,
	const struct format_op *op, struct text *text, size_t start)
{
	int precision = op->how.precision;

	if (op->how.repr && !is_none(record, op->attribute))
		make_repr(op, text, start);
	else if (formatter->escape != 0 && op->attribute != ATTRIBUTE_ASCTIME)
		escape_string(formatter, text, start, &precision);
	if (op->how.kind == 's' || !add_as_number(text, start, op))
		justify(text, start, &op->how, precision);
}

/* Sets *RET, a width or precision, to the value of attribute FROM, limited to 0 and MOST; FROM is
 * ATTRIBUTE_NONE: does nothing. */
static void take_bound(const struct formatter *formatter, const struct log_record *record,
	enum attribute from, int64_t most, int *ret)
{
	int64_t value = number_of(formatter, record, from).value;

	if (from != ATTRIBUTE_NONE)
		*ret = (int)(value < 0 ? 0 : value > most ? most : value);
}

/* Whether HOW is that of a plain "%(name)s", as most fields are. */
static bool is_bare(const struct conversion *how)
{
	return how->kind == 's' && !how->repr && how->width <= 0 && how->precision < 0;
}

/* Appends the attribute of OP, whose width and precision come from no attribute. */
static int add_field(const struct formatter *formatter, const struct log_record *record,
	const struct format_op *op, struct text *text)
{
	enum attribute_type type = attribute_type(op->attribute);
	size_t start = text->length;
	int error;

	if (type == TYPE_INT || type == TYPE_FLOAT) {
		add_any_number(text, op, number_of(formatter, record, op->attribute));
		return 0;
	}
	error = add_string(formatter, record, op, text);
	if (error == 0 && (formatter->escape != 0 || !is_bare(&op->how)))
		finish_string(formatter, record, op, text, start);
	return error;
}

static int execute(const struct formatter *formatter, const struct log_record *record,
	const struct format_op *op, struct text *text)
{
	struct format_op bound;

	if (op->attribute == ATTRIBUTE_NONE) {
		text_add_n(text, op->text, op->length);
		return 0;
	}
	if (op->how.width_from == ATTRIBUTE_NONE && op->how.precision_from == ATTRIBUTE_NONE)
		return add_field(formatter, record, op, text);
	bound = *op;
	take_bound(formatter, record, op->how.width_from, WIDTH_MOST, &bound.how.width);
	take_bound(formatter, record, op->how.precision_from,
		op->how.kind == 's' ? INT32_MAX : PRECISION_MOST, &bound.how.precision);
	return add_field(formatter, record, &bound, text);
}

static bool ends_with(const struct text *text, size_t start, const char *end)
{
	size_t length = strlen(end);

	return text->length - start >= length &&
	       memcmp(text->data + text->length - length, end, length) == 0;
}

/* Appends a newline, unless TEXT ends with one. */
static void begin_line(const struct formatter *formatter, struct text *text, size_t start)
{
	bool indent = (formatter->escape_below & ESCAPE_INDENT) != 0;

	if (indent && ends_with(text, start, "\n" ESCAPE_INDENTATION))
		return;
	if (!ends_with(text, start, "\n"))
		text_char(text, '\n');
	else if (indent)
		text_add(text, ESCAPE_INDENTATION);
}

/* Appends BLOCK, unless it is NULL or empty, on lines of its own. */
static void append_block(
	const struct formatter *formatter, struct text *text, size_t start, const char *block)
{
	size_t at = text->length;

	if (block == NULL || block[0] == '\0' || text->truncated)
		return;
	begin_line(formatter, text, start);
	text_add(text, block);
	if (text->truncated)
		drop_cut_point(text, at);
	escape_tail(text, at, formatter->escape_below);
}

int format_by_ops(
	const struct formatter *formatter, const struct log_record *record, struct text *text)
{
	size_t start = text->length;
	int error = 0;

	for (size_t i = 0; i < formatter->op_count && error == 0 && !text->truncated; i++)
		error = execute(formatter, record, &formatter->ops[i], text);
	if (error < 0)
		return error;
	/* Fields behind the cut were not formatted; a missing attribute there is an error
	 * nevertheless. */
	if (text->truncated && formatter_missing(formatter, record) != NULL)
		return -ENOENT;
	append_block(formatter, text, start, record->exc_text);
	append_block(formatter, text, start, record->stack_info);
	if (text->truncated)
		drop_cut_point(text, start);
	return 0;
}

int formatter_format(
	const struct formatter *formatter, const struct log_record *record, struct text *text)
{
	return formatter->format(formatter, record, text);
}

const struct formatter *formatter_on(const struct formatter *formatter, int fd)
{
	if (formatter->colored != NULL && color_wanted(formatter->color, fd))
		return formatter->colored;
	return formatter;
}

static void describe_escapes(unsigned escape, struct text *text)
{
	if ((escape & ESCAPE_CONTROL) != 0)
		text_add(text, " escape=control");
	if ((escape & ESCAPE_INDENT) != 0)
		text_add(text, " multiline=indent");
	else if ((escape & (ESCAPE_CONTROL | ESCAPE_NEWLINE)) == ESCAPE_CONTROL)
		text_add(text, " multiline=raw");
	else if ((escape & (ESCAPE_CONTROL | ESCAPE_NEWLINE)) == ESCAPE_NEWLINE)
		text_add(text, " multiline=escape");
}

static void describe_by_ops(const struct formatter *formatter, struct text *text)
{
	text_printf(
		text, "fmt='%s' ", formatter->source == NULL ? "%(message)s" : formatter->source);
	if (formatter->datefmt == NULL)
		text_add(text, "datefmt=None");
	else
		text_printf(text, "datefmt='%s'", formatter->datefmt);
	describe_escapes(formatter->escape, text);
}

static const struct format_op message_op = {
	.attribute = ATTRIBUTE_MESSAGE, .how = {.precision = -1, .kind = 's'}};

const struct formatter formatter_default = {
	.format = format_by_ops, .describe = describe_by_ops, .ops = &message_op, .op_count = 1};

const struct formatter formatter_harmless = {.format = format_by_ops,
	.describe = describe_by_ops,
	.ops = &message_op,
	.op_count = 1,
	.escape = ESCAPE_CONTROL | ESCAPE_NEWLINE,
	.escape_below = ESCAPE_CONTROL};

void formatter_describe(const struct formatter *formatter, struct text *text)
{
	if (formatter->describe != NULL)
		formatter->describe(formatter, text);
	else
		text_add(text, or_else(or_else(formatter->class_name, formatter->label),
				       "of the program"));
}

const char *formatter_missing(const struct formatter *formatter, const struct log_record *record)
{
	char buffer[8];
	struct text nowhere;

	text_init(&nowhere, buffer, sizeof buffer);
	for (size_t i = 0; i < formatter->op_count; i++) {
		const struct format_op *op = &formatter->ops[i];

		if (op->attribute == ATTRIBUTE_EXTRA && op->otherwise == NULL &&
			!record_attribute(record, op->text, &nowhere))
			return op->text;
	}
	return NULL;
}
