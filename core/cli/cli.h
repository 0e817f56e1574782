/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli.h - what the commands of `vigil` share: their table, their options, their exit statuses.
 *
 * A command is a function in cmd_<name>.c and a line in the table of main.c. One table of its
 * options feeds both --help and the parser.
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Exit statuses. `vigil run` exits with its command's instead, or with one of its own. */
#define STATUS_OK 0
#define STATUS_FAILED 1 /* the request was understood and could not be carried out */
#define STATUS_USAGE 2	/* wrong usage, or no input: one line on stderr */

/* The statuses of `vigil run` itself, which are those of env(1), nohup(1) and timeout(1). */
#define STATUS_REFUSED 125	/* nothing was started: one line on stderr */
#define STATUS_NOT_RUNNABLE 126 /* the command is there and cannot be executed */
#define STATUS_NOT_FOUND 127

struct option_spec {
	char letter;	      /* '\0': only the long form */
	const char *name;     /* long form, without "--" */
	const char *argument; /* the name of its value in the help; NULL: it takes no value */
	const char *help;
};

/* The fixed words that an option's value may be, for the shell's completion. */
struct option_words {
	const char *option;			/* its long form, without "--" */
	const char *(*word_at)(unsigned index); /* word number INDEX; NULL behind the last */
};

struct command {
	const char *name;
	const char *usage;   /* what follows the name: "[options] -- COMMAND…" */
	const char *operand; /* what its operands are called, as a value in the help; or NULL */
	const char *summary; /* one line, for the list of commands */
	const char *details; /* paragraphs behind the options in --help; may be NULL */
	bool wraps;	     /* the operands are another command, which keeps its own options */
	const struct option_spec
		*options; /* the last has a NULL name; -h, --help is not among them */
	const struct option_words *words; /* the last has a NULL option; may be NULL */
	/* Returns the exit status. ARGV[0] is the command's name. */
	int (*run)(const struct command *command, int argc, char **argv);
};

/* Reads the options of one call, one by one. At the start only the first three members are set. */
struct option_reader {
	const struct command *command;
	int argc;
	char **argv;
	int operands;	   /* how many operands were passed over so far: argv[1], … */
	const char *value; /* the value of the option just returned */
	int next;	   /* after OPTION_END: the index of the first operand */
	int status;	   /* after OPTION_STOP: the exit status */
};

/* What option_next() returns where it returns no index. */
#define OPTION_END (-1)	 /* no option is left: argv[next] is the first operand, if there is one */
#define OPTION_STOP (-2) /* help was printed or the usage was wrong: exit with the status */

/* The index in the command's table of the next option, its value in reader->value; or OPTION_END or
 * OPTION_STOP. Options end at "--", and at the first operand of a command that wraps another one;
 * other commands take options behind operands, too, and their operands are then moved together in
 * ARGV. Both "--name=VALUE" and "--name VALUE" are understood, abbreviated names are not. An empty
 * value, which a shell makes of an unset variable, is refused. One reader a process: getopt_long(3)
 * keeps its position in global variables. */
int option_next(struct option_reader *reader);

/* The option at INDEX of COMMAND's table, to which --help is added as the last; NULL behind it. */
const struct option_spec *option_at(const struct command *command, int index);

/* Print the completion of the COUNT COMMANDS for bash: a table of their options and words, and the
 * function that completes by it. A value that is called FILE is completed as a file, DIR as a
 * directory. */
void completion_print(const struct command *const *commands, size_t count);

/* Refuse an empty operand among those from reader->next on, whose kind is called WHAT. Returns 0,
 * or the exit status after one line on stderr. */
int operands_check(const struct option_reader *reader, const char *what);

/* One line on stderr: "vigil COMMAND: <what>; see 'vigil COMMAND --help'". Returns the exit status
 * of wrong usage: STATUS_USAGE, or STATUS_REFUSED of a command that wraps another one. */
int usage_error(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* One line on stderr: "vigil: <what>". It says where, what, why, and what happens now. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The text of FORMAT, which has text_printf()'s conversions, in LINE of SIZE bytes: one line
 * without control characters, cut where it does not fit. Returns LINE. */
const char *printable(char *line, size_t size, const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));

/* The commands, each of which has a line in the table of main.c. */
extern const struct command cmd_run, cmd_report, cmd_stacks, cmd_check, cmd_env, cmd_ended,
	cmd_emit, cmd_forward;
