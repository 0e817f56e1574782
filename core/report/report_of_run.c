/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/report_of_run.h"

#include "core/base/clock.h"
#include "core/eventfile/follow.h"
#include "core/report/job/monitors.h"
#include "core/report/render/page.h"
#include "core/report/render/render.h"
#include "core/report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the verdict's first line; and of its JSON at first. */
#define HEADLINE_SIZE 1024
#define JSON_SIZE ((size_t)64 * 1024)

/* How often to look whether the other `vigil run`s of a run have ended. */
#define AWAIT_LOOK_MS 100

/* The last byte before FD's position, or of a file that is appended to; 0 where that is unknown,
 * and a newline in an empty file. */
static char last_byte(int fd)
{
	bool appends = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
	off_t end = lseek(fd, 0, appends ? SEEK_END : SEEK_CUR);
	char path[32], byte = end == 0 ? '\n' : '\0';
	int reader;

	text_format(path, sizeof path, "/proc/self/fd/%d", fd);
	reader = end > 0 ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	if (reader >= 0 && pread(reader, &byte, 1, end - 1) != 1)
		byte = '\0';
	if (reader >= 0)
		close(reader);
	return byte;
}

/* What was written to TO before may lack its newline, as the last line of a launcher. Only a file
 * shows that: to others an empty line is written. */
static void begin_line(FILE *to)
{
	struct stat stat;
	int fd = fileno(to);

	if (fd >= 0 && fstat(fd, &stat) == 0 && (!S_ISREG(stat.st_mode) || last_byte(fd) != '\n'))
		fputc('\n', to);
}

void report_await_others(const char *directory, const char *run_id, int64_t most_ms)
{
	int64_t until = instant_mono_ms() + most_ms;
	struct following following;

	if (follow_begin(&following, &directory, 1) < 0)
		return;
	while (follow_more(&following) >= 0 && monitors_running(&following.reading, run_id) > 0 &&
		instant_mono_ms() < until)
		poll(NULL, 0, AWAIT_LOOK_MS);
	follow_end(&following);
}

/* Nothing has failed so far, and other hosts have not ended: their `vigil run`s say how it ends. */
static bool is_for_others_to_say(const struct report *report)
{
	return report->outcome == OUTCOME_RUNNING && report->job.monitor_count > 1 &&
	       report->failed == 0;
}

/* Sets HEADLINE to the first line of the readable form and, where one process failed first, why. */
static void set_headline(const struct report *report, struct text *headline)
{
	const struct attempt *last = &report->attempts[report->attempt_count - 1];

	render_headline(report, headline);
	if (last->has_root && last->candidate_count == 1)
		text_printf(headline, ": %s", last->candidates[0].reason);
}

/* What `vigil run` asks for at its end. */
static struct report_request verdict_request(
	const char *const *directory, const char *shown, const char *run_id, const int *copy)
{
	return (struct report_request){
		.paths = directory,
		.path_count = 1,
		.shown = shown,
		.run_id = run_id,
		.skew_us = REPORT_SKEW_US_DEFAULT,
		.lines_ms = VERDICT_LINES_MS,
		.has_copy = copy != NULL,
		.copy = copy == NULL ? -1 : *copy,
	};
}

int report_verdict(const char *directory, const char *shown, const char *run_id, const int *copy,
	FILE *to, bool always, struct text *headline)
{
	struct report_request request = verdict_request(&directory, shown, run_id, copy);
	struct report *report;
	char complaint[256];
	int error = report_make(&request, &report, complaint, sizeof complaint);

	if (error < 0)
		return error;
	if (always || (report_is_notable(report) && !is_for_others_to_say(report))) {
		begin_line(to);
		render_text(report, to, DETAIL_VERDICT, paint_wanted(to));
		error = fflush(to) == 0 && !ferror(to) ? 0 : errno > 0 ? -errno : -EIO;
		if (headline != NULL)
			set_headline(report, headline);
	}
	report_free(report);
	return error;
}

/* The verdict of REPORT as JSON; NULL: no memory. */
static char *verdict_json(const struct report *report)
{
	char headline[HEADLINE_SIZE], *readable = NULL, *json = NULL;
	size_t length;
	FILE *to = open_memstream(&readable, &length);
	struct text line, text = {.truncated = true};

	if (to == NULL)
		return NULL;
	text_init(&line, headline, sizeof headline);
	set_headline(report, &line);
	render_text(report, to, DETAIL_VERDICT, false);
	if (fclose(to) == 0)
		for (size_t size = JSON_SIZE; text.truncated; size *= 4) {
			free(json);
			json = malloc(size);
			if (json == NULL)
				break;
			text_init(&text, json, size);
			render_verdict_json(report, headline, readable, &text);
		}
	free(readable);
	return json;
}

int report_verdict_json(const char *directory, const char *shown, const char *run_id,
	const int *copy, char **ret_json)
{
	struct report_request request = verdict_request(&directory, shown, run_id, copy);
	struct report *report;
	char complaint[256];
	int error = report_make(&request, &report, complaint, sizeof complaint);

	*ret_json = NULL;
	if (error < 0)
		return error;
	if (!is_for_others_to_say(report)) {
		*ret_json = verdict_json(report);
		error = *ret_json == NULL ? -ENOMEM : 0;
	}
	report_free(report);
	return error;
}

int report_stall(
	const char *directory, const char *run_id, struct text *text, struct stall_news *ret_news)
{
	struct report_request request = verdict_request(&directory, NULL, run_id, NULL);
	const struct stall *stall;
	struct report *report;
	char complaint[256];
	int error = report_make(&request, &report, complaint, sizeof complaint);

	if (error < 0)
		return error;
	stall = &report->attempts[report->attempt_count - 1].stall;
	text_add(text, stall->text);
	*ret_news = (struct stall_news){stall->unknown, stall->is_over};
	report_free(report);
	return 0;
}
