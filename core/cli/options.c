/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/cli.h"

#include "core/base/escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The widest left column of --help. */
#define LEFT 30

#define LINE_SIZE 4096

/* Of names and values in it nothing steers the terminal, or makes a second line. */
__attribute__((format(printf, 2, 0))) static void make_line(
	struct text *line, const char *format, va_list arguments)
{
	char raw[LINE_SIZE];

	vsnprintf(raw, sizeof raw, format, arguments);
	text_add(line, raw);
	escape_tail(line, 0, ESCAPE_CONTROL | ESCAPE_NEWLINE);
}

void complain(const char *format, ...)
{
	char line[LINE_SIZE];
	struct text text;
	va_list arguments;

	text_init(&text, line, sizeof line);
	va_start(arguments, format);
	make_line(&text, format, arguments);
	va_end(arguments);
	fprintf(stderr, "vigil: %s\n", line);
}

int usage_error(const struct command *command, const char *format, ...)
{
	char line[LINE_SIZE];
	struct text text;
	va_list arguments;

	text_init(&text, line, sizeof line);
	va_start(arguments, format);
	make_line(&text, format, arguments);
	va_end(arguments);
	fprintf(stderr, "vigil %s: %s; see 'vigil %s --help'\n", command->name, line,
		command->name);
	return STATUS_USAGE;
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
	static const struct option_spec help = {'h', "help", NULL, "print this and exit"};

	printf("usage: vigil %s %s\n%s\n\n", command->name, command->usage, command->summary);
	for (const struct option_spec *option = command->options; option->name != NULL; option++)
		print_option(option);
	print_option(&help);
	if (command->details != NULL)
		printf("\n%s\n", command->details);
}

static int stop(struct option_reader *reader, int status)
{
	reader->cluster = -1 - status;
	return OPTION_STOP;
}

int option_status(const struct option_reader *reader)
{
	return -1 - reader->cluster;
}

static int index_by_name(const struct command *command, const char *name, size_t length)
{
	for (int i = 0; command->options[i].name != NULL; i++)
		if (strlen(command->options[i].name) == length &&
			strncmp(command->options[i].name, name, length) == 0)
			return i;
	return -1;
}

static int index_by_letter(const struct command *command, char letter)
{
	for (int i = 0; command->options[i].name != NULL; i++)
		if (letter != '\0' && command->options[i].letter == letter)
			return i;
	return -1;
}

static int help(struct option_reader *reader)
{
	print_help(reader->command);
	return stop(reader, STATUS_OK);
}

/* The value of an option that needs one: INLINE_VALUE, or the next argument. */
static bool take_value(struct option_reader *reader, const char *inline_value)
{
	if (inline_value != NULL)
		reader->value = inline_value;
	else if (reader->next < reader->argc)
		reader->value = reader->argv[reader->next++];
	return reader->value != NULL && reader->value[0] != '\0';
}

static int next_long(struct option_reader *reader, const char *name)
{
	const char *equals = strchr(name, '=');
	size_t length = equals == NULL ? strlen(name) : (size_t)(equals - name);
	int index = index_by_name(reader->command, name, length);

	if (index < 0 && strcmp(name, "help") == 0)
		return help(reader);
	if (index < 0)
		return stop(reader,
			usage_error(reader->command, "unknown option '--%.*s'", (int)length, name));
	if (reader->command->options[index].argument == NULL) {
		if (equals != NULL)
			return stop(reader,
				usage_error(reader->command, "option '--%.*s' takes no value",
					(int)length, name));
		return index;
	}
	if (!take_value(reader, equals == NULL ? NULL : equals + 1))
		return stop(reader, usage_error(reader->command, "option '--%.*s' needs a value",
					    (int)length, name));
	return index;
}

static int next_short(struct option_reader *reader, const char *word)
{
	char letter = word[reader->cluster];
	bool last = word[reader->cluster + 1] == '\0';
	int index = index_by_letter(reader->command, letter);

	if (index < 0 && letter == 'h')
		return help(reader);
	if (index < 0)
		return stop(reader, usage_error(reader->command, "unknown option '-%c'", letter));
	if (reader->command->options[index].argument != NULL) {
		const char *rest = last ? NULL : word + reader->cluster + 1;

		reader->next++;
		reader->cluster = 0;
		if (!take_value(reader, rest))
			return stop(reader,
				usage_error(reader->command, "option '-%c' needs a value", letter));
		return index;
	}
	reader->cluster++;
	if (last) {
		reader->next++;
		reader->cluster = 0;
	}
	return index;
}

static bool is_operand(const char *word)
{
	return word[0] != '-' || word[1] == '\0';
}

/* Those that stood before options are moved to the front of ARGV, where all has been taken. */
static void pass_operands(struct option_reader *reader)
{
	while (reader->next < reader->argc && is_operand(reader->argv[reader->next]))
		reader->argv[1 + reader->operands++] = reader->argv[reader->next++];
}

static int end(struct option_reader *reader)
{
	size_t count = (size_t)reader->operands;

	reader->next -= reader->operands;
	reader->operands = 0;
	memmove(reader->argv + reader->next, reader->argv + 1, count * sizeof *reader->argv);
	return OPTION_END;
}

int option_next(struct option_reader *reader)
{
	const char *word;

	reader->value = NULL;
	if (reader->next == 0)
		reader->next = 1;
	if (reader->cluster == 0 && !reader->command->wraps)
		pass_operands(reader);
	if (reader->next >= reader->argc)
		return end(reader);
	word = reader->argv[reader->next];
	if (reader->cluster > 0)
		return next_short(reader, word);
	if (is_operand(word))
		return end(reader);
	if (word[1] == '-') {
		reader->next++;
		return word[2] == '\0' ? end(reader) : next_long(reader, word + 2);
	}
	reader->cluster = 1;
	return next_short(reader, word);
}

int operands_check(const struct option_reader *reader, const char *what)
{
	for (int i = reader->next; i < reader->argc; i++)
		if (reader->argv[i][0] == '\0')
			return usage_error(reader->command, "'' is no %s", what);
	return 0;
}
