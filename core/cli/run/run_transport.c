/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_transport.h"

#include "core/base/text.h"
#include "core/cli/cli.h"
#include "core/cli/exported.h"
#include "core/cli/run/run_agent.h"
#include "core/cli/run/run_server.h"
#include "core/transport/fetch.h"
#include "core/transport/library.h"
#include "core/transport/publish.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

/* How long a helper may take to load the library. */
#define LOAD_MS 10000

/* What is over the time that a helper itself gives up after, for a busy host. */
#define SPARE_MS 1000

int run_transport_plan(
	struct run_transport *transport, const char *to, bool collects, bool inherits)
{
	const char *outer = getenv("VIGIL_TO");
	char complaint[300];

	*transport = (struct run_transport){.collects = collects,
		.sender.socket = -1,
		.keeper.socket = -1,
		.collector.socket = -1};
	if (to != NULL && collects) {
		complain("--to is a server that is there, --collect starts one; nothing was "
			 "started");
		return -EINVAL;
	}
	if (to == NULL && inherits && !collects && outer != NULL && outer[0] != '\0')
		to = outer;
	if (to == NULL)
		return 0;
	transport->is_otlp = otlp_is_url(to);
	if ((transport->is_otlp
			    ? otlp_target_parse(to, &transport->target, complaint, sizeof complaint)
			    : server_parse(to, &transport->server, complaint, sizeof complaint)) <
		0) {
		complain("--to: %s; nothing was started", complaint);
		return -EINVAL;
	}
	if (transport->server.run[0] != '\0') {
		complain("--to: '%s' behind the server: a run is named by --run-id; nothing was "
			 "started",
			transport->server.run);
		return -EINVAL;
	}
	transport->given = to;
	transport->sends = true;
	return 0;
}

static void send_library(int socket, bool is_otlp, char *complaint, size_t size)
{
	complaint[0] = '\0';
	if (is_otlp)
		curl_load(complaint, size);
	else
		nats_load(complaint, size);
	helper_send(socket, complaint);
}

/* What --to names, as it may be shown. */
static const char *shown(const struct run_transport *transport)
{
	return transport->is_otlp ? transport->target.shown : transport->server.shown;
}

static void explain_rest(const struct run_transport *transport, const struct published *published,
	int error, char *line, size_t size)
{
	const char *path = transport->rundir->path;
	char more[40] = "";

	if (published->left_files > 1)
		text_format(more, sizeof more, " and %lu more",
			(unsigned long)(published->left_files - 1));
	if (error != 0 && published->left == 0)
		text_format(line, size, "%s: %s; its events were not sent", path, strerror(-error));
	else if (error != 0)
		text_format(line, size,
			"%s: %lu bytes of events (%s%s) were not sent: %s; they stay there, "
			"'vigil forward %s --to %s' sends them",
			path, (unsigned long)published->left, published->first, more,
			published->why, path, shown(transport));
	else
		line[0] = '\0';
}

static void send_events(int socket, const void *argument)
{
	const struct run_transport *transport = argument;
	struct publishing publishing = {.server = &transport->server,
		.run = transport->rundir->run_id,
		.directory = transport->rundir->absolute,
		.hostname = transport->all_files ? NULL : transport->hostname,
		.control = socket};
	struct published published;
	char line[HELPER_LINE_SIZE];
	int error;

	send_library(socket, false, line, sizeof line);
	if (line[0] != '\0')
		return;
	error = publish(&publishing, &published);
	explain_rest(transport, &published, error, line, sizeof line);
	helper_send(socket, line);
}

static void export_events(int socket, const void *argument)
{
	const struct run_transport *transport = argument;
	struct otlp_exporting exporting = {.target = &transport->target,
		.directory = transport->rundir->absolute,
		.source = "",
		.hostname = transport->all_files ? NULL : transport->hostname,
		.control = socket,
		.end_ms = PUBLISH_END_MS,
		.patience_ms = PUBLISH_END_MS};
	struct otlp_exported exported;
	char line[HELPER_LINE_SIZE];
	int error;

	send_library(socket, true, line, sizeof line);
	if (line[0] != '\0')
		return;
	error = otlp_export(&exporting, &exported);
	export_rejected(&exported, &transport->target, line, sizeof line);
	if (line[0] != '\0')
		helper_send(socket, line);
	explain_rest(transport, &exported.rest, error, line, sizeof line);
	helper_send(socket, line);
}

struct lines {
	int socket;
};

static void on_line(void *context, const char *line)
{
	helper_send(((struct lines *)context)->socket, line);
}

static void fetch_events(int socket, const void *argument)
{
	const struct run_transport *transport = argument;
	struct lines lines = {socket};
	struct fetching fetching = {.server = &transport->server,
		.run = transport->rundir->run_id,
		.directory = transport->rundir->absolute,
		.control = socket,
		.say = on_line,
		.context = &lines};
	char line[HELPER_LINE_SIZE];

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* the server's keeper fetches the rest then */
	send_library(socket, false, line, sizeof line);
	if (line[0] != '\0')
		return;
	if (fetch(&fetching, line, sizeof line) == 0)
		line[0] = '\0';
	helper_send(socket, line);
}

/* Start TASK, which first says whether it has the library. OPTION is what needs it. */
static int start(struct run_transport *transport, struct helper *helper, const char *name,
	helper_task *task, const char *option)
{
	char line[HELPER_LINE_SIZE] = "no process for it";
	int error = helper_start(helper, name, task, transport, false);

	if (error == 0 && !helper_receive(helper, LOAD_MS, line))
		strcpy(line, "it does not start");
	if (error == 0 && line[0] == '\0')
		return 0;
	complain("%s: %s; nothing was started", option, line);
	return -ENOENT;
}

int run_transport_start(
	struct run_transport *transport, const struct run_directory *rundir, bool has_config)
{
	int error = 0;

	transport->rundir = rundir;
	transport->all_files = has_config;
	agent_hostname(transport->hostname);
	if (transport->sends) {
		error = start(transport, &transport->sender, "vigil-send",
			transport->is_otlp ? export_events : send_events, "--to");
		if (error == 0 && setenv("VIGIL_TO", transport->given, 1) != 0)
			error = -ENOMEM;
	}
	if (transport->collects)
		error = run_server_start(rundir, &transport->keeper, &transport->server)
				?: start(transport, &transport->collector, "vigil-fetch",
					   fetch_events, "--collect");
	if (error < 0)
		run_transport_end(transport);
	return error;
}

/* Take the last lines of HELPER: what could not be done, and at the end an empty one. Returns
 * whether that came and nothing else did. */
static bool take_lines(const struct helper *helper, const char *silent)
{
	char line[HELPER_LINE_SIZE];
	bool done = true;

	while (helper_receive(helper, PUBLISH_END_MS + SPARE_MS, line)) {
		if (line[0] == '\0')
			return done;
		complain("%s", line);
		done = false;
		silent = NULL;
	}
	if (silent != NULL)
		complain("%s", silent);
	return false;
}

static bool finish_sending(struct run_transport *transport)
{
	char silent[SERVER_URL_SIZE + PATH_MAX + 100];
	bool done;

	text_format(silent, sizeof silent,
		"%s: whether %s has all events is not known; 'vigil forward' sends the rest",
		transport->rundir->path, shown(transport));
	helper_finish(&transport->sender);
	done = take_lines(&transport->sender, silent);
	helper_end(&transport->sender, SPARE_MS);
	return done;
}

static bool finish_collecting(struct run_transport *transport)
{
	bool done;

	helper_finish(&transport->collector);
	done = take_lines(&transport->collector, "--collect: events of other hosts may be missing");
	helper_end(&transport->collector, SPARE_MS);
	run_server_end(&transport->keeper, !done);
	return done;
}

bool run_transport_finish(struct run_transport *transport)
{
	bool done = transport->sender.socket < 0 || finish_sending(transport);

	return (transport->collector.socket < 0 || finish_collecting(transport)) && done;
}

const struct server *run_transport_server(const struct run_transport *transport)
{
	return transport->sends && !transport->is_otlp ? &transport->server : NULL;
}

void run_transport_end(struct run_transport *transport)
{
	helper_end(&transport->sender, SPARE_MS);
	helper_end(&transport->collector, SPARE_MS);
	run_server_end(&transport->keeper, false);
}
