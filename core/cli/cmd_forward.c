/* SPDX-License-Identifier: Apache-2.0 */
/* vigil forward - sends the events of a run directory to a NATS server, later or beside the job. */
#include "core/base/signal_table.h"
#include "core/cli/cli.h"
#include "core/eventfile/read.h"
#include "core/transport/library.h"
#include "core/transport/publish.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { OPTION_TO, OPTION_RUN_ID, OPTION_FOLLOW };

static const struct option_spec options[] = {
	[OPTION_TO] = {'\0', "to", "URL", "the NATS server: nats://HOST:PORT or tls://HOST:PORT"},
	[OPTION_RUN_ID] = {'\0', "run-id", "ID", "the run that the events are of (the newest)"},
	[OPTION_FOLLOW] = {'f', "follow", NULL, "send on until SIGINT or SIGTERM"},
	{0},
};

struct request {
	const char *to, *run_id, *directory;
	bool follow;
};

/* Returns -1 and the REQUEST, or the status to end with. */
static int read_request(int argc, char **argv, struct request *request)
{
	struct option_reader reader = {.command = &cmd_forward, .argc = argc, .argv = argv};
	int option;

	*request = (struct request){.to = "nats://"};
	while ((option = option_next(&reader)) >= 0) {
		if (option == OPTION_TO)
			request->to = reader.value;
		else if (option == OPTION_RUN_ID)
			request->run_id = reader.value;
		else
			request->follow = true;
	}
	if (option == OPTION_STOP)
		return reader.status;
	if (reader.next + 1 != argc)
		return usage_error(&cmd_forward, "takes one directory");
	if (operands_check(&reader, "directory") != 0)
		return STATUS_USAGE;
	request->directory = argv[reader.next];
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
	error = read_path(&reading, request->directory);
	if (error < 0) {
		complain("%s: %s; nothing was sent", request->directory,
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
	complain("%s: no event in it is of %s; nothing was sent", request->directory,
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
		.directory = request->directory,
		.control = request->follow ? open_signals() : -1};
	struct published published;
	int error = publish(&publishing, &published);

	if (error < 0 && published.left == 0) {
		complain("%s: %s; nothing was sent", request->directory, strerror(-error));
		return STATUS_USAGE;
	}
	if (error < 0)
		complain("%s: %lu bytes of events in %lu file%s (%s%s) were not sent: %s",
			request->directory, (unsigned long)published.left,
			(unsigned long)published.left_files, published.left_files == 1 ? "" : "s",
			published.first, published.left_files == 1 ? "" : ", …", published.why);
	return error < 0 ? STATUS_FAILED : STATUS_OK;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct request request;
	struct server server;
	char id[RUN_ID_SIZE] = "", complaint[300];
	int status = read_request(argc, argv, &request);

	if (status >= 0)
		return status;
	if (server_parse(request.to, &server, complaint, sizeof complaint) < 0)
		return usage_error(command, "--to: %s", complaint);
	if (nats_load(complaint, sizeof complaint) == NULL) {
		complain("%s; nothing was sent", complaint);
		return STATUS_FAILED;
	}
	if (request.run_id == NULL && server.run[0] != '\0')
		request.run_id = server.run;
	status = find_run(&request, id);
	return status >= 0 ? status : forward(&request, &server, id);
}

const struct command cmd_forward = {
	.name = "forward",
	.usage = "[options] --to URL DIR",
	.operand = "DIR",
	.summary = "Send the events of a run directory to a NATS server.",
	.details =
		"What the server has acknowledged before is not sent again. Without --to, the "
		"server\n"
		"is that of NATS_URL. A user, password or token is taken from NATS_CREDS, "
		"NATS_TOKEN,\n"
		"NATS_USER and NATS_PASSWORD, never from the command line; NATS_CA, NATS_CERT and\n"
		"NATS_KEY are files for TLS.\n"
		"\n"
		"Exit status: 0 the server has all events; 1 not all could be sent: they stay "
		"where\n"
		"they are; 2 wrong usage, or there is nothing to send.",
	.options = options,
	.run = run,
};
