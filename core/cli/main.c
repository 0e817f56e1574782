/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/cli.h"

#include <stdio.h>
#include <string.h>

#define VIGIL_VERSION "0.1.0"

static const struct command *const commands[] = {
	&cmd_run, &cmd_report, &cmd_check, &cmd_env, &cmd_emit};

#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static void print_commands(void)
{
	printf("usage: vigil COMMAND [options]\n"
	       "Watches every process of a job and says who died first, and why.\n\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("  %-10s%s\n", commands[i]->name, commands[i]->summary);
	printf("\n'vigil COMMAND --help' says more; 'vigil --version' prints the version.\n");
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(name, commands[i]->name) == 0)
			return commands[i]->run(commands[i], argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
		print_commands();
	else if (strcmp(name, "--version") == 0)
		printf("vigil %s\n", VIGIL_VERSION);
	else if (argc < 2)
		return complain("no command given; 'vigil --help' lists them"), STATUS_USAGE;
	else
		return complain("unknown command '%s'; 'vigil --help' lists them", name),
		       STATUS_USAGE;
	return STATUS_OK;
}
