/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vigil run - runs a command and records how its processes terminate. run() goes through these
 * steps; everything that may be refused is checked before anything is started.
 *
 *	read_request()	options		what does the user want?
 *	make_plan()	run_program	which executable, and which preload?
 *			run_config	is the configuration valid?
 *			run_directory	where do events go?
 *			run_transport	does a NATS server get the events, too?
 *			run_environment	how do the variables reach the ranks?
 *	start()		run_sentinel	notes who signals the process group
 *			run_launch	starts the command
 *	watch()		run_agent	emits AGENT events
 *			run_monitor	learns of processes that are not our children
 *			run_tracked	their states, by run_pidfd and run_oom
 *			run_copy	the events of both, in memory
 *			run_stall	says that the ranks stand still: run_board, run_stand,
 *					run_stall_report
 *			run_supervise	children and signals, until the command terminates
 *	conclude()	run_transport	sends what is left
 *			run_verdict	prints the verdict; run_notify hands it on
 *			run_launch	ends as the command did
 */
#include "core/cli/cli.h"
#include "core/cli/run/run_config.h"
#include "core/cli/run/run_devices.h"
#include "core/cli/run/run_environment.h"
#include "core/cli/run/run_id.h"
#include "core/cli/run/run_launch.h"
#include "core/cli/run/run_notify.h"
#include "core/cli/run/run_program.h"
#include "core/cli/run/run_copy.h"
#include "core/cli/run/run_slurm.h"
#include "core/cli/run/run_supervise.h"
#include "core/cli/run/run_transport.h"
#include "core/cli/run/run_verdict.h"
#include "core/base/duration.h"
#include "core/base/text.h"
#include "core/events/program_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum run_option {
	OPTION_REPORT = DIRECTORY_OPTION_COUNT_,
	OPTION_QUIET,
	OPTION_WORKER,
	OPTION_NEW,
	OPTION_TO,
	OPTION_COLLECT,
	OPTION_STALL,
	OPTION_NOTIFY,
	OPTION_NOTIFY_TEMPLATE
};

/* When the verdict is printed. */
enum report_when { REPORT_ALWAYS, REPORT_FAILURE, REPORT_NEVER, REPORT_WHEN_COUNT_ };

static const char *report_word(unsigned index)
{
	static const char *const words[] = {
		[REPORT_ALWAYS] = "always",
		[REPORT_FAILURE] = "failure",
		[REPORT_NEVER] = "never",
	};

	return index < REPORT_WHEN_COUNT_ ? words[index] : NULL;
}

static const struct option_spec options[] = {
	DIRECTORY_OPTIONS,
	[OPTION_REPORT] = {'r', "report", "WHEN",
		"print the verdict always, on failure (the default) or never"},
	[OPTION_QUIET] = {'q', "quiet", NULL,
		"print nothing after the start: the same as --report=never"},
	[OPTION_WORKER] = {'w', "worker", NULL,
		"COMMAND is one task of a job's step: record with the others"},
	[OPTION_NEW] = {'n', "new", NULL, "start a run of its own, also below another vigil run"},
	[OPTION_TO] = {'\0', "to", "URL",
		"send the events there, too: nats://HOST:PORT or otlp+http://HOST:PORT"},
	[OPTION_COLLECT] = {'\0', "collect", NULL,
		"start a NATS server, to which --worker on other hosts sends"},
	[OPTION_STALL] = {'\0', "stall", "TIME",
		"say it when no rank has moved for TIME: 90s, 10m (the default), 1h; 0: never"},
	[OPTION_NOTIFY] = {'\0', "notify", "TARGET",
		"at the end, hand the verdict as JSON to a command's input, or POST it to "
		"https://…"},
	[OPTION_NOTIFY_TEMPLATE] = {'\0', "notify-template", "FILE",
		"the body of that POST, with ${headline} and its like in it"},
	{'\0', NULL, NULL, NULL},
};

static const struct option_words words[] = {{"report", report_word}, {NULL, NULL}};

struct run_request {
	const char *directory; /* NULL: ./vigil-<run id> */
	bool append;
	const char *run_id;	       /* NULL: not given */
	const char *config;	       /* NULL: that of the environment */
	const char *to;		       /* the URL of --to; NULL: not given */
	const char *notify, *template; /* NULL: not given */
	bool collect;
	enum report_when report;
	bool report_given;
	int64_t stall_us; /* 0: never */
	enum run_kind kind;
	char *const *command;
};

/* What is known before anything is started. */
struct run_plan {
	char program[PATH_MAX], preload[PATH_MAX];
	char config[PATH_MAX]; /* "": there is none */
	struct run_directory rundir;
	struct run_transport transport;
	struct run_notify notify;
	char *const *argv;
};

static int parse_report(const char *word, enum report_when *ret_report)
{
	for (unsigned i = 0; i < REPORT_WHEN_COUNT_; i++)
		if (strcmp(word, report_word(i)) == 0) {
			*ret_report = (enum report_when)i;
			return 0;
		}
	return usage_error(&cmd_run, "--report is always, failure or never, not '%s'", word);
}

/* Returns 0, or the status to end with. */
static int apply(struct run_request *request, int option, const char *value)
{
	switch (option) {
	case OPTION_DIRECTORY: request->directory = value; break;
	case OPTION_APPEND: request->append = true; break;
	case OPTION_CONFIG: request->config = value; break;
	case OPTION_RUN_ID: request->run_id = value; break;
	case OPTION_REPORT:
		request->report_given = true;
		return parse_report(value, &request->report);
	case OPTION_QUIET:
		request->report_given = true;
		request->report = REPORT_NEVER;
		break;
	case OPTION_WORKER: request->kind = RUN_WORKER; break;
	case OPTION_NEW: request->kind = RUN_NEW; break;
	case OPTION_TO: request->to = value; break;
	case OPTION_COLLECT: request->collect = true; break;
	case OPTION_NOTIFY: request->notify = value; break;
	case OPTION_NOTIFY_TEMPLATE: request->template = value; break;
	case OPTION_STALL:
		if (!duration_parse(value, &request->stall_us))
			return usage_error(&cmd_run,
				"--stall is a time such as 90s, 10m or 1h, or 0, not '%s'", value);
		break;
	}
	return 0;
}

/* Returns -1 and the request, or the status to end with. */
static int read_request(int argc, char **argv, struct run_request *request)
{
	struct option_reader reader = {.command = &cmd_run, .argc = argc, .argv = argv};
	int option, status = 0;

	*request = (struct run_request){.report = REPORT_FAILURE, .stall_us = STALL_US_DEFAULT};
	while (status == 0 && (option = option_next(&reader)) >= 0)
		status = apply(request, option, reader.value);
	if (status != 0)
		return status;
	if (option == OPTION_STOP)
		return reader.status;
	if (reader.next >= argc)
		return usage_error(&cmd_run, "no command given");
	request->command = argv + reader.next;
	return -1;
}

/* Whether ERROR is a lack of memory, processes or descriptors, and not the command's fault. */
static bool is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM || error == EAGAIN;
}

/* Say that PATH cannot be executed because of ERROR, or of what the file is. */
static void complain_of_file(const char *path, int error)
{
	struct event_exec exec = {.path = path, .number = error};
	char buffer[PATH_MAX + 400];
	struct text text;

	program_file_explain(&exec);
	text_init(&text, buffer, sizeof buffer);
	event_exec_text(&exec, &text);
	complain("%s", buffer);
}

/* NAME cannot be executed because of ERROR: returns the status for that. */
static int not_runnable(const char *name, int error)
{
	bool missing = error == ENOENT || error == ENOTDIR;

	if (strchr(name, '/') != NULL && !is_shortage(error))
		complain_of_file(name, error);
	else
		complain("%s: %s%s", name[0] == '\0' ? "''" : name,
			missing ? "command not found" : strerror(error),
			is_shortage(error) ? "; nothing was started" : "");
	if (is_shortage(error))
		return STATUS_REFUSED;
	return missing ? STATUS_NOT_FOUND : STATUS_NOT_RUNNABLE;
}

static bool is_switched_off(void)
{
	const char *disable = getenv("VIGIL_DISABLE");

	return disable != NULL && strcmp(disable, "1") == 0;
}

/* Replace ourselves by COMMAND, as if it had been called alone. Returns only if that fails. */
static int step_aside(char *const *command)
{
	char program[PATH_MAX];
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): set by the table of options */
	int result = program_find(command[0], program);

	if (result == 0) {
		execvp(program, command);
		result = -errno;
	}
	return not_runnable(command[0], -result);
}

static int make_rundir(const struct run_request *request, struct run_directory *rundir)
{
	bool first = run_is_first_of_pod();
	const char *directory = request->directory;
	char name[RUN_ID_SIZE];
	int result = 0;

	if (request->run_id == NULL && !first)
		result = run_directory_share(directory, request->kind, rundir);
	if (result != 0)
		return result < 0 ? result : 0;
	if (request->run_id != NULL || request->kind != RUN_NEW)
		result = run_id_find(request->run_id, request->command, name);
	if (result < 0)
		return result;
	if (directory == NULL && first)
		directory = run_variable_value(RUN_DIR);
	return run_directory_make(directory, request->append, result > 0 ? name : NULL, rundir);
}

/* The command inherits our own environment. Returns 0 or -ENOMEM. */
static int make_environment(struct run_plan *plan, char *const *command)
{
	if (run_variables_set(&plan->rundir, plan->preload, plan->config) < 0)
		return -ENOMEM;
	plan->argv = command;
	if (program_is_open_mpi(plan->program))
		plan->argv = open_mpi_arguments(command, plan->preload);
	return plan->argv == NULL ? -ENOMEM : 0;
}

/* Returns -1 and the plan, or the status to end with. The directory is made last. */
static int make_plan(const struct run_request *request, struct run_plan *plan)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): set by the table of options */
	int result = program_find(request->command[0], plan->program);

	if (result < 0)
		return not_runnable(request->command[0], -result);
	if (preload_find(plan->preload) < 0 || preload_fits(plan->preload, plan->program) < 0 ||
		run_config_find(request->config, plan->config) < 0 ||
		run_transport_plan(&plan->transport, request->to, request->collect,
			request->kind == RUN_WORKER) < 0 ||
		run_notify_plan(&plan->notify, request->notify, request->template,
			request->kind == RUN_WORKER || run_variable_value(RUN_DIR) != NULL) < 0 ||
		make_rundir(request, &plan->rundir) < 0)
		return STATUS_REFUSED;
	if (preload_name(plan->rundir.absolute, plan->preload) < 0 ||
		run_transport_start(&plan->transport, &plan->rundir, plan->config[0] != '\0') < 0) {
		run_directory_discard(&plan->rundir);
		return STATUS_REFUSED;
	}
	if (make_environment(plan, request->command) == 0)
		return -1;
	complain("%s; nothing was started", strerror(ENOMEM));
	run_directory_discard(&plan->rundir);
	return STATUS_REFUSED;
}

/* Because of ERROR there is no process for the command: execute it in place of ourselves; its
 * processes still write their events. Returns the status to end with if that fails. */
static int give_way(struct run_plan *plan, const struct run_signals *before, int error)
{
	complain("%s: fork: %s; it takes vigil run's own place, unwatched from outside and without "
		 "a verdict",
		plan->argv[0], strerror(error));
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	run_exec(plan->program, plan->argv, before);
	error = errno;
	run_transport_end(&plan->transport);
	run_directory_discard(&plan->rundir);
	return not_runnable(plan->argv[0], error);
}

/* Start the sentinel and the command; where only one process can be had, the command alone. Returns
 * -1 and its pid, or the status to end with. */
static int start(struct run_plan *plan, struct sentinel *sentinel, pid_t *ret_pid)
{
	struct run_signals before;
	bool forked;

	run_signals_hold(&before);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sentinel_start(sentinel);
	*ret_pid = run_launch(plan->program, plan->argv, &before, &forked);
	if (!forked) {
		sentinel_end(sentinel);
		*ret_pid = run_launch(plan->program, plan->argv, &before, &forked);
	}
	if (*ret_pid > 0)
		return -1;
	if (!forked)
		return give_way(plan, &before, -*ret_pid);
	sentinel_end(sentinel);
	run_transport_end(&plan->transport);
	run_directory_discard(&plan->rundir);
	return not_runnable(plan->argv[0], -*ret_pid);
}

/* Watch the command PID until it has terminated; returns its wait status. */
static int watch(const struct run_plan *plan, const struct run_request *request,
	struct monitor *monitor, struct agent *agent, struct sentinel *sentinel, pid_t pid)
{
	struct supervision supervision = {
		.one_by_one = request->kind == RUN_WORKER || getenv("SLURM_JOB_ID") != NULL,
		.sentinel = sentinel,
		.monitor = monitor};
	/* then handlers may write to our standard output and error */
	bool configured = plan->config[0] != '\0';
	/* a launcher of MPI kills us for a rank that is gone: it sees that once we have reported it
	 */
	int launcher = request->kind == RUN_WORKER ? run_launcher_socket() : -1;
	int descriptors[HELPERS_MOST + 2], status;
	size_t kept = helper_sockets(descriptors);

	supervision_begin(&supervision, pid);
	descriptors[kept++] = sentinel->socket;
	if (launcher >= 0)
		descriptors[kept++] = launcher;
	run_descriptors_release(configured,
		configured || request->report != REPORT_NEVER || plan->transport.sends ||
			plan->transport.collects || plan->notify.to != NULL,
		descriptors, kept);
	agent_open(agent, &plan->rundir, plan->config);
	monitor_open(monitor, agent, pid, program_takes_preload(plan->program));
	if (plan->rundir.joint)
		agent_emit_watch(agent, EVENT_WHAT_WATCH);
	monitor->stall = (struct stall_watch){.time_us = request->stall_us,
		.is_quiet = request->report == REPORT_NEVER,
		.server = run_transport_server(&plan->transport)};
	stall_begin(&monitor->stall);
	status = supervise(&supervision);
	stall_end(&monitor->stall, agent, status != 0);
	if (status != 0) {
		devices_look(agent);
		slurm_ask(agent);
	}
	monitor_end(monitor);
	if (launcher >= 0)
		close(launcher);
	sentinel_end(sentinel);
	if (plan->rundir.joint)
		agent_emit_watch(agent, EVENT_WHAT_WATCHED);
	agent_close(agent);
	return status;
}

/* The command has terminated with the wait status STATUS. */
__attribute__((noreturn)) static void conclude(
	struct run_plan *plan, const struct run_copy *copy, enum report_when report, int status)
{
	const struct run_directory *rundir = &plan->rundir;
	struct run_transport *transport = &plan->transport;
	bool all_sent;

	run_end_on_interrupt(status);
	all_sent = run_transport_finish(transport);
	run_verdict_end(rundir, all_sent ? run_transport_server(transport) : NULL, copy,
		&(struct verdict_end){.prints = report != REPORT_NEVER,
			.always = report == REPORT_ALWAYS || status != 0,
			.notify = &plan->notify});
	run_directory_clear_marks(rundir);
	run_end(status);
}

static int run(const struct command *command, int argc, char **argv)
{
	static struct run_plan plan;
	static struct monitor monitor;
	static struct agent agent;
	struct run_request request;
	struct sentinel sentinel;
	int status = read_request(argc, argv, &request);
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
	status = watch(&plan, &request, &monitor, &agent, &sentinel, pid);
	conclude(&plan, &agent.copy, request.report, status);
}

const struct command cmd_run = {
	.name = "run",
	.usage = "[options] -- COMMAND [ARGUMENT…]",
	.operand = "COMMAND",
	.summary = "Run COMMAND, a job's launcher or any program, and record how its processes "
		   "terminate.",
	.details =
		"COMMAND runs as it would without vigil: the same terminal, signals, descriptors,\n"
		"and environment but for LD_PRELOAD, VIGIL_DIR, VIGIL_RUN_ID, VIGIL_CONFIG and\n"
		"ASAN_OPTIONS. Open MPI's launcher gets the option -x for each of these.\n"
		"A vigil run below another one records into that one's directory and prints no\n"
		"verdict, unless -d names another DIR, or --new or --report is given.\n"
		"In 'srun vigil run --worker -- ./solver' each task has a monitor of its own; all\n"
		"record into the directory of the vigil run above them, or into ./vigil-JOB.STEP.\n"
		"\n"
		"Exit status: that of COMMAND; if COMMAND dies of a signal, vigil run does, too.\n"
		"127: COMMAND was not found; 126: it cannot be executed; 125: vigil run refused,\n"
		"and nothing was started.",
	.wraps = true,
	.options = options,
	.words = words,
	.run = run,
};
