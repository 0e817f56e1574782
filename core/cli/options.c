/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/cli.h"

#include "core/base/escape.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The widest left column of --help. */
#define LEFT 30

#define LINE_SIZE 4096

/* More options than any command has. */
#define OPTIONS_MOST 16

/* What getopt_long() returns for the first long option: larger than any letter. */
#define LONG_FIRST 256

/* What getopt_long() returns for an operand, if its string of letters begins with '-'. */
#define OPERAND 1

static const struct option_spec help_option = {'h', "help", NULL, "print this and exit"};

const char *printable(char *line, size_t size, const char *format, va_list arguments)
{
	struct text text;

	text_init(&text, line, size);
	text_vprintf(&text, format, arguments);
	escape_tail(&text, 0, ESCAPE_CONTROL | ESCAPE_NEWLINE);
	return line;
}

void complain(const char *format, ...)
{
	char line[LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "vigil: %s\n", printable(line, sizeof line, format, arguments));
	va_end(arguments);
}

int usage_error(const struct command *command, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "vigil %s: %s; see 'vigil %s --help'\n", command->name,
		printable(line, sizeof line, format, arguments), command->name);
	va_end(arguments);
	return command->wraps ? STATUS_REFUSED : STATUS_USAGE;
}

static void print_option(const struct option_spec *option)
{
	char left[128], letter[8] = "    ";

	if (option->letter != '\0')
		snprintf(letter, sizeof letter, "-%c, ", option->letter);
	snprintf(left, sizeof left, "  %s--%s%s%s", letter, option->name,
		option->argument == NULL ? "" : "=",
		option->argument == NULL ? "" : option->argument);
	if (strlen(left) >= LEFT)
		printf("%s\n%*s%s\n", left, LEFT, "", option->help);
	else
		printf("%-*s%s\n", LEFT, left, option->help);
}

static void print_help(const struct command *command)
{
	printf("usage: vigil %s %s\n%s\n\n", command->name, command->usage, command->summary);
	for (const struct option_spec *option = command->options; option->name != NULL; option++)
		print_option(option);
	print_option(&help_option);
	if (command->details != NULL)
		printf("\n%s\n", command->details);
}

const struct option_spec *option_at(const struct command *command, int index)
{
	const struct option_spec *options = command->options;
	int count = 0;

	while (options[count].name != NULL)
		count++;
	return index < count ? &options[index] : index == count ? &help_option : NULL;
}

/* Make LETTERS and LONGS, the forms of COMMAND's table that getopt_long(3) takes. */
static void make_tables(const struct command *command, char letters[2 * OPTIONS_MOST + 4],
	struct option longs[OPTIONS_MOST + 1])
{
	const struct option_spec *option;
	int i;

	/* With the colon, getopt_long() returns errors, and does not print them. */
	letters += sprintf(letters, "%c:", command->wraps ? '+' : '-');
	for (i = 0; i < OPTIONS_MOST && (option = option_at(command, i)) != NULL; i++) {
		longs[i] = (struct option){option->name,
			option->argument == NULL ? no_argument : required_argument, NULL,
			LONG_FIRST + i};
		if (option->letter != '\0')
			letters += sprintf(letters, "%c%s", option->letter,
				option->argument == NULL ? "" : ":");
	}
	longs[i] = (struct option){0};
}

static int index_by_letter(const struct command *command, int letter)
{
	const struct option_spec *option;

	for (int i = 0; (option = option_at(command, i)) != NULL; i++)
		if (option->letter == letter)
			return i;
	return -1;
}

static int stop(struct option_reader *reader, int status)
{
	reader->status = status;
	return OPTION_STOP;
}

/* Move the operands that were before the last option in front of those behind it. */
static int end(struct option_reader *reader)
{
	size_t count = (size_t)reader->operands;

	reader->next = optind - reader->operands;
	memmove(reader->argv + reader->next, reader->argv + 1, count * sizeof *reader->argv);
	return OPTION_END;
}

/* The index of the option that getopt_long() has just taken, and for messages its NAME as the user
 * wrote it. CODE is its letter, or LONG_FIRST and its index for the long form; 0 if getopt_long()
 * does not know it. Returns -1 if there is no such option: getopt_long() also takes
 * abbreviations. */
static int identify(const struct option_reader *reader, int code, char name[LINE_SIZE])
{
	bool is_separate = optarg != NULL && optarg == reader->argv[optind - 1];
	const char *word = reader->argv[optind - (is_separate ? 2 : 1)];

	if (code != 0 && code < LONG_FIRST) {
		snprintf(name, LINE_SIZE, "-%c", code);
		return index_by_letter(reader->command, code);
	}
	snprintf(name, LINE_SIZE, "%.*s", (int)strcspn(word, "="), word);
	if (code == 0 || strcmp(option_at(reader->command, code - LONG_FIRST)->name, name + 2) != 0)
		return -1;
	return code - LONG_FIRST;
}

int option_next(struct option_reader *reader)
{
	const struct command *command = reader->command;
	char letters[2 * OPTIONS_MOST + 4], name[LINE_SIZE];
	struct option longs[OPTIONS_MOST + 1];
	int result, index;

	make_tables(command, letters, longs);
	while ((result = getopt_long(reader->argc, reader->argv, letters, longs, NULL)) == OPERAND)
		reader->argv[1 + reader->operands++] = optarg;
	if (result < 0)
		return end(reader);
	index = identify(reader, result == '?' || result == ':' ? optopt : result, name);
	if (index < 0)
		return stop(reader, usage_error(command, "unknown option '%s'", name));
	if (result == '?')
		return stop(reader, usage_error(command, "option '%s' takes no value", name));
	if (result == ':' || (optarg != NULL && optarg[0] == '\0'))
		return stop(reader, usage_error(command, "option '%s' needs a value", name));
	if (option_at(command, index) == &help_option) {
		print_help(command);
		return stop(reader, STATUS_OK);
	}
	reader->value = optarg;
	return index;
}

int operands_check(const struct option_reader *reader, const char *what)
{
	for (int i = reader->next; i < reader->argc; i++)
		if (reader->argv[i][0] == '\0')
			return usage_error(reader->command, "'' is no %s", what);
	return 0;
}
