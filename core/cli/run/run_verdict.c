/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_verdict.h"

#include "core/base/text.h"
#include "core/cli/cli.h"
#include "core/cli/fetched.h"
#include "core/cli/run/run_termination_log.h"
#include "core/report/report_of_run.h"
#include "core/report/unwatched_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* How long a verdict waits for the other `vigil run`s of the same run. */
#define AWAIT_OTHERS_MS 2000

#define HEADLINE_SIZE 1024

static void complain_of(void *nothing, const char *line)
{
	(void)nothing;
	complain("%s", line);
}

static void complain_of_loss(const struct run_directory *rundir)
{
	const char *why = run_copy_loss(rundir->absolute);

	complain("%s: %s%sevents of this run are lost, and a verdict may lack what they said",
		rundir->path, why, why[0] == '\0' ? "" : ": ");
}

/* Where PATH, which the user calls SHOWN, has lost events of ours, or cannot be read, COPY counts,
 * too. */
static void print_of(const char *path, const char *shown, const struct run_directory *rundir,
	const struct run_copy *copy, bool always)
{
	char buffer[HEADLINE_SIZE] = "";
	bool is_lost = copy->lost > 0 && copy->fd >= 0;
	struct text headline;
	int result;

	text_init(&headline, buffer, sizeof buffer);
	result = report_verdict(
		path, shown, rundir->run_id, is_lost ? &copy->fd : NULL, stderr, always, &headline);
	if (result < 0 && !is_lost && copy->size > 0) {
		is_lost = true;
		result = report_verdict(
			path, shown, rundir->run_id, &copy->fd, stderr, always, &headline);
	}
	if (headline.length > 0)
		termination_log_write(headline.data);
	if (result == -ENODATA)
		complain("%s: no process was recorded, so that there is no verdict", shown);
	else if (result < 0)
		complain("%s: %s; there is no verdict", shown, strerror(-result));
	else if (is_lost)
		complain_of_loss(rundir);
}

static void end_of(const char *path, const char *shown, const struct run_directory *rundir,
	const struct run_copy *copy, const struct verdict_end *end)
{
	bool is_lost = copy->lost > 0 && copy->fd >= 0;

	if (rundir->joint)
		report_await_others(path, rundir->run_id, AWAIT_OTHERS_MS);
	if (end->prints) {
		print_of(path, shown, rundir, copy, end->always);
		unwatched_say(rundir->absolute, rundir->run_id, complain_of, NULL);
		fflush(stderr);
	}
	if (end->notify->to != NULL)
		run_notify_send(end->notify, rundir, path, shown, is_lost ? &copy->fd : NULL);
}

void run_verdict_end(const struct run_directory *rundir, const struct server *server,
	const struct run_copy *copy, const struct verdict_end *end)
{
	struct fetched fetched;
	char complaint[512];
	bool is_fetched;

	if (!end->prints && end->notify->to == NULL)
		return;
	is_fetched = server != NULL && fetched_begin(&fetched, server, rundir->run_id, complaint,
					       sizeof complaint) == 0;
	if (server != NULL && !is_fetched)
		complain("%s; the verdict is of what %s has", complaint, rundir->path);
	if (is_fetched)
		end_of(fetched.directory, fetched.shown, rundir, copy, end);
	else
		end_of(rundir->path, rundir->path, rundir, copy, end);
	if (is_fetched)
		fetched_end(&fetched);
}
