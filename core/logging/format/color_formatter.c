/* SPDX-License-Identifier: Apache-2.0 */
/* vigil.ColorFormatter: the lines of detectron2's setup_logger(). */
#include "core/logging/format/format_op.h"
#include "core/logging/format/formatter.h"
#include "core/logging/level.h"

#include <errno.h>
#include <string.h>

#define PLAIN_FORMAT "[%(asctime)s] %(name)s %(levelname)s: %(message)s"
#define COLORED_FORMAT "[%(asctime)s %(name)s]: %(message)s"
#define DATE_FORMAT "%m/%d %H:%M:%S"

#define GREEN "\033[32m"
#define RESET "\033[0m"
#define RED_BLINKING "\033[5m\033[31m"
#define UNDERLINED "\033[4m"

struct color_formatter {
	struct formatter plain; /* first: a pointer to it is a pointer to this */
	struct formatter colored;
	enum color_choice choice;
};

const char *const color_choice_names[] = {
	[COLOR_AUTO] = "auto",
	[COLOR_ALWAYS] = "always",
	[COLOR_NEVER] = "never",
	NULL,
};
_Static_assert(sizeof color_choice_names / sizeof *color_choice_names == COLOR_CHOICE_COUNT_ + 1,
	"a choice has no name");

/* The mark before a line. As in detectron2, CRITICAL is marked "ERROR", and levels of the user's
 * own have no mark. */
static const char *mark_of(int level)
{
	switch (level) {
	case LEVEL_WARNING: return RED_BLINKING "WARNING" RESET " ";
	case LEVEL_ERROR:
	case LEVEL_CRITICAL: return UNDERLINED RED_BLINKING "ERROR" RESET " ";
	default: return "";
	}
}

/* Reserves room for RESET, so that a text that is cut in its green part does not leave the terminal
 * green. */
static int format_colored(
	const struct formatter *formatter, const struct log_record *record, struct text *text)
{
	size_t reserved = sizeof RESET - 1;
	int error;

	if (text->size - text->length <= reserved)
		return -ENOBUFS;
	text_add(text, mark_of(record->levelno));
	text->size -= reserved;
	error = format_by_ops(formatter, record, text);
	text->size += reserved;
	if (text->truncated)
		text_add(text, RESET);
	return error;
}

static struct format_op literal(const char *string)
{
	return (struct format_op){.text = string, .length = strlen(string)};
}

/* Puts the ops before the message between GREEN and RESET. Returns 0 or -ENOMEM. */
static int paint_head(struct arena *arena, struct formatter *formatter)
{
	const struct format_op *from = formatter->ops;
	size_t count = formatter->op_count, head = 0;
	struct format_op *ops;

	while (head < count && from[head].attribute != ATTRIBUTE_MESSAGE)
		head++;
	if (head == 0)
		return 0;
	ops = arena_alloc(arena, (count + 2) * sizeof *ops);
	if (ops == NULL)
		return -ENOMEM;
	ops[0] = literal(GREEN);
	memcpy(ops + 1, from, head * sizeof *ops);
	ops[head + 1] = literal(RESET);
	memcpy(ops + head + 2, from + head, (count - head) * sizeof *ops);
	formatter->ops = ops;
	formatter->op_count = count + 2;
	return 0;
}

static void describe(const struct formatter *formatter, struct text *text)
{
	const struct color_formatter *color = (const struct color_formatter *)formatter;
	const struct abbreviation *at = color->colored.abbreviations;

	text_printf(text, "vigil.ColorFormatter color=%s ", color_choice_names[color->choice]);
	for (; at != NULL && at->name != NULL; at++)
		text_printf(text, "%s%s: %s%s",
			at == color->colored.abbreviations ? "abbrev={" : ", ", at->name, at->text,
			at[1].name == NULL ? "} " : "");
	formatter_default.describe(formatter, text);
}

/* Makes a Formatter() in *RET, with FORMAT if the options have no format. */
static int make_form(struct arena *arena, const struct formatter_options *options,
	const char *format, struct text *error, struct formatter *ret)
{
	struct formatter_options copy = *options;
	struct formatter *made;
	int result;

	if (copy.format == NULL || copy.format[0] == '\0') {
		copy.format = format;
		copy.style = STYLE_PERCENT;
	}
	if (copy.datefmt == NULL || copy.datefmt[0] == '\0')
		copy.datefmt = DATE_FORMAT;
	result = formatter_new(arena, &copy, error, &made);
	if (result == 0)
		*ret = *made;
	return result;
}

int color_formatter_new(struct arena *arena, const struct formatter_options *options,
	const struct color_options *color, struct text *error, struct formatter **ret_formatter)
{
	struct color_formatter *made = arena_alloc(arena, sizeof *made);
	int result;

	if (made == NULL)
		return -ENOMEM;
	made->choice = color->choice;
	result = make_form(arena, options, PLAIN_FORMAT, error, &made->plain);
	if (result == 0)
		result = make_form(arena, options, COLORED_FORMAT, error, &made->colored);
	if (result == 0)
		result = paint_head(arena, &made->colored);
	if (result < 0)
		return result;
	made->colored.format = format_colored;
	made->colored.abbreviations = color->abbreviations;
	made->plain.describe = describe;
	made->plain.colored = &made->colored;
	made->plain.color = color->choice == COLOR_AUTO	    ? color->automatic
			    : color->choice == COLOR_ALWAYS ? COLOR_EVERYWHERE
							    : COLOR_NOWHERE;
	*ret_formatter = &made->plain;
	return 0;
}
