/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli.h - what the commands of `vigil` share: their table, their options, their exit statuses.
 *
 * A command is a function in cmd_<name>.c and a line in the table of main.c. Its options are a
 * table too, which feeds both
 * --help and the parser.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses; `vigil run` hands on its command's instead. */
#define STATUS_OK 0
#define STATUS_FAILED 1 /* it was understood and could not be done */
#define STATUS_USAGE 2	/* wrong usage, or nothing to work on: one line on stderr */

struct option_spec {
	char letter;	      /* '\0': only the long form */
	const char *name;     /* long form, without "--" */
	const char *argument; /* what its value is called in the help; NULL: it takes none */
	const char *help;
};

struct command {
	const char *name;
	const char *usage;   /* what follows the name: "[options] -- COMMAND…" */
	const char *summary; /* one line, for the list of commands */
	const char *details; /* paragraphs behind the options in --help: exit status and such; may
				be NULL */
	bool wraps; /* its operands are another command's: options end at the first, and the
		       standard descriptors stay as they are */
	const struct option_spec
		*options; /* ended by one whose name is NULL; -h, --help is in all of them */
	/* Returns the exit status. ARGV[0] is the command's name. */
	int (*run)(const struct command *command, int argc, char **argv);
};

/* The options of one call, taken one by one. All zero but for command, argc and argv at the start.
 */
struct option_reader {
	const struct command *command;
	int argc;
	char **argv;
	int next; /* the first argument not yet taken; after the last option, the first operand */
	int operands;	   /* how many were passed over, to be found before the others */
	int cluster;	   /* position within a group of short options, -qa */
	const char *value; /* of the option just returned */
};

/* What option_next() returns besides a place in the table. */
#define OPTION_END                                                                                \
	(-1)		 /* no more: operands, if any, begin at argv[next]; a "--" has been taken \
			  */
#define OPTION_STOP (-2) /* help was printed or the usage was wrong; return option_status() */

/*
 * The index in the command's table of the next option, its value in reader->value; OPTION_END or
 * OPTION_STOP. Options end at "--", and at the first operand of a command that wraps another one,
 * which keeps its own; of others they may stand behind operands, which are moved in ARGV. Both
 * "--name=VALUE" and "--name VALUE" are understood. An empty value, as a shell makes it of a
 * variable that is not set, is none.
 */
int option_next(struct option_reader *reader);

/*
 * Refuse an operand that is empty, of all from reader->next on, which are called WHAT. Returns 0,
 * or STATUS_USAGE after one line on stderr.
 */
int operands_check(const struct option_reader *reader, const char *what);

/* The exit status after OPTION_STOP: 0 after --help, STATUS_USAGE after wrong usage. */
int option_status(const struct option_reader *reader);

/* One line on stderr: "vigil COMMAND: <what>; see 'vigil COMMAND --help'". Returns STATUS_USAGE. */
int usage_error(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* One line on stderr: "vigil: <what>". Say where, what, why, and what happens now. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The table: a line in main.c each. */
extern const struct command cmd_run, cmd_report, cmd_check, cmd_env, cmd_emit;
