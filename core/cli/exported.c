/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/exported.h"

#include "core/base/text.h"
#include "core/cli/fetched.h"
#include "core/cli/replaced.h"
#include "core/transport/otlp_pairs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* How long a receiver is waited for that takes nothing, and one that says when it will. */
#define EXPORT_END_MS 15000
#define EXPORT_PATIENCE_MS 60000

/* Where the events are. */
struct source {
	const char *shown; /* as the user calls it */
	const char *directory;
	bool is_fetched;
	struct fetched fetched;
};

/* Find what NAME is, and fetch what is on a server. Returns -1, or the status to end with. */
static int open_source(const struct command *command, const char *name, struct source *source)
{
	struct server server;
	char complaint[512];

	*source = (struct source){.shown = name, .directory = name};
	if (!server_is_url(name))
		return -1;
	if (server_parse(name, &server, complaint, sizeof complaint) < 0)
		return usage_error(command, "%s", complaint);
	if (server.run[0] == '\0')
		return usage_error(command, "'%s' names no run: %s/RUN", name, server.shown);
	if (fetched_begin(&source->fetched, &server, server.run, complaint, sizeof complaint) < 0) {
		complain("%s; nothing was sent", complaint);
		return STATUS_FAILED;
	}
	source->is_fetched = true;
	source->directory = source->fetched.directory;
	source->shown = source->fetched.shown;
	return -1;
}

static void close_source(struct source *source)
{
	if (source->is_fetched)
		fetched_end(&source->fetched);
}

/* Make the directory in which it is noted what was sent of runs that are on servers: it is PATH.
 * Returns false where there is none. */
static bool make_state_directory(char path[PATH_MAX])
{
	const char *state = otlp_variable("XDG_STATE_HOME"), *home = otlp_variable("HOME");

	if (state == NULL && home == NULL)
		return false;
	if (state != NULL ? !text_format(path, PATH_MAX, "%s/vigil", state)
			  : !text_format(path, PATH_MAX, "%s/.local/state/vigil", home))
		return false;
	for (char *at = path + 1; (at = strchr(at, '/')) != NULL; at++) {
		*at = '\0';
		mkdir(path, 0700);
		*at = '/';
	}
	return mkdir(path, 0700) == 0 || errno == EEXIST;
}

void export_rejected(const struct otlp_exported *exported, const struct otlp_target *target,
	char *line, size_t size)
{
	line[0] = '\0';
	if (exported->rejected > 0)
		text_format(line, size, "%s has rejected %lu event%s%s%s", target->shown,
			(unsigned long)exported->rejected, exported->rejected == 1 ? "" : "s",
			exported->rejected_why[0] == '\0' ? "" : ": ", exported->rejected_why);
}

/* Say what was not sent of SOURCE. Returns the status to end with. */
static int conclude(const struct source *source, const struct otlp_target *target,
	const struct otlp_exported *exported, int error)
{
	const struct published *rest = &exported->rest;
	char line[OTLP_URL_SIZE + 400];

	export_rejected(exported, target, line, sizeof line);
	if (line[0] != '\0')
		complain("%s", line);
	if (error < 0 && rest->left == 0) {
		complain("%s: %s; nothing was sent", source->shown, rest->why);
		return STATUS_USAGE;
	}
	if (error == 0 && exported->files == 0) {
		complain("%s: there is no event in it; nothing was sent", source->shown);
		return STATUS_USAGE;
	}
	if (error < 0)
		complain("%s: %lu bytes of events in %lu file%s (%s%s) were not sent: %s",
			source->shown, (unsigned long)rest->left, (unsigned long)rest->left_files,
			rest->left_files == 1 ? "" : "s", rest->first,
			rest->left_files == 1 ? "" : ", …", rest->why);
	return error < 0 || exported->rejected > 0 ? STATUS_FAILED : STATUS_OK;
}

int export_to_receiver(
	const struct command *command, const char *name, const char *to, int (*open_signals)(void))
{
	static struct otlp_target target;
	struct source source;
	struct otlp_exported exported;
	struct otlp_exporting exporting = {.target = &target,
		.source = "",
		.control = -1,
		.end_ms = EXPORT_END_MS,
		.patience_ms = EXPORT_PATIENCE_MS};
	char state[PATH_MAX], complaint[512];
	int status;

	if (otlp_target_parse(to, &target, complaint, sizeof complaint) < 0)
		return usage_error(command, "--to: %s", complaint);
	if (curl_load(complaint, sizeof complaint) == NULL) {
		complain("%s; nothing was sent", complaint);
		return STATUS_FAILED;
	}
	status = open_source(command, name, &source);
	if (status >= 0)
		return status;
	exporting.directory = source.directory;
	if (source.is_fetched)
		exporting.source = source.shown;
	if (source.is_fetched && make_state_directory(state))
		exporting.state_directory = state;
	if (open_signals != NULL)
		exporting.control = open_signals();
	status = otlp_export(&exporting, &exported);
	status = conclude(&source, &target, &exported, status);
	close_source(&source);
	return status;
}

static int write_to(const struct source *source, const char *path)
{
	bool is_stream = strcmp(path, "-") == 0;
	struct replaced file;
	uint64_t events = 0;
	int error = is_stream ? 0 : replace_begin(&file, path);

	if (error == 0) {
		error = otlp_write(source->directory, is_stream ? stdout : file.to, &events);
		if (!is_stream)
			error = replace_end(&file, error);
	}
	if (error < 0)
		complain("%s: %s; nothing was written", is_stream ? "standard output" : path,
			strerror(-error));
	else if (events == 0)
		complain("%s: there is no event in it", source->shown);
	return error < 0 ? STATUS_FAILED : events == 0 ? STATUS_USAGE : STATUS_OK;
}

int export_to_file(const struct command *command, const char *name, const char *path)
{
	struct source source;
	struct stat there;
	int status = open_source(command, name, &source), error;

	if (status >= 0)
		return status;
	error = stat(source.directory, &there) < 0 ? errno : S_ISDIR(there.st_mode) ? 0 : ENOTDIR;
	if (error != 0)
		complain("%s: %s; nothing was written", source.shown, strerror(error));
	status = error != 0 ? STATUS_USAGE : write_to(&source, path);
	close_source(&source);
	return status;
}
