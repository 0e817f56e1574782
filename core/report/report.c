/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From event files to a verdict, in the order of this file. Every step is in a room of its own, and
 * calls no later step:
 *
 *	read     core/eventfile   files, lines, events
 *	job      job/             processes, their times, parents and kill requests
 *	dumps    dumps/           the collectives that dumps have of the ranks
 *	symbols  symbols/         names and lines for the frames, which reasons quote
 *	verdict  verdict/         attempts, clocks, who failed first, roles, stacks
 *	render   render/          the forms
 */
#include "core/report/report.h"

#include "core/eventfile/follow.h"
#include "core/eventfile/progress.h"
#include "core/report/dumps/dump_files.h"
#include "core/report/job/job.h"
#include "core/report/render/page.h"
#include "core/report/render/render.h"
#include "core/report/symbols/lines.h"
#include "core/report/unwatched_text.h"
#include "core/report/verdict/cause_system.h"
#include "core/report/verdict/findings_said.h"
#include "core/report/verdict/verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int read_copy(struct report *report)
{
	const struct report_request *request = &report->request;

	if (!request->has_copy)
		return 0;
	if (lseek(request->copy, 0, SEEK_SET) < 0)
		return -errno;
	return read_open(&report->reading, "vigil run", request->copy);
}

/* Returns 0 or the -errno of REQUEST's path I that cannot be read, and why in COMPLAINT. */
static int read_one_path(struct report *report, size_t i, char *complaint, size_t size)
{
	const struct report_request *request = &report->request;
	struct reading *reading = &report->reading;
	int error = read_path(reading, request->paths[i]);

	if (error >= 0)
		return error;
	text_format(complaint, size, "%s: %s", request->paths[i],
		reading->refused == NULL ? strerror(-error) : reading->refused);
	return request->has_copy ? reading_warn(reading, "%s", complaint) : error;
}

static int read_paths(struct report *report, char *complaint, size_t size)
{
	const struct report_request *request = &report->request;
	struct reading *reading = &report->reading;
	struct progress progress;
	int error = 0;

	if (request->show_progress)
		reading->progress = progress_begin(&progress);
	for (size_t i = 0; i < request->path_count && error == 0; i++)
		error = read_one_path(report, i, complaint, size);
	if (error == 0)
		error = read_copy(report);
	progress_end(reading->progress);
	reading->progress = NULL;
	return error;
}

struct warnings {
	struct reading *reading;
	int error;
};

static void add_warning(void *context, const char *line)
{
	struct warnings *warnings = context;

	if (warnings->error == 0)
		warnings->error = reading_warn(warnings->reading, "%s", line);
}

/* RUN_ID is NULL where no event has a run id. */
static int warn_of_unwatched(struct report *report, const char *run_id)
{
	struct warnings warnings = {&report->reading, 0};

	for (size_t i = 0; i < report->request.path_count; i++)
		unwatched_say(report->request.paths[i], run_id, add_warning, &warnings);
	return warnings.error;
}

static int make_job(struct report *report, char *complaint, size_t size)
{
	const struct report_request *request = &report->request;
	const char *path = request->path_count == 0 ? "nothing"
						    : request->shown ?: request->paths[0];
	int error = job_make(&report->reading, request->run_id, &report->job);

	if (error == 0 && request->has_copy)
		report->job.lost++; /* or more: nobody has counted them */
	if ((error == 0 || error == -ENODATA) &&
		warn_of_unwatched(report, error == 0 ? report->job.run_id : request->run_id) < 0)
		error = -ENOMEM;
	if (error == -ENODATA && report->reading.count > 0)
		text_format(complaint, size, "%s: no event of run %s", path, request->run_id);
	else if (error == -ENODATA && report->reading.warning_count > 0)
		text_format(complaint, size, "%s: no event; %s", path, report->reading.warnings[0]);
	else if (error == -ENODATA)
		text_format(complaint, size, "%s: no event in it", path);
	return error;
}

/* Those that were named, and those in the run directory that have a name of PyTorch's. */
static int read_dumps(struct report *report)
{
	const struct report_request *request = &report->request;
	int error =
		dumps_read(&report->dumps, request->dumps, request->dump_count, &report->reading);

	for (size_t i = 0; i < request->path_count && error == 0; i++)
		error = dumps_read_beside(&report->dumps, request->paths[i], &report->reading);
	return error;
}

static int judge(struct report *report)
{
	int error = outcome_set(report) ?: attempts_set(report) ?: clock_offsets_set(report);

	for (size_t i = 0; i < report->attempt_count && error == 0; i++)
		error = places_set(report, &report->attempts[i])
				?: collectives_set(report, &report->attempts[i])
				?: stall_set(report, &report->attempts[i])
				?: attribute(report, &report->attempts[i])
				?: stacks_set(report, &report->attempts[i])
				?: positions_set(report, &report->attempts[i])
				?: calls_set(report, &report->attempts[i]);
	for (size_t i = 0; i < report->attempt_count && error == 0; i++) {
		cause_hosts_set(report, &report->attempts[i]);
		system_explain(report, &report->attempts[i]);
	}
	error = error ?: crashes_set(report);
	if (error == 0)
		last_words_set(report);
	return error;
}

static int warn_of_losses(struct report *report)
{
	const struct job *job = &report->job;
	uint64_t dropped = job->dropped - job->unsent;
	int error = 0;

	if (job->unsent > 0)
		error = reading_warn(&report->reading,
			"%lu event%s recorded here could not be sent to all that the configuration "
			"names",
			(unsigned long)job->unsent, job->unsent == 1 ? "" : "s");
	if (error == 0 && dropped > 0)
		error = reading_warn(&report->reading,
			"%lu events could not be written when they happened",
			(unsigned long)dropped);
	if (error == 0 && job->lost > dropped)
		error = reading_warn(&report->reading,
			"%zu event%s missing, by the numbers of those that are there: lost, or "
			"left out by the configuration",
			job->lost - (size_t)dropped, job->lost - dropped == 1 ? " is" : "s are");
	if (error == 0 && job->duplicates > 0)
		error = reading_warn(&report->reading, "%zu event%s there twice and count%s once",
			job->duplicates, job->duplicates == 1 ? " was" : "s were",
			job->duplicates == 1 ? "s" : "");
	return error;
}

/* The dumps that were read and are of no attempt. */
static int warn_of_dumps(struct report *report)
{
	const struct dump_set *set = &report->dumps;
	int error = 0;

	for (size_t i = 0; i < set->count && error == 0; i++)
		if (!set->dumps[i].is_used)
			error = reading_warn(&report->reading, "%.400s: %s; it is passed over",
				set->dumps[i].path,
				set->dumps[i].refused ?: "the run has no ranks");
	for (size_t i = 0; i < set->communicator_count && error == 0; i++)
		if (!set->communicators[i].is_used)
			error = reading_warn(&report->reading,
				"communicator %.40s of NCCL's RAS: its processes are not those of "
				"the "
				"run; it is passed over",
				set->communicators[i].hash);
	return error;
}

/* Takes the events that FOLLOWING, which keeps them, has read so far. */
static int borrow(struct report *report, const struct following *following)
{
	report->reading.events = following->reading.events;
	report->reading.count = following->reading.count;
	return follow_warn(following, &report->reading);
}

int report_make(const struct report_request *request, struct report **ret_report, char *complaint,
	size_t complaint_size)
{
	struct report *report = calloc(1, sizeof *report);
	int error;

	text_format(complaint, complaint_size, "%s", strerror(ENOMEM));
	if (report == NULL)
		return -ENOMEM;
	report->request = *request;
	error = (request->following != NULL ? borrow(report, request->following)
					    : read_paths(report, complaint, complaint_size))
			?: make_job(report, complaint, complaint_size)
			?: lines_add(&report->reading, &report->job, &report->request)
			?: read_dumps(report)
			?: judge(report)
			?: warn_of_losses(report)
			?: warn_of_dumps(report);
	if (error < 0)
		report_free(report);
	else
		*ret_report = report;
	return error;
}

void report_free(struct report *report)
{
	if (report == NULL)
		return;
	if (report->request.following != NULL)
		report->reading.events = NULL;
	job_release(&report->job);
	dump_set_release(&report->dumps);
	reading_release(&report->reading);
	free(report->hosts);
	free(report->missing);
	free(report);
}

/* The processes without a parent have terminated. Those without children do not count: a launcher
 * may have left them behind. */
static bool all_trees_ended(const struct job *job)
{
	FOR_EACH_PROCESS (process, job)
		if (process->parent == NULL && process->child != NULL &&
			process->termination == NULL)
			return false;
	return true;
}

bool report_is_final(const struct report *report)
{
	const struct process *root = report->root;

	for (size_t i = 0; i < report->missing_count; i++)
		if (!report->missing[i].is_gone)
			return false;
	if (root->termination == NULL)
		return false;
	return (root->agent_termination != NULL &&
		       rules_name_is(NAME_REMOTE_STARTER, root->program)) ||
	       all_trees_ended(&report->job);
}

static int flushed(FILE *to)
{
	if (fflush(to) == 0 && !ferror(to))
		return 0;
	return errno > 0 ? -errno : -EIO;
}

static int render(const struct report *report, enum report_form form, struct text *text)
{
	switch (form) {
	case REPORT_JSON: render_json(report, text); break;
	case REPORT_DOT: render_dot(report, text); return 0;
	case REPORT_PERFETTO: render_perfetto(report, text); break;
	default: return render_page_data(report, text);
	}
	text_char(text, '\n');
	return 0;
}

/* Large, since pages that are never written cost nothing, and rendering a second time does. */
#define RENDERED_AT_FIRST ((size_t)16 * 1024 * 1024)

/* Renders into ever larger buffers until all of it fits: *RET_TEXT's data is the CALLER's to free.
 */
static int rendered(const struct report *report, enum report_form form, struct text *ret_text)
{
	for (size_t size = RENDERED_AT_FIRST;; size *= 2) {
		char *buffer = malloc(size);
		int error;

		if (buffer == NULL)
			return -ENOMEM;
		text_init(ret_text, buffer, size);
		error = render(report, form, ret_text);
		if (error == 0 && !ret_text->truncated)
			return 0;
		free(buffer);
		if (error < 0)
			return error;
	}
}

int report_print(const struct report *report, enum report_form form, FILE *to)
{
	struct text text;
	int error;

	if (form == REPORT_TEXT) {
		render_text(report, to, DETAIL_FULL, paint_wanted(to));
		return flushed(to);
	}
	error = rendered(report, form, &text);
	if (error < 0)
		return error;
	if (form == REPORT_HTML)
		html_page_write(to, text.data, text.length);
	else
		fwrite(text.data, 1, text.length, to);
	free(text.data);
	return flushed(to);
}
