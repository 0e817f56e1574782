/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct command *const commands[] = {&cmd_run, &cmd_report, &cmd_stacks, &cmd_check,
	&cmd_env, &cmd_ended, &cmd_emit, &cmd_forward};

#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static void print_commands(void)
{
	printf("usage: vigil COMMAND [options]\n"
	       "Watch the processes of a job and name the rank that failed first.\n\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("  %-10s%s\n", commands[i]->name, commands[i]->summary);
	printf("\n'vigil COMMAND --help' says more; 'vigil --version' prints the version,\n"
	       "'vigil --bash-completion' what makes bash complete all of this.\n"
	       "Manual pages: vigil(1), vigil-COMMAND(1), vigil-config(5), vigil-event(5), "
	       "vigil(7).\n");
}

/* Open /dev/null as each standard descriptor that is closed, in a mode in which using it fails as
 * before. Else a file that is opened later would get that number, and what is printed there. */
static void hold_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
}

/* Returns STATUS; or STATUS_FAILED, where STATUS is STATUS_OK and not all of standard output could
 * be written. */
static int flushed(int status)
{
	errno = 0;
	if ((fflush(stdout) == 0 && !ferror(stdout)) || status != STATUS_OK)
		return status;
	complain("standard output: %s; what it was to get is cut short",
		strerror(errno == 0 ? EIO : errno));
	return STATUS_FAILED;
}

static int run(const struct command *command, int argc, char **argv)
{
	if (!command->wraps)
		hold_descriptors();
	return flushed(command->run(command, argc, argv));
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(name, commands[i]->name) == 0)
			return run(commands[i], argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
		print_commands();
	else if (strcmp(name, "--version") == 0)
		printf("vigil %s\n", VIGIL_VERSION);
	else if (strcmp(name, "--bash-completion") == 0)
		completion_print(commands, COMMAND_COUNT);
	else if (argc < 2)
		return complain("no command given; 'vigil --help' lists them"), STATUS_USAGE;
	else
		return complain("unknown command '%s'; 'vigil --help' lists them", name),
		       STATUS_USAGE;
	return flushed(STATUS_OK);
}
