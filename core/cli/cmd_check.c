/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/run_context.h"
#include "core/base/text.h"
#include "core/cli/cli.h"
#include "core/config/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE (8192 + 512)

/* The tree looks like that of Python's logging_tree. A line with a logger has "o<--" before its
 * name; if the logger does not propagate, "o" and blanks. */

/* Print one line without control characters. */
__attribute__((format(printf, 1, 2))) static void print_line(const char *format, ...)
{
	char line[LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	puts(printable(line, sizeof line, format, arguments));
	va_end(arguments);
}

/* Makes TEXT empty, in BUFFER. Returns TEXT. */
static struct text *emptied(struct text *text, char buffer[8192])
{
	text_init(text, buffer, 8192);
	return text;
}

static void print_filters(const char *indent, const struct filter_list *filters)
{
	char buffer[8192];
	struct text text;

	for (size_t i = 0; i < filters->count; i++) {
		filter_describe(filters->items[i], emptied(&text, buffer));
		print_line("%sFilter %s", indent, buffer);
	}
}

static void print_handler(const char *indent, const struct handler *handler)
{
	char deeper[256], level[LEVEL_NAME_SIZE], buffer[8192];
	const struct handler *target;
	struct text text;

	snprintf(deeper, sizeof deeper, "%s  ", indent);
	handler->class->describe(handler, emptied(&text, buffer));
	if (handler->name != NULL)
		text_printf(&text, " (%s)", handler->name);
	if (handler_target(handler, 0) != NULL)
		text_add(&text, " dumping to:");
	print_line("%sHandler %s", indent, buffer);
	if (handler->level != LEVEL_NOTSET)
		printf("%sLevel %s\n", deeper, level_name(handler->level, level));
	if (handler->filters != NULL)
		print_filters(deeper, handler->filters);
	if (handler->formatter != NULL) {
		formatter_describe(handler->formatter, emptied(&text, buffer));
		print_line("%sFormatter %s", deeper, buffer);
	}
	for (size_t i = 0; (target = handler_target(handler, i)) != NULL; i++)
		print_handler(deeper, target);
}

static void print_logger(const char *indent, const struct logger *logger)
{
	const struct logger_setup *setup = logger_setup(logger);
	char level[LEVEL_NAME_SIZE], inherited[LEVEL_NAME_SIZE];

	printf("%sLevel %s", indent, level_name(setup->level, level));
	if (setup->level == LEVEL_NOTSET && logger->parent != NULL)
		printf(" so inherits level %s",
			level_name(logger_effective_level(logger), inherited));
	putchar('\n');
	if (!setup->propagate)
		printf("%sPropagate OFF\n", indent);
	if (setup->disabled)
		printf("%sDisabled\n", indent);
	print_filters(indent, setup->filters);
	for (size_t i = 0; i < setup->handlers->count; i++)
		print_handler(indent, setup->handlers->items[i]);
}

/* The child of PARENT whose name follows that of AFTER (NULL: the first child), or NULL. */
static const struct logger *next_child(
	const struct logging *logging, const struct logger *parent, const struct logger *after)
{
	const struct logger *next = NULL;

	for (const struct logger *logger = logging->loggers; logger != NULL;
		logger = logger->next) {
		if (logger->parent != parent ||
			(after != NULL && strcmp(logger->name, after->name) <= 0))
			continue;
		if (next == NULL || strcmp(logger->name, next->name) < 0)
			next = logger;
	}
	return next;
}

/* Prints the loggers below PARENT. Lines begin with the first 255 bytes of INDENT. */
static void print_children(
	const char *indent, const struct logging *logging, const struct logger *parent)
{
	const struct logger *child = next_child(logging, parent, NULL);
	char deeper[256];

	while (child != NULL) {
		const struct logger *next = next_child(logging, parent, child);

		print_line("%s|", indent);
		print_line("%so%s\"%s\"", indent, logger_setup(child)->propagate ? "<--" : "   ",
			child->name);
		snprintf(deeper, sizeof deeper, "%s%s   ", indent, next == NULL ? " " : "|");
		print_logger(deeper, child);
		print_children(deeper, logging, child);
		child = next;
	}
}

/* The settings of vigil that differ from their defaults. */
static void print_settings(const struct config_settings *settings)
{
	bool any = false;

	for (size_t i = 0;; i++) {
		char buffer[1024];
		struct text text;

		text_init(&text, buffer, sizeof buffer);
		if (!settings_describe(settings, i, &text))
			return;
		if (text.length > 0 && !any)
			print_line("vigil");
		if (text.length > 0)
			print_line("   %s", buffer);
		any |= text.length > 0;
	}
}

static int check(const char *path)
{
	struct arena arena = {0};
	struct run_identity identity;
	struct config_settings settings;
	struct config_context context = {.validate_only = true,
		.run = run_context_of_process(&identity),
		.settings = &settings};
	struct config_errors errors = {.path = path};
	struct logging *logging;
	int error;

	error = config_load(&arena, path, &context, &logging, &errors);
	for (size_t i = 0; i < errors.warning_count; i++)
		complain("warning: %s", errors.warnings[i]);
	for (size_t i = 0; i < errors.count; i++)
		complain("%s", errors.lines[i]);
	if (errors.left_out > 0)
		complain("%s: and %zu more", path, errors.left_out);
	if (error < 0 && errors.count == 0)
		complain("%s: Cannot allocate memory", path);
	if (error == 0) {
		puts("<--\"\"");
		print_logger("   ", &logging->root);
		print_children("   ", logging, &logging->root);
		print_settings(&settings);
	}
	arena_release(&arena);
	return error == 0 ? STATUS_OK : STATUS_FAILED;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct option_reader reader = {.command = command, .argc = argc, .argv = argv};

	/* Its only option is --help. */
	if (option_next(&reader) == OPTION_STOP)
		return reader.status;
	if (argc - reader.next < 1)
		return usage_error(command, "no configuration file given");
	if (argc - reader.next > 1)
		return usage_error(
			command, "one configuration file at a time, not %d", argc - reader.next);
	if (operands_check(&reader, "file") != 0)
		return STATUS_USAGE;
	return check(argv[reader.next]);
}

static const struct option_spec options[] = {{0}};

const struct command cmd_check = {
	.name = "check",
	.usage = "[options] FILE",
	.operand = "FILE",
	.summary = "Validate a logging configuration (YAML, JSON or INI) and draw its logger tree.",
	.details = "All errors are printed on stderr, with file, line and column. No handler's "
		   "file is "
		   "opened.\n"
		   "Exit status: 0 FILE is valid, 1 it is not, 2 wrong usage.",
	.options = options,
	.run = run,
};
