/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/cli.h"

#include "core/base/number.h"
#include "core/cli/stacks/stacks_json.h"
#include "core/cli/stacks/stacks_run.h"
#include "core/cli/stacks/stacks_text.h"
#include "core/report/request.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_PID, OPTION_JSON, OPTION_DEBUG_DIR };

static const struct option_spec options[] = {
	[OPTION_PID] = {'p', "pid", "PID",
		"the process, or several with commas; may be given again"},
	[OPTION_JSON] = {'j', "json", NULL, "as JSON, schema vigil.stacks/1"},
	[OPTION_DEBUG_DIR] = {'\0', "debug-dir", "DIR",
		"search separate debug information there, too"},
	{'\0', NULL, NULL, NULL},
};

/* What is shown, and what is needed to show it. */
struct stacks {
	struct stacks_targets targets;
	const char *directory; /* of a run; NULL: none is given */
	const char *debug_directory;
	bool as_json;
	struct live_process *processes; /* malloc'ed, as the next two */
	struct shown_thread *threads;
	struct lines_stack *lines;
	size_t thread_count;
	struct reading reading; /* its arena has all of the processes */
};

/* Returns 0, -EINVAL where PID is none, or -ENOMEM. */
static int add_pid(struct stacks *stacks, const char *pid)
{
	int64_t number;

	if (!number_parse(pid, &number) || number <= 0 || number > INT_MAX)
		return -EINVAL;
	return stacks_targets_add(&stacks->targets, (pid_t)number, RANK_UNKNOWN);
}

/* Adds the pids of LIST, which commas and white space separate, as pgrep(1) prints them. */
static int add_pids(struct stacks *stacks, char *list)
{
	static const char separators[] = ", \t\n";
	char *rest = list;
	int error = 0;
	bool any = false;

	for (char *pid; error == 0 && (pid = strtok_r(rest, separators, &rest)) != NULL; any = true)
		error = add_pid(stacks, pid);
	return any ? error : -EINVAL;
}

/* Returns -1, or the status to end with. */
static int read_request(struct stacks *stacks, int argc, char **argv)
{
	struct option_reader reader = {.command = &cmd_stacks, .argc = argc, .argv = argv};
	int option;

	while ((option = option_next(&reader)) >= 0) {
		char *list;
		int error;

		if (option == OPTION_DEBUG_DIR)
			stacks->debug_directory = reader.value;
		stacks->as_json |= option == OPTION_JSON;
		if (option != OPTION_PID)
			continue;
		list = strdup(reader.value);
		error = list == NULL ? -ENOMEM : add_pids(stacks, list);
		free(list);
		if (error == -EINVAL)
			return usage_error(
				&cmd_stacks, "--pid: '%s' is no process's number", reader.value);
		if (error < 0)
			return complain("%s", strerror(-error)), STATUS_FAILED;
	}
	if (option == OPTION_STOP)
		return reader.status;
	if (operands_check(&reader, "directory") != 0)
		return STATUS_USAGE;
	if (argc - reader.next > 1)
		return usage_error(
			&cmd_stacks, "one directory at a time, not %d", argc - reader.next);
	stacks->directory = reader.next < argc ? argv[reader.next] : NULL;
	if (stacks->directory == NULL && stacks->targets.count == 0)
		return usage_error(&cmd_stacks,
			"no process given: --pid names one, or DIR a run with its processes");
	return -1;
}

/* Reads the processes. Returns 0 or -ENOMEM. */
static int read_processes(struct stacks *stacks)
{
	int error = 0;

	stacks->processes = calloc(stacks->targets.count + 1, sizeof *stacks->processes);
	if (stacks->processes == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < stacks->targets.count && error == 0; i++) {
		error = live_process_read(
			&stacks->processes[i], stacks->targets.list[i].pid, &stacks->reading.arena);
		if (stacks->processes[i].refusal[0] == '\0')
			stacks->thread_count += stacks->processes[i].count;
	}
	return error;
}

/* Gives each thread its stack, with lines. Returns 0 or -ENOMEM. */
static int add_lines(struct stacks *stacks)
{
	struct report_request request = {
		.lines_ms = REPORT_LINES_MS_DEFAULT,
		.debug_directory = stacks->debug_directory,
	};
	size_t at = 0;

	stacks->threads = calloc(stacks->thread_count + 1, sizeof *stacks->threads);
	stacks->lines = calloc(stacks->thread_count + 1, sizeof *stacks->lines);
	if (stacks->threads == NULL || stacks->lines == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < stacks->targets.count; i++) {
		const struct live_process *process = &stacks->processes[i];

		for (size_t j = 0; process->refusal[0] == '\0' && j < process->count; j++, at++) {
			const struct live_thread *thread = &process->threads[j];

			stacks->lines[at] =
				(struct lines_stack){thread->frames, thread->count, NULL};
			stacks->threads[at] = (struct shown_thread){
				process, thread, &stacks->lines[at], stacks->targets.list[i].rank};
		}
	}
	return lines_add_stacks(&stacks->reading, stacks->lines, stacks->thread_count, &request);
}

/* Says which processes are not shown, or not whole. Returns whether all are. */
static bool complain_of_rest(const struct stacks *stacks)
{
	bool all = stacks->targets.elsewhere == 0;

	for (size_t i = 0; i < stacks->reading.warning_count; i++)
		complain("warning: %s", stacks->reading.warnings[i]);
	for (size_t i = 0; i < stacks->targets.count; i++) {
		const struct live_process *process = &stacks->processes[i];
		const char *name = process->name;

		if (process->refusal[0] != '\0')
			complain("process %d%s%s%s: %s", (int)process->pid,
				name[0] == '\0' ? "" : " (", name, name[0] == '\0' ? "" : ")",
				process->refusal);
		if (process->left_out > 0)
			complain("process %d (%s): %zu more threads are not shown",
				(int)process->pid, name, process->left_out);
		all = all && process->refusal[0] == '\0' && process->left_out == 0;
	}
	for (size_t i = 0; i < stacks->thread_count; i++)
		all = all && (stacks->threads[i].thread->error == NULL ||
				     stacks->threads[i].thread->state == LIVE_ENDED);
	return all;
}

/* Returns 0 or -ENOMEM. */
static int print(struct stacks *stacks)
{
	if (!stacks->as_json)
		return stacks_text_print(stdout, stacks->threads, stacks->thread_count);
	return stacks_json_print(stdout, stacks->processes, &stacks->targets, stacks->lines);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct stacks stacks = {.directory = NULL};
	int status = read_request(&stacks, argc, argv), error;

	(void)command;
	if (status < 0 && stacks.directory != NULL &&
		stacks_targets_add_run(&stacks.targets, stacks.directory) < 0)
		status = STATUS_FAILED;
	if (status < 0) {
		error = read_processes(&stacks);
		if (error == 0)
			error = add_lines(&stacks);
		if (error == 0)
			error = print(&stacks);
		if (error < 0)
			complain("%s", strerror(-error));
		status = error == 0 && complain_of_rest(&stacks) ? STATUS_OK : STATUS_FAILED;
	}
	reading_release(&stacks.reading);
	free(stacks.lines);
	free(stacks.threads);
	free(stacks.processes);
	free(stacks.targets.list);
	return status;
}

const struct command cmd_stacks = {
	.name = "stacks",
	.usage = "[options] [DIR]",
	.operand = "DIR",
	.summary = "Show where the threads of living processes are, without touching them.",
	.details = "DIR is the directory of a run: all of its processes that go on on this host.\n"
		   "Threads with equal stacks are shown together, the fewest first. A thread that\n"
		   "waits is not disturbed; one that runs is stopped for less than 20 ms.\n"
		   "Exit status: 0 all are shown, 1 some are not, 2 wrong usage.",
	.options = options,
	.run = run,
};
