/* SPDX-License-Identifier: Apache-2.0 */
/* vigil report - who failed first, and why, from the events of a run. */
#include "core/cli/cli.h"
#include "core/cli/fetched.h"
#include "core/cli/replaced.h"

#include "core/base/number.h"
#include "core/base/signal_table.h"
#include "core/base/text.h"
#include "core/report/history.h"
#include "core/report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An hour: no clock in use is further off. */
#define SKEW_MS_MOST 3600000

/* How often --dumps may be given. */
#define DUMPS_MOST 64

/* Options that choose a form of the report come first. */
enum {
	OPTION_JSON,
	OPTION_DOT,
	OPTION_HTML,
	OPTION_PERFETTO,
	OPTION_FORM_COUNT,
	OPTION_FOLLOW = OPTION_FORM_COUNT,
	OPTION_SKEW,
	OPTION_RUN_ID,
	OPTION_NO_LINES,
	OPTION_DEBUG_DIR,
	OPTION_DUMPS,
	OPTION_HISTORY,
};

static const struct option_spec options[] = {
	[OPTION_JSON] = {'j', "json", NULL,
		"print the whole report as JSON, schema vigil.report/1"},
	[OPTION_DOT] = {'\0', "dot", NULL, "print the merged stacks for Graphviz and stat-view"},
	[OPTION_HTML] = {'\0', "html", "FILE",
		"write a page for a browser, which needs no other file"},
	[OPTION_PERFETTO] = {'\0', "perfetto", "FILE",
		"write a trace for ui.perfetto.dev or chrome://tracing"},
	[OPTION_FOLLOW] = {'f', "follow", NULL,
		"read on until the job has ended; report each new verdict"},
	[OPTION_SKEW] = {'\0', "clock-skew", "MS",
		"how far the clocks of two hosts may differ (10)"},
	[OPTION_RUN_ID] = {'\0', "run-id", "ID", "the run to report on (the newest)"},
	[OPTION_NO_LINES] = {'\0', "no-lines", NULL,
		"look up no lines of source: open nothing but DIR|FILE"},
	[OPTION_DEBUG_DIR] = {'\0', "debug-dir", "DIR",
		"look for debug files in DIR, besides /usr/lib/debug"},
	[OPTION_DUMPS] = {'\0', "dumps", "PATH",
		"read dumps of collectives, too: PyTorch's, NCCL RAS's"},
	[OPTION_HISTORY] = {'\0', "history", NULL,
		"over all runs: which failure came again, and which hosts fail more than by "
		"chance"},
	{0},
};

static const enum report_form forms[] = {
	[OPTION_JSON] = REPORT_JSON,
	[OPTION_DOT] = REPORT_DOT,
	[OPTION_HTML] = REPORT_HTML,
	[OPTION_PERFETTO] = REPORT_PERFETTO,
};

struct settings {
	const char *files[OPTION_FORM_COUNT]; /* "-": standard output; NULL: not wanted */
	bool follow, history;
	char debug_directory[PATH_MAX];
	const char *dumps[DUMPS_MOST];
	struct report_request request;
};

/* These return 0, or the exit status after wrong usage. */
static int take_skew(const struct option_reader *reader, struct settings *settings)
{
	int64_t ms;

	if (!number_parse(reader->value, &ms) || ms < 0 || ms > SKEW_MS_MOST)
		return usage_error(reader->command, "'%s' is no number of milliseconds, 0 to %d",
			reader->value, SKEW_MS_MOST);
	settings->request.skew_us = ms * 1000;
	return 0;
}

/* A colon in the path is refused: it separates directories in libdw's list. */
static int take_debug_directory(const struct option_reader *reader, struct settings *settings)
{
	if (realpath(reader->value, settings->debug_directory) == NULL)
		return usage_error(reader->command, "'%s': %s", reader->value, strerror(errno));
	if (strchr(settings->debug_directory, ':') != NULL)
		return usage_error(reader->command,
			"'%s' has a colon in its path, which separates directories", reader->value);
	settings->request.debug_directory = settings->debug_directory;
	return 0;
}

static int take_dumps(const struct option_reader *reader, struct settings *settings)
{
	if (settings->request.dump_count == DUMPS_MOST)
		return usage_error(reader->command,
			"--dumps is given more than %d times; a directory has room for all",
			DUMPS_MOST);
	settings->dumps[settings->request.dump_count++] = reader->value;
	settings->request.dumps = settings->dumps;
	return 0;
}

static int take_option(const struct option_reader *reader, int option, struct settings *settings)
{
	switch (option) {
	case OPTION_JSON:
	case OPTION_DOT: settings->files[option] = "-"; return 0;
	case OPTION_HTML:
	case OPTION_PERFETTO: settings->files[option] = reader->value; return 0;
	case OPTION_FOLLOW: settings->follow = true; return 0;
	case OPTION_HISTORY: settings->history = true; return 0;
	case OPTION_RUN_ID: settings->request.run_id = reader->value; return 0;
	case OPTION_NO_LINES: settings->request.no_lines = true; return 0;
	case OPTION_DEBUG_DIR: return take_debug_directory(reader, settings);
	case OPTION_DUMPS: return take_dumps(reader, settings);
	default: return take_skew(reader, settings);
	}
}

/* A form before FORM that goes to the same file; -1: there is none. */
static int form_for_same(const struct settings *settings, int form)
{
	for (int i = 0; i < form; i++)
		if (settings->files[i] != NULL &&
			strcmp(settings->files[i], settings->files[form]) == 0)
			return i;
	return -1;
}

/* Refuse what a history has not. */
static int check_history(const struct option_reader *reader, const struct settings *settings)
{
	if (settings->follow)
		return usage_error(reader->command, "--follow is of one run, --history of many");
	if (settings->request.run_id != NULL)
		return usage_error(reader->command, "--run-id is of one run, --history of many");
	for (int i = 0; i < OPTION_FORM_COUNT; i++)
		if (i != OPTION_JSON && settings->files[i] != NULL)
			return usage_error(reader->command, "--history is text or --json, no --%s",
				options[i].name);
	return 0;
}

/* Refuse two forms for one file or for standard output, and any form with --follow. */
static int check_forms(const struct option_reader *reader, const struct settings *settings)
{
	for (int i = 0; i < OPTION_FORM_COUNT; i++) {
		const char *file = settings->files[i];
		int other;

		if (file == NULL)
			continue;
		if (settings->follow)
			return usage_error(reader->command, "--%s is one report, --follow is many",
				options[i].name);
		other = form_for_same(settings, i);
		if (other >= 0)
			return usage_error(reader->command, "--%s and --%s are both for %s",
				options[other].name, options[i].name,
				strcmp(file, "-") == 0 ? "standard output" : file);
	}
	return 0;
}

/* Returns -1 and the SETTINGS, or the status to end with. */
static int take_options(struct option_reader *reader, struct settings *settings)
{
	int option, status = 0;

	while (status == 0 && (option = option_next(reader)) >= 0)
		status = take_option(reader, option, settings);
	if (status != 0)
		return status;
	if (option == OPTION_STOP)
		return reader->status;
	settings->request.paths = (const char *const *)reader->argv + reader->next;
	settings->request.path_count = (size_t)(reader->argc - reader->next);
	if (settings->request.path_count == 0)
		return usage_error(reader->command, "no directory and no file given");
	if (operands_check(reader, "directory and no file") != 0 ||
		check_forms(reader, settings) != 0 ||
		(settings->history && check_history(reader, settings) != 0))
		return STATUS_USAGE;
	return -1;
}

static int print_to(const struct report *made, enum report_form form, FILE *to)
{
	int error = report_print(made, form, to);

	if (error < 0)
		complain("standard output: %s; the report is cut short", strerror(-error));
	return error;
}

static int write_file(const struct report *made, enum report_form form, const char *path)
{
	static const char *const outcomes[] = {
		[REPLACED_FILE] = "it is as it was",
		[REPLACED_NOTHING] = "nothing was written",
		[REPLACED_STREAM] = "the report is cut short",
	};
	struct replaced file;
	int error = replace_begin(&file, path);

	if (error == 0)
		error = replace_end(&file, report_print(made, form, file.to));
	if (error < 0)
		complain("%s: %s; %s", path, strerror(-error), outcomes[file.kind]);
	return error;
}

/* Write every form that SETTINGS names, or else the text. Returns 0 or the first -errno. */
static int write_forms(const struct settings *settings, const struct report *made)
{
	bool any = false;
	int error = 0, next;

	for (int i = 0; i < OPTION_FORM_COUNT; i++) {
		const char *path = settings->files[i];

		if (path == NULL)
			continue;
		any = true;
		next = strcmp(path, "-") == 0 ? print_to(made, forms[i], stdout)
					      : write_file(made, forms[i], path);
		error = error == 0 ? next : error;
	}
	return any ? error : print_to(made, REPORT_TEXT, stdout);
}

static volatile sig_atomic_t stop_signal;

static void stop_at(int signal)
{
	stop_signal = signal;
}

static int follow(const struct settings *settings)
{
	struct sigaction action = {.sa_handler = stop_at};
	const char *first;
	char complaint[512];
	int error;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	error = report_follow(
		&settings->request, stdout, &stop_signal, complaint, sizeof complaint);
	if (error == -EINTR && stop_signal != 0)
		return signal_to_status(stop_signal);
	if (error == -EIO) {
		complain("standard output: %s; the report is cut short", strerror(EIO));
		return STATUS_FAILED;
	}
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): set by the table of options */
	first = settings->request.paths[0];
	if (error < 0)
		complain("%s: %s; nothing to follow", first,
			complaint[0] == '\0' ? strerror(-error) : complaint);
	return error < 0 ? STATUS_USAGE : STATUS_OK;
}

static int report(const struct settings *settings)
{
	struct report *made;
	char complaint[512];
	int error = report_make(&settings->request, &made, complaint, sizeof complaint);

	if (error < 0) {
		complain("%s; nothing to report on", complaint);
		return STATUS_USAGE;
	}
	error = write_forms(settings, made);
	report_free(made);
	return error < 0 ? STATUS_FAILED : STATUS_OK;
}

static void say_left_out(const char *complaint)
{
	complain("%s; it is left out", complaint);
}

/* Report on all runs of SETTINGS' paths; one that cannot be read is named, and left out. */
static int report_history(const struct settings *settings)
{
	struct history *history = history_new();
	int found = 0, error = history == NULL ? -ENOMEM : 0;

	for (size_t i = 0; error == 0 && i < settings->request.path_count; i++) {
		int added = history_add(history, settings->request.paths[i], say_left_out);

		found += added > 0 ? added : 0;
	}
	if (error == 0 && found > 0)
		error = history_print(history, settings->files[OPTION_JSON] != NULL, stdout);
	history_free(history);
	if (error < 0)
		complain("standard output: %s; the report is cut short", strerror(-error));
	return error < 0 ? STATUS_FAILED : found == 0 ? STATUS_USAGE : STATUS_OK;
}

/* The runs on servers that are reported on, as directories. */
static struct fetched runs[HELPERS_MOST];
static size_t run_count;

/* Fetch the run at URL, and make *PATH its directory. Returns 0, or the status to end with. */
static int fetch_run(struct report_request *request, const char *url, const char **path)
{
	struct fetched *fetched = &runs[run_count];
	struct server server;
	char complaint[512];

	if (server_parse(url, &server, complaint, sizeof complaint) < 0)
		return usage_error(&cmd_report, "%s", complaint);
	if (server.run[0] == '\0')
		return usage_error(&cmd_report, "'%s' names no run: %s/RUN", url, server.shown);
	if (run_count == HELPERS_MOST)
		return usage_error(&cmd_report, "more than %d runs on servers", HELPERS_MOST);
	if (fetched_begin(fetched, &server, server.run, complaint, sizeof complaint) < 0) {
		complain("%s; nothing to report on", complaint);
		return STATUS_USAGE;
	}
	run_count++;
	*path = fetched->directory;
	if (path == request->paths)
		request->shown = fetched->shown;
	if (request->path_count == 1 && request->run_id == NULL)
		request->run_id = fetched->run_id;
	return 0;
}

static void end_runs(void)
{
	while (run_count > 0)
		fetched_end(&runs[--run_count]);
}

/* Fetch every path of REQUEST that is a URL. Returns -1, or the status to end with. */
static int fetch_runs(struct report_request *request)
{
	int status = 0;

	for (size_t i = 0; i < request->path_count && status == 0; i++)
		if (server_is_url(request->paths[i]))
			status = fetch_run(
				request, request->paths[i], (const char **)&request->paths[i]);
	if (status != 0)
		end_runs();
	return status == 0 ? -1 : status;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct option_reader reader = {.command = command, .argc = argc, .argv = argv};
	struct settings settings = {
		.request = {.skew_us = REPORT_SKEW_US_DEFAULT,
			.lines_ms = REPORT_LINES_MS_DEFAULT,
			.show_progress = true},
	};
	int status = take_options(&reader, &settings);

	if (status >= 0)
		return status;
	status = fetch_runs(&settings.request);
	if (status >= 0)
		return status;
	status = settings.follow    ? follow(&settings)
		 : settings.history ? report_history(&settings)
				    : report(&settings);
	end_runs();
	return status;
}

const struct command cmd_report = {
	.name = "report",
	.usage = "[options] DIR|FILE|URL…",
	.operand = "DIR|FILE",
	.summary = "Report which rank failed first, and why, from the events of a run.",
	.details =
		"Of a directory, every *.jsonl file is read, and the files rotated away from it.\n"
		"What is not an event is counted and skipped; links out of the directory, and "
		"what\n"
		"is not a regular file, are named and skipped. \"-\" is standard input.\n\n"
		"A URL, nats://HOST:PORT/RUN, is a run whose events are on a NATS server.\n\n"
		"If a form is given, the text is not printed. \"-\" for FILE is standard output. "
		"An\n"
		"existing FILE is replaced when the new one is complete.\n\n"
		"Lines of source come from the debug information of the files that ran, if they "
		"are\n"
		"still there with the same build-id; from separate debug files; and from the "
		"servers\n"
		"in DEBUGINFOD_URLS, if that is set.\n\n"
		"Exit status: 0 the report was made, whatever it says; 1 it could not be written;\n"
		"2 wrong usage, or there is nothing to report on; 130 --follow was interrupted.",
	.options = options,
	.run = run,
};
