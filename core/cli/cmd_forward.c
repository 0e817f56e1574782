/* SPDX-License-Identifier: Apache-2.0 */
/* vigil forward - sends the events of a run to a NATS server or a receiver of OTLP, later or beside
 * the job. */
#include "core/base/signal_table.h"
#include "core/cli/cli.h"
#include "core/cli/exported.h"
#include "core/eventfile/read.h"
#include "core/transport/library.h"
#include "core/transport/publish.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { OPTION_TO, OPTION_RUN_ID, OPTION_FOLLOW, OPTION_FORMAT };

static const struct option_spec options[] = {
	[OPTION_TO] = {'\0', "to", "URL",
		"where to: nats://HOST:PORT, tls://…, otlp+http://HOST:PORT, otlp+https://…"},
	[OPTION_RUN_ID] = {'\0', "run-id", "ID", "the run that the events are of (the newest)"},
	[OPTION_FOLLOW] = {'f', "follow", NULL, "send on until SIGINT or SIGTERM"},
	[OPTION_FORMAT] = {'\0', "format", "FORMAT",
		"otlp: write OTLP's JSON lines to the file that --to names (\"-\")"},
	{0},
};

static const char *format_word(unsigned index)
{
	return index == 0 ? "otlp" : NULL;
}

static const struct option_words words[] = {{"format", format_word}, {NULL, NULL}};

struct request {
	const char *to, *run_id; /* NULL: not given */
	const char *source;
	bool follow, as_file;
};

/* Returns -1 and the REQUEST, or the status to end with. */
static int read_request(int argc, char **argv, struct request *request)
{
	struct option_reader reader = {.command = &cmd_forward, .argc = argc, .argv = argv};
	int option;

	*request = (struct request){.to = NULL};
	while ((option = option_next(&reader)) >= 0) {
		if (option == OPTION_TO)
			request->to = reader.value;
		else if (option == OPTION_RUN_ID)
			request->run_id = reader.value;
		else if (option == OPTION_FOLLOW)
			request->follow = true;
		else if (strcmp(reader.value, format_word(0)) == 0)
			request->as_file = true;
		else
			return usage_error(
				&cmd_forward, "--format is otlp, not '%s'", reader.value);
	}
	if (option == OPTION_STOP)
		return reader.status;
	if (reader.next + 1 != argc)
		return usage_error(&cmd_forward, "takes one directory");
	if (operands_check(&reader, "directory") != 0)
		return STATUS_USAGE;
	request->source = argv[reader.next];
	return -1;
}

/* Returns -1, or the status after wrong usage. */
static int check(const struct request *request)
{
	bool is_otlp = request->to != NULL && otlp_is_url(request->to);
	bool is_url = is_otlp || (request->to != NULL && server_is_url(request->to));

	if (request->as_file && is_url)
		return usage_error(&cmd_forward, "--format is for a file, and --to is none");
	if (request->as_file && request->follow)
		return usage_error(&cmd_forward,
			"--follow is for a server, --format for a file that is written once");
	if ((request->as_file || is_otlp) && request->run_id != NULL)
		return usage_error(
			&cmd_forward, "--run-id is for NATS: to OTLP, each event names its run");
	if (!request->as_file && !is_otlp && server_is_url(request->source))
		return usage_error(&cmd_forward,
			"the run of a NATS server can be sent to a receiver of OTLP alone");
	return -1;
}

/* The run of the newest event in READING; NULL: no event has one. */
static const char *newest_run(const struct reading *reading)
{
	const struct event_record *newest = NULL;

	for (size_t i = 0; i < reading->count; i++) {
		const struct event_record *event = &reading->events[i];

		if (event->run_id != NULL && event->run_id[0] != '\0' &&
			(newest == NULL || event->time_us > newest->time_us))
			newest = event;
	}
	return newest == NULL ? NULL : newest->run_id;
}

static bool has_run(const struct reading *reading, const char *run)
{
	for (size_t i = 0; i < reading->count; i++)
		if (reading->events[i].run_id != NULL &&
			strcmp(reading->events[i].run_id, run) == 0)
			return true;
	return false;
}

/* Find the run that the events in REQUEST's directory are of. Returns -1, or the status to end
 * with. */
static int find_run(const struct request *request, char run[RUN_ID_SIZE])
{
	struct reading reading = {0};
	const char *found;
	int error;

	if (request->run_id != NULL && strlen(request->run_id) >= RUN_ID_SIZE)
		return usage_error(&cmd_forward, "'%s' is no run's id", request->run_id);
	if (request->run_id != NULL && request->follow) {
		strcpy(run, request->run_id); /* its events may be to come */
		return -1;
	}
	error = read_path(&reading, request->source);
	if (error < 0) {
		complain("%s: %s; nothing was sent", request->source,
			reading.refused == NULL ? strerror(-error) : reading.refused);
		reading_release(&reading);
		return STATUS_USAGE;
	}
	found = request->run_id == NULL		     ? newest_run(&reading)
		: has_run(&reading, request->run_id) ? request->run_id
						     : NULL;
	if (found != NULL && strlen(found) < RUN_ID_SIZE)
		strcpy(run, found);
	reading_release(&reading);
	if (found != NULL)
		return -1;
	complain("%s: no event in it is of %s; nothing was sent", request->source,
		request->run_id == NULL ? "a run; --run-id names one"
					: "the run that --run-id names");
	return STATUS_USAGE;
}

/* A descriptor that is readable after SIGINT or SIGTERM; those of the library's threads are blocked
 * in any case. */
static int open_signals(void)
{
	sigset_t ends, all;

	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigprocmask(SIG_BLOCK, &all, NULL);
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	return signalfd(-1, &ends, SFD_CLOEXEC);
}

static int forward(const struct request *request, const struct server *server, const char *run)
{
	struct publishing publishing = {.server = server,
		.run = run,
		.directory = request->source,
		.control = request->follow ? open_signals() : -1};
	struct published published;
	int error = publish(&publishing, &published);

	if (error < 0 && published.left == 0) {
		complain("%s: %s; nothing was sent", request->source, strerror(-error));
		return STATUS_USAGE;
	}
	if (error < 0)
		complain("%s: %lu bytes of events in %lu file%s (%s%s) were not sent: %s",
			request->source, (unsigned long)published.left,
			(unsigned long)published.left_files, published.left_files == 1 ? "" : "s",
			published.first, published.left_files == 1 ? "" : ", …", published.why);
	return error < 0 ? STATUS_FAILED : STATUS_OK;
}

static int forward_to_nats(const struct request *from)
{
	struct request own = *from, *request = &own;
	struct server server;
	char id[RUN_ID_SIZE] = "", complaint[300];
	int status;

	if (server_parse(request->to ?: "nats://", &server, complaint, sizeof complaint) < 0)
		return usage_error(&cmd_forward, "--to: %s", complaint);
	if (nats_load(complaint, sizeof complaint) == NULL) {
		complain("%s; nothing was sent", complaint);
		return STATUS_FAILED;
	}
	if (request->run_id == NULL && server.run[0] != '\0')
		request->run_id = server.run;
	status = find_run(request, id);
	return status >= 0 ? status : forward(request, &server, id);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct request request;
	int status = read_request(argc, argv, &request);

	(void)command;
	if (status < 0)
		status = check(&request);
	if (status >= 0)
		return status;
	if (request.as_file)
		return export_to_file(&cmd_forward, request.source, request.to ?: "-");
	if (request.to != NULL && otlp_is_url(request.to))
		return export_to_receiver(&cmd_forward, request.source, request.to,
			request.follow ? open_signals : NULL);
	return forward_to_nats(&request);
}

const struct command cmd_forward = {
	.name = "forward",
	.usage = "[options] --to URL DIR|URL",
	.operand = "DIR",
	.summary = "Send the events of a run to a NATS server or a receiver of OTLP.",
	.details =
		"What the server has acknowledged before is not sent again. Without --to, the "
		"server\n"
		"is that of NATS_URL. A user, password or token is taken from NATS_CREDS, "
		"NATS_TOKEN,\n"
		"NATS_USER and NATS_PASSWORD, never from the command line; NATS_CA, NATS_CERT and\n"
		"NATS_KEY are files for TLS.\n"
		"\n"
		"A receiver of OTLP (a collector) gets a log record an event, from a directory or\n"
		"from nats://HOST:PORT/RUN. Of OpenTelemetry's variables those of\n"
		"OTEL_EXPORTER_OTLP_ count: headers, certificates, protocol, compression.\n"
		"\n"
		"Exit status: 0 the server has all events; 1 not all could be sent: they stay "
		"where\n"
		"they are; 2 wrong usage, or there is nothing to send.",
	.options = options,
	.words = words,
	.run = run,
};
