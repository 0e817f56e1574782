/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/cli.h"
#include "core/base/clock.h"
#include "core/base/number.h"
#include "core/cli/run/run_config.h"
#include "core/cli/run/run_directory.h"
#include "core/cli/run/run_monitor.h"
#include "core/cli/run/run_pidfd.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OPTION_PID, OPTION_STATUS };

static const struct option_spec options[] = {
	[OPTION_PID] = {'p', "pid", "PID", "the process, as its own events call it"},
	[OPTION_STATUS] = {'s', "status", "STATUS",
		"its wait status: 256 times the exit code, or the signal's number"},
	{'\0', NULL, NULL, NULL},
};

/* Returns -1 and the process that ended, or the status to end with. */
static int read_request(int argc, char **argv, struct ended_process *ended)
{
	struct option_reader reader = {.command = &cmd_ended, .argc = argc, .argv = argv};
	int64_t numbers[] = {[OPTION_PID] = 0, [OPTION_STATUS] = -1};
	int option;

	while ((option = option_next(&reader)) >= 0)
		if (!number_parse(reader.value, &numbers[option]) || numbers[option] < 0 ||
			numbers[option] > INT_MAX)
			return usage_error(&cmd_ended, "--%s: '%s' is no such number",
				options[option].name, reader.value);
	if (option == OPTION_STOP)
		return reader.status;
	if (reader.next < argc)
		return usage_error(&cmd_ended, "takes no operand, not '%s'", argv[reader.next]);
	if (numbers[OPTION_PID] == 0 || numbers[OPTION_STATUS] < 0)
		return usage_error(&cmd_ended, "--pid and --status are needed");
	ended->pid = (pid_t)numbers[OPTION_PID];
	ended->status = (int)numbers[OPTION_STATUS];
	if (WIFEXITED(ended->status) || WIFSIGNALED(ended->status))
		return -1;
	return usage_error(
		&cmd_ended, "--status: %d is that of no process that has ended", ended->status);
}

/* Where the run that is named has no directory, we make none for another one. */
static bool is_run_there(void)
{
	const char *directory = getenv("VIGIL_DIR");

	if (directory == NULL || access(directory, W_OK | X_OK) == 0)
		return true;
	complain("%s: %s; the end of the task is not recorded", directory, strerror(errno));
	return false;
}

static int run(const struct command *command, int argc, char **argv)
{
	static struct monitor monitor;
	static struct agent agent;
	struct run_directory rundir;
	struct ended_process ended = {.at = instant_now(), .is_command = true, .user = UID_UNKNOWN};
	char config[PATH_MAX];
	int status = read_request(argc, argv, &ended);

	(void)command;
	if (status >= 0)
		return status;
	if (!is_run_there() || run_config_find(NULL, config) < 0 ||
		run_directory_share(NULL, RUN_WORKER, &rundir) < 0)
		return STATUS_FAILED;
	monitor_begin_late(&monitor, &rundir);
	agent_open(&agent, &rundir, config);
	monitor_open(&monitor, &agent, ended.pid, true);
	monitor_reaped(&monitor, &ended);
	monitor_end(&monitor);
	status = agent.dropped > 0 || agent.logging == NULL ? STATUS_FAILED : STATUS_OK;
	agent_close(&agent);
	return status;
}

const struct command cmd_ended = {
	.name = "ended",
	.usage = "--pid=PID --status=STATUS",
	.summary = "Record how a task of a run ended, for a batch system that has waited for it.",
	.details = "The run is that of VIGIL_DIR and VIGIL_RUN_ID; without them it is that of the\n"
		   "batch system's step, in ./vigil-JOB.STEP. The task's rank is read from the\n"
		   "environment (SLURM_PROCID and its like).\n"
		   "Exit status: 0 recorded, 1 not recorded, 2 wrong usage.",
	.options = options,
	.run = run,
};
