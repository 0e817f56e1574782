/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/cli.h"
#include "core/cli/run/run_config.h"
#include "core/cli/run/run_directory.h"
#include "core/cli/run/run_environment.h"
#include "core/cli/run/run_id.h"
#include "core/cli/run/run_program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct option_spec options[] = {
	DIRECTORY_OPTIONS,
	{'\0', NULL, NULL, NULL},
};

struct env_request {
	const char *directory, *config, *run_id;
	bool append;
};

/* Returns -1 and the request, or the status to end with. */
static int read_request(int argc, char **argv, struct env_request *request)
{
	struct option_reader reader = {.command = &cmd_env, .argc = argc, .argv = argv};
	int option;

	*request = (struct env_request){0};
	while ((option = option_next(&reader)) >= 0) {
		if (option == OPTION_DIRECTORY)
			request->directory = reader.value;
		else if (option == OPTION_CONFIG)
			request->config = reader.value;
		else if (option == OPTION_RUN_ID)
			request->run_id = reader.value;
		else
			request->append = true;
	}
	if (option == OPTION_STOP)
		return reader.status;
	if (reader.next < argc)
		return usage_error(&cmd_env, "takes no operand, not '%s'", argv[reader.next]);
	return -1;
}

/* Prints VALUE in single quotes, within which only the quote itself is special to a shell. */
static void print_quoted(const char *value)
{
	putchar('\'');
	for (; *value != '\0'; value++)
		if (*value == '\'')
			printf("'\\''");
		else
			putchar(*value);
	putchar('\'');
}

static int print_exports(void)
{
	/* Not the server of a `vigil run` above us, and its token. */
	for (int i = 0; i < RUN_TO; i++) {
		if (run_variable_value(i) == NULL)
			continue;
		printf("export %s=", run_variable_name(i));
		print_quoted(run_variable_value(i));
		putchar('\n');
	}
	return fflush(stdout) == 0 ? STATUS_OK : STATUS_FAILED;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct env_request request;
	struct run_directory rundir;
	char preload[PATH_MAX], config[PATH_MAX], name[RUN_ID_SIZE];
	char *nothing[] = {NULL};
	int status = read_request(argc, argv, &request);

	(void)command;
	if (status >= 0)
		return status;
	if (preload_find(preload) < 0 || run_config_find(request.config, config) < 0 ||
		(request.run_id != NULL && run_id_find(request.run_id, nothing, name) < 0) ||
		run_directory_make(request.directory, request.append,
			request.run_id == NULL ? NULL : name, &rundir) < 0)
		return STATUS_FAILED;
	if (run_variables_set(&rundir, preload, config) < 0)
		return complain("%s", strerror(ENOMEM)), STATUS_FAILED;
	signal(SIGPIPE, SIG_IGN); /* where nobody reads the output, we remove the directory below */
	status = print_exports();
	if (status != STATUS_OK) {
		complain("standard output: %s; nothing is to be watched", strerror(errno));
		run_directory_discard(&rundir);
	}
	return status;
}

const struct command cmd_env = {
	.name = "env",
	.usage = "[options]",
	.summary = "Print the environment of a new run, for a batch script or a remote shell.",
	.details = "In a script:  eval \"$(vigil env -d DIR)\"; srun ./solver; vigil report DIR\n"
		   "DIR is made. The present values of LD_PRELOAD and ASAN_OPTIONS are kept.\n"
		   "Exit status: 0 the variables were printed, 1 they were not, 2 wrong usage.",
	.options = options,
	.run = run,
};
