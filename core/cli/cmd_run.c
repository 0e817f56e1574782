/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/cli.h"
#include "core/cli/run/run_agent.h"
#include "core/cli/run/run_config.h"
#include "core/cli/run/run_directory.h"
#include "core/cli/run/run_environment.h"
#include "core/cli/run/run_launch.h"
#include "core/cli/run/run_mpirun.h"
#include "core/cli/run/run_outcome.h"
#include "core/cli/run/run_preload.h"
#include "core/cli/run/run_program.h"
#include "core/cli/run/run_sentinel.h"
#include "core/cli/run/run_supervise.h"
#include "core/cli/run/run_monitor.h"
#include "core/report/report.h"
#include "core/report/unwatched_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum run_option {
	OPTION_REPORT = DIRECTORY_OPTION_COUNT_,
	OPTION_QUIET,
	OPTION_WORKER,
	OPTION_NEW
};

static const struct option_spec options[] = {
	DIRECTORY_OPTIONS,
	[OPTION_REPORT] = {'r', "report", "WHEN",
		"print the verdict always, on failure (the default) or never"},
	[OPTION_QUIET] = {'q', "quiet", NULL,
		"not one word of vigil's own after the start: --report=never"},
	[OPTION_WORKER] = {'w', "worker", NULL,
		"COMMAND is one task of a job's step: record with the others, quietly"},
	[OPTION_NEW] = {'n', "new", NULL, "a run of its own, also below another vigil run"},
	{'\0', NULL, NULL, NULL},
};

struct run_request {
	const char *directory; /* NULL: a name of our own */
	bool append;
	const char *config; /* NULL: what the environment says */
	enum run_report report;
	bool report_given;
	enum run_kind kind;
	char *const *command;
};

/* What is known before anything is started. */
struct run_plan {
	char program[PATH_MAX], preload[PATH_MAX];
	struct run_config config;
	struct run_directory rundir;
	char *const *argv;
	char **environment;
};

static int parse_report(const char *word, enum run_report *ret_report)
{
	static const char *const words[] = {
		[REPORT_ALWAYS] = "always",
		[REPORT_FAILURE] = "failure",
		[REPORT_NEVER] = "never",
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i]) == 0) {
			*ret_report = (enum run_report)i;
			return 0;
		}
	return usage_error(&cmd_run, "--report is always, failure or never, not '%s'", word);
}

static int apply(struct run_request *request, int option, const char *value)
{
	switch (option) {
	case OPTION_DIRECTORY: request->directory = value; return 0;
	case OPTION_APPEND: request->append = true; return 0;
	case OPTION_CONFIG: request->config = value; return 0;
	case OPTION_REPORT:
		request->report_given = true;
		return parse_report(value, &request->report);
	case OPTION_QUIET:
		request->report_given = true;
		request->report = REPORT_NEVER;
		return 0;
	case OPTION_WORKER: request->kind = RUN_WORKER; return 0;
	case OPTION_NEW: request->kind = RUN_NEW; return 0;
	}
	return -EINVAL;
}

/* Returns -1 and the request, or the status to end with. */
static int read_request(int argc, char **argv, struct run_request *request)
{
	struct option_reader reader = {.command = &cmd_run, .argc = argc, .argv = argv};
	int option;

	*request = (struct run_request){.report = REPORT_FAILURE};
	while ((option = option_next(&reader)) >= 0)
		if (apply(request, option, reader.value) != 0)
			return STATUS_REFUSED;
	if (option == OPTION_STOP)
		return reader.status;
	if (reader.next >= argc)
		return usage_error(&cmd_run, "no command given");
	request->command = argv + reader.next;
	return -1;
}

/* It is not the command's fault: there is no memory, no process, no descriptor to be had. */
static bool is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM || error == EAGAIN;
}

/* NAME cannot be executed, for ERROR; returns the status that says so. */
static int not_runnable(const char *name, int error)
{
	bool missing = error == ENOENT || error == ENOTDIR;

	complain("%s: %s%s", name[0] == '\0' ? "''" : name,
		missing ? "command not found" : strerror(error),
		is_shortage(error) ? "; nothing was started" : "");
	if (is_shortage(error))
		return STATUS_REFUSED;
	return missing ? STATUS_NOT_FOUND : STATUS_NOT_RUNNABLE;
}

static int make_environment(struct run_plan *plan, char *const *command)
{
	struct run_variables variables;

	if (run_variables_make(&plan->rundir, plan->preload, plan->config.path, &variables) < 0)
		return -ENOMEM;
	plan->argv = command;
	if (program_is_open_mpi(plan->program))
		plan->argv = open_mpi_arguments(command, &variables, plan->preload);
	plan->environment = run_environment(environ, &variables);
	run_variables_free(&variables);
	return plan->argv == NULL || plan->environment == NULL ? -ENOMEM : 0;
}

static int make_rundir(const struct run_request *request, struct run_directory *rundir)
{
	int shared = run_directory_share(request->directory, request->kind, rundir);

	if (shared != 0)
		return shared < 0 ? shared : 0;
	return run_directory_make(request->directory, request->append, rundir);
}

/*
 * Look at everything that can be refused, then make the directory. Returns -1, or the status to end
 * with.
 */
static int make_plan(const struct run_request *request, struct run_plan *plan)
{
	int result = program_find(request->command[0], plan->program);

	if (result < 0)
		return not_runnable(request->command[0], -result);
	if (preload_find(plan->preload) < 0 || preload_fits(plan->preload, plan->program) < 0 ||
		run_config_read(request->config, &plan->config) < 0 ||
		make_rundir(request, &plan->rundir) < 0)
		return STATUS_REFUSED;
	if (make_environment(plan, request->command) == 0)
		return -1;
	complain("%s; nothing was started", strerror(ENOMEM));
	run_directory_discard(&plan->rundir);
	return STATUS_REFUSED;
}

/* There is no process to be had for the command besides ours: it takes our place, and what it loads
 * records. Returns where that cannot be, with the status to end with. */
static int give_way(const struct run_plan *plan, const struct run_signals *before, int error)
{
	complain("%s: fork: %s; it takes vigil run's own place, unwatched from outside and without "
		 "a verdict",
		plan->argv[0], strerror(error));
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	run_exec(plan->program, plan->argv, plan->environment, before);
	error = errno;
	run_directory_discard(&plan->rundir);
	return not_runnable(plan->argv[0], error);
}

/* Start the command; -1, or the status to end with. It comes before what only watches: where there
 * is no process for both, the sentinel goes. */
static int start(const struct run_plan *plan, struct sentinel *sentinel, pid_t *ret_pid)
{
	struct run_signals before;
	bool forked;

	run_signals_hold(&before);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sentinel_start(sentinel);
	*ret_pid = run_launch(plan->program, plan->argv, plan->environment, &before, &forked);
	if (!forked) {
		sentinel_end(sentinel);
		*ret_pid =
			run_launch(plan->program, plan->argv, plan->environment, &before, &forked);
	}
	if (*ret_pid > 0)
		return -1;
	if (!forked)
		return give_way(plan, &before, -*ret_pid);
	sentinel_end(sentinel);
	run_directory_discard(&plan->rundir);
	return not_runnable(plan->argv[0], -*ret_pid);
}

static void complain_of(void *nothing, const char *line)
{
	(void)nothing;
	complain("%s", line);
}

static void print_verdict(const struct run_plan *plan, enum run_report report, int status)
{
	int result;

	if (report == REPORT_NEVER)
		return;
	result = report_verdict(plan->rundir.path, plan->rundir.run_id, stderr,
		report == REPORT_ALWAYS || status != 0);
	if (result == -ENODATA)
		complain("%s: no process was recorded, so that there is no verdict",
			plan->rundir.path);
	else if (result < 0)
		complain("%s: %s; there is no verdict", plan->rundir.path, strerror(-result));
	unwatched_say(plan->rundir.absolute, plan->rundir.run_id, complain_of, NULL);
	fflush(stderr);
}

static bool is_switched_off(void)
{
	const char *disable = getenv("VIGIL_DISABLE");

	return disable != NULL && strcmp(disable, "1") == 0;
}

/* As if vigil stood not before COMMAND. Returns only where that cannot be. */
static int step_aside(char *const *command)
{
	char program[PATH_MAX];
	int result = program_find(command[0], program);

	if (result == 0) {
		execvp(program, command);
		result = -errno;
	}
	return not_runnable(command[0], -result);
}

static int run(const struct command *command, int argc, char **argv)
{
	static struct run_plan plan;
	static struct agent agent;
	static struct monitor monitor;
	struct run_request request;
	struct sentinel sentinel;
	struct supervision supervision = {
		.sentinel = &sentinel, .agent = &agent, .monitor = &monitor};
	int status = read_request(argc, argv, &request);
	bool configured;
	pid_t pid;

	(void)command;
	if (status >= 0)
		return status;
	if (is_switched_off())
		return step_aside(request.command);
	run_descriptors_hold();
	run_environment_hide();
	status = make_plan(&request, &plan);
	if (status >= 0)
		return status;
	if (plan.rundir.shared && !request.report_given)
		request.report = REPORT_NEVER;
	monitor_begin(&monitor, &plan.rundir);
	status = start(&plan, &sentinel, &pid);
	if (status >= 0)
		return status;
	configured = plan.config.path[0] != '\0'; /* and may log to where the command writes */
	supervision_begin(&supervision, pid);
	supervision.loaded = program_takes_preload(plan.program);
	supervision.rundir = &plan.rundir;
	supervision.one_by_one = request.kind == RUN_WORKER || getenv("SLURM_JOB_ID") != NULL;
	run_descriptors_release(
		configured, configured || request.report != REPORT_NEVER, sentinel.socket);
	agent_open(&agent, &plan.rundir, plan.config.path);
	monitor_open(&monitor, &plan.rundir, &agent, pid);
	status = supervise(&supervision);
	monitor_end(&monitor);
	sentinel_end(&sentinel);
	agent_close(&agent);
	run_end_on_interrupt(status);
	shut_out_complain(&monitor.shut_out);
	print_verdict(&plan, request.report, status);
	run_directory_clear_marks(&plan.rundir);
	run_end(status);
}

const struct command cmd_run = {
	.name = "run",
	.usage = "[options] -- COMMAND [ARGUMENT…]",
	.summary =
		"Run COMMAND, a job's launcher or any program, and record how its processes fare.",
	.details =
		"COMMAND runs as it would without vigil: the same terminal, signals, descriptors,\n"
		"and environment but for LD_PRELOAD, VIGIL_DIR, VIGIL_RUN_ID, VIGIL_CONFIG and\n"
		"ASAN_OPTIONS. Open MPI's launcher is told to hand these on to other hosts (-x).\n"
		"A vigil run inside another records into that one's directory and leaves the\n"
		"verdict to it, unless told otherwise (-d with another DIR, --new, --report).\n"
		"In srun vigil run --worker -- ./solver, each task has a witness of its own: they\n"
		"record into the directory of the vigil run above them, or into ./vigil-JOB.STEP.\n"
		"\n"
		"Exit status: COMMAND's own; if it dies by a signal, vigil run dies by the same.\n"
		"127: there is no COMMAND; 126: it cannot be executed; 125: vigil refused, and\n"
		"nothing was started.",
	.wraps = true,
	.options = options,
	.run = run,
};
