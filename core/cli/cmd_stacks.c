/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/cli.h"

#include "core/base/grow.h"
#include "core/base/number.h"
#include "core/base/text.h"
#include "core/cli/fetched.h"
#include "core/cli/replaced.h"
#include "core/cli/stacks/stacks_ask.h"
#include "core/cli/stacks/stacks_calls.h"
#include "core/cli/stacks/stacks_graph.h"
#include "core/cli/stacks/stacks_json.h"
#include "core/cli/stacks/stacks_page.h"
#include "core/cli/stacks/stacks_run.h"
#include "core/cli/stacks/stacks_text.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INTERVAL_MS_DEFAULT 1000

enum {
	OPTION_PID,
	OPTION_SAMPLES,
	OPTION_INTERVAL,
	OPTION_JSON,
	OPTION_DOT,
	OPTION_HTML,
	OPTION_DEBUG_DIR
};

static const struct option_spec options[] = {
	[OPTION_PID] = {'p', "pid", "PID",
		"the process, or several with commas; may be given again"},
	[OPTION_SAMPLES] = {'n', "samples", "N", "look N times: what moved meanwhile? (1)"},
	[OPTION_INTERVAL] = {'i', "interval", "SECONDS", "the time between two samples (1)"},
	[OPTION_JSON] = {'j', "json", NULL, "as JSON, schema vigil.stacks/1"},
	[OPTION_DOT] = {'\0', "dot", NULL, "as a graph, for Graphviz and stat-view"},
	[OPTION_HTML] = {'\0', "html", "FILE",
		"write a page for a browser, which needs no other file"},
	[OPTION_DEBUG_DIR] = {'\0', "debug-dir", "DIR",
		"search separate debug information there, too"},
	{'\0', NULL, NULL, NULL},
};

/* What is shown, and what is needed to show it. */
struct stacks {
	struct stacks_targets targets;
	const char *directory; /* of a run; NULL: none is given */
	const char *shown;     /* what the user calls it */
	struct server server;  /* where the run is, if it is on one: its directory is then */
	struct fetched fetched;
	bool is_fetched;
	const char *debug_directory, *html;
	bool as_json, as_dot;
	int64_t samples, interval_ms;
	struct stacks_set set;
	const char **missing; /* malloc'ed: what is not shown, a line each */
	size_t missing_count, missing_room;
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

static int take_pids(struct stacks *stacks, const char *value)
{
	char *list = strdup(value);
	int error = list == NULL ? -ENOMEM : add_pids(stacks, list);

	free(list);
	if (error == -EINVAL)
		return usage_error(&cmd_stacks, "--pid: '%s' is no process's number", value);
	if (error < 0)
		return complain("%s", strerror(-error)), STATUS_FAILED;
	return 0;
}

/* "0.5" are 500 ms. */
static int take_interval(struct stacks *stacks, const char *value)
{
	char *end;
	double seconds = strtod(value, &end);

	if (end == value || *end != '\0' || !(seconds >= 0.001) ||
		seconds * 1000 > STACKS_INTERVAL_MS_MOST)
		return usage_error(&cmd_stacks,
			"--interval: '%s' is no number of seconds, 0.001 to %d", value,
			STACKS_INTERVAL_MS_MOST / 1000);
	stacks->interval_ms = (int64_t)(seconds * 1000);
	return 0;
}

static int take_samples(struct stacks *stacks, const char *value)
{
	if (!number_parse(value, &stacks->samples) || stacks->samples < 1 ||
		stacks->samples > STACKS_SAMPLES_MOST)
		return usage_error(&cmd_stacks, "--samples: '%s' is no number from 1 to %d", value,
			STACKS_SAMPLES_MOST);
	return 0;
}

/* Returns 0, or the status to end with. */
static int take_option(struct stacks *stacks, int option, const char *value)
{
	switch (option) {
	case OPTION_PID: return take_pids(stacks, value);
	case OPTION_SAMPLES: return take_samples(stacks, value);
	case OPTION_INTERVAL: return take_interval(stacks, value);
	case OPTION_JSON: stacks->as_json = true; return 0;
	case OPTION_DOT: stacks->as_dot = true; return 0;
	case OPTION_HTML: stacks->html = value; return 0;
	default: stacks->debug_directory = value; return 0;
	}
}

/* Returns -1, or the status to end with. */
static int read_request(struct stacks *stacks, int argc, char **argv)
{
	struct option_reader reader = {.command = &cmd_stacks, .argc = argc, .argv = argv};
	int option, status = 0;

	while (status == 0 && (option = option_next(&reader)) >= 0)
		status = take_option(stacks, option, reader.value);
	if (status != 0)
		return status;
	if (option == OPTION_STOP)
		return reader.status;
	if (operands_check(&reader, "directory") != 0)
		return STATUS_USAGE;
	if (argc - reader.next > 1)
		return usage_error(
			&cmd_stacks, "one directory at a time, not %d", argc - reader.next);
	if (stacks->as_json && stacks->as_dot)
		return usage_error(&cmd_stacks, "--json and --dot are both for standard output");
	stacks->directory = reader.next < argc ? argv[reader.next] : NULL;
	if (stacks->directory == NULL && stacks->targets.count == 0)
		return usage_error(&cmd_stacks,
			"no process given: --pid names one, or DIR a run with its processes");
	return -1;
}

/* Makes the run that a URL names a directory. Returns -1, or the status to end with. */
static int fetch_run(struct stacks *stacks)
{
	char complaint[512];

	stacks->shown = stacks->directory;
	if (stacks->directory == NULL || !server_is_url(stacks->directory))
		return -1;
	if (server_parse(stacks->directory, &stacks->server, complaint, sizeof complaint) < 0)
		return usage_error(&cmd_stacks, "%s", complaint);
	if (stacks->server.run[0] == '\0')
		return usage_error(&cmd_stacks, "'%s' names no run: %s/RUN", stacks->directory,
			stacks->server.shown);
	if (fetched_begin(&stacks->fetched, &stacks->server, stacks->server.run, complaint,
		    sizeof complaint) < 0)
		return complain("%s", complaint), STATUS_FAILED;
	stacks->is_fetched = true;
	stacks->directory = stacks->fetched.directory;
	stacks->shown = stacks->fetched.shown;
	return -1;
}

/* Takes all samples. Returns 0 or -ENOMEM. */
static int take_all(struct stacks *stacks, const struct stacks_ask *ask)
{
	int error = stacks_set_sample(&stacks->set, &stacks->targets);

	for (int64_t i = 1; error == 0 && i < stacks->samples && !stacks_ask_is_interrupted(ask);
		i++) {
		usleep((useconds_t)stacks->interval_ms * 1000);
		error = stacks_set_sample(&stacks->set, &stacks->targets);
	}
	return error;
}

/* Notes a line that says what is not shown. */
__attribute__((format(printf, 2, 3))) static void miss(
	struct stacks *stacks, const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	complain("%s", line);
	if (grow(&stacks->missing, &stacks->missing_room, stacks->missing_count,
		    sizeof *stacks->missing))
		stacks->missing[stacks->missing_count] =
			arena_strdup(&stacks->set.reading.arena, line);
	stacks->missing_count +=
		stacks->missing != NULL && stacks->missing[stacks->missing_count] != NULL;
}

/* Says of which hosts processes are not shown. ERROR: why nobody could be asked, or 0. Returns
 * whether all are shown. */
static bool complain_of_hosts(struct stacks *stacks, int error)
{
	const struct stacks_elsewhere *list = stacks->targets.elsewhere;
	size_t count = stacks->targets.elsewhere_count, end;
	bool all = true;

	for (size_t at = 0; at < count; at = end) {
		size_t missing = 0;

		for (end = at; end < count && strcmp(list[end].host, list[at].host) == 0; end++)
			missing += !list[end].is_shown;
		all = all && missing == 0;
		if (missing == 0)
			continue;
		if (error < 0)
			miss(stacks,
				"host %s: %zu of %zu processes of the run are not shown: the host "
				"cannot be asked, as in %s no file can be made: %s",
				list[at].host, missing, end - at, stacks->shown, strerror(-error));
		else
			miss(stacks,
				"host %s: %zu of %zu processes of the run are not shown: no vigil "
				"run on that host has answered for them within %d seconds",
				list[at].host, missing, end - at, STACKS_SILENT_MS / 1000);
	}
	return all;
}

/* Says which processes are not shown, or not whole. Returns whether all are. */
static bool complain_of_rest(struct stacks *stacks)
{
	bool all = true;

	for (size_t i = 0; i < stacks->set.reading.warning_count; i++)
		complain("warning: %s", stacks->set.reading.warnings[i]);
	for (size_t i = 0; i < stacks->set.count; i++) {
		const struct stacks_process *process = &stacks->set.list[i];
		const char *name = process->name, *host = process->host;

		if (process->refusal[0] != '\0')
			miss(stacks, "%s%sprocess %d%s%s%s: %s", host == NULL ? "" : host,
				host == NULL ? "" : ": ", (int)process->pid,
				name[0] == '\0' ? "" : " (", name, name[0] == '\0' ? "" : ")",
				process->refusal);
		if (process->left_out > 0)
			miss(stacks, "process %d (%s): %zu more threads are not shown",
				(int)process->pid, name, process->left_out);
		all = all && process->refusal[0] == '\0' && process->left_out == 0;
		for (size_t j = 0; j < process->count; j++)
			all = all && (process->threads[j].error == NULL ||
					     process->threads[j].state == LIVE_ENDED);
	}
	return all;
}

/* Writes the page. Returns 0 or -errno, after a line about it. */
static int write_page(const struct stacks *stacks)
{
	struct replaced file;
	int error = replace_begin(&file, stacks->html);

	if (error == 0)
		error = replace_end(
			&file, stacks_page_print(file.to, &stacks->set,
				       stacks->directory == NULL ? "" : stacks->directory,
				       stacks->missing, stacks->missing_count));
	if (error < 0)
		complain("%s: %s; the page was not written", stacks->html, strerror(-error));
	return error;
}

/* Writes what was asked for. Returns 0 or -errno, after a line about it. */
static int print(const struct stacks *stacks)
{
	int error = 0, page = 0;

	if (stacks->as_json)
		error = stacks_json_print(stdout, &stacks->set);
	else if (stacks->as_dot)
		error = stacks_graph_print(stdout, &stacks->set);
	else if (stacks->html == NULL)
		error = stacks_text_print(stdout, &stacks->set)
				?: stacks_calls_print(stdout, &stacks->set);
	if (error < 0)
		complain("%s", strerror(-error));
	if (stacks->html != NULL)
		page = write_page(stacks);
	return error < 0 ? error : page;
}

/* Looks, and shows it. Returns the status to end with. */
static int look(struct stacks *stacks)
{
	struct report_request request = {
		.lines_ms = REPORT_LINES_MS_DEFAULT,
		.debug_directory = stacks->debug_directory,
	};
	struct stacks_ask ask = {.directory = -1};
	int error;
	bool all;

	if (stacks->targets.elsewhere_count > 0)
		stacks_ask_begin(&ask, stacks->directory, stacks->samples, stacks->interval_ms);
	if (stacks->is_fetched && ask.directory >= 0)
		fetched_request_stacks(&stacks->fetched, &stacks->server, &ask.request);
	error = take_all(stacks, &ask);
	if (error == 0)
		error = stacks_set_lines(&stacks->set, &request);
	error = stacks_ask_end(&ask, &stacks->set, &stacks->targets) ?: error;
	if (error < 0)
		return complain("%s", strerror(-error)), STATUS_FAILED;
	all = complain_of_hosts(stacks, ask.error);
	all = complain_of_rest(stacks) && all;
	return print(stacks) == 0 && all ? STATUS_OK : STATUS_FAILED;
}

static int run(const struct command *command, int argc, char **argv)
{
	static struct stacks stacks = {.samples = 1, .interval_ms = INTERVAL_MS_DEFAULT};
	int status = read_request(&stacks, argc, argv);

	(void)command;
	if (status < 0)
		status = fetch_run(&stacks);
	if (status < 0 && stacks.directory != NULL &&
		stacks_targets_add_run(&stacks.targets, stacks.directory, stacks.shown) < 0)
		status = STATUS_FAILED;
	if (status < 0)
		status = look(&stacks);
	stacks_set_release(&stacks.set);
	free(stacks.missing);
	if (stacks.is_fetched)
		fetched_end(&stacks.fetched);
	stacks_targets_release(&stacks.targets);
	return status;
}

const struct command cmd_stacks = {
	.name = "stacks",
	.usage = "[options] [DIR|URL]",
	.operand = "DIR",
	.summary = "Show where the threads of living processes are, without touching them.",
	.details = "DIR is the directory of a run: all of its processes that go on, on all hosts.\n"
		   "URL is a run on a NATS server, nats://HOST:PORT/RUN.\n"
		   "Threads with equal stacks are shown together, the fewest first. A thread that\n"
		   "waits is not disturbed; one that runs is stopped for less than 20 ms.\n"
		   "Exit status: 0 all are shown, 1 some are not, 2 wrong usage.",
	.options = options,
	.run = run,
};
