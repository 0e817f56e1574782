/* SPDX-License-Identifier: Apache-2.0 */
/* How formatters are made, chosen between and described. */
#include "core/logging/format/format_op.h"

#include <errno.h>

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

int formatter_new(struct arena *arena, const struct formatter_options *options, struct text *error,
	struct formatter **ret_formatter)
{
	struct formatter *formatter = arena_alloc(arena, sizeof *formatter);
	const char *refused;
	int result;

	if (formatter == NULL)
		return -ENOMEM;
	*formatter = (struct formatter){.format = format_by_ops,
		.describe = describe_by_ops,
		.clock = options->clock,
		.escape = options->escape,
		.escape_below = options->escape};
	if (options->datefmt != NULL && options->datefmt[0] != '\0') {
		refused = asctime_unsupported(options->datefmt);
		if (refused != NULL) {
			text_printf(error, "conversion '%s…' of datefmt is not supported by vigil",
				refused);
			return -EINVAL;
		}
		formatter->datefmt = arena_strdup(arena, options->datefmt);
		if (formatter->datefmt == NULL)
			return -ENOMEM;
	}
	result = format_compile(arena, options, error, formatter);
	if (result == 0)
		*ret_formatter = formatter;
	return result;
}

void formatter_describe(const struct formatter *formatter, struct text *text)
{
	formatter->describe(formatter, text);
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
