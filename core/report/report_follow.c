/* SPDX-License-Identifier: Apache-2.0 */
/* `vigil report --follow`: reads new events, makes the report again, and prints it where the
 * verdict has changed. */
#include "core/report/report.h"

#include "core/base/clock.h"
#include "core/eventfile/follow.h"
#include "core/report/verdict/model.h"
#include "core/report/render/page.h"
#include "core/report/render/render.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How often to look for events: inotify does not see what another host writes. */
#define LOOK_MS 200

/* How long to wait, after the job has ended, for the last events: those of processes that the job
 * left behind. */
#define QUIET_MS 1000

/* After the making of a report, this many times as long passes before the next one is made. */
#define REST_FACTOR 4

#define CLEAR "\033[H\033[J"

struct show {
	const struct report_request *request;
	struct following following;
	FILE *to;
	bool on_terminal;
	char *verdict; /* the last verdict, malloc'ed, */
	bool final;    /* and whether its job had ended */
	int64_t rest_ms;
};

/* The verdict of REPORT as a text without times and warnings, malloc'ed; NULL: out of memory. */
static char *verdict_of(const struct report *report)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (to == NULL)
		return NULL;
	fprintf(to, "%s\n", outcome_name(report->outcome));
	for (size_t a = 0; a < report->attempt_count; a++) {
		const struct attempt *attempt = &report->attempts[a];

		fprintf(to, "%ld %s\n", (long)attempt->number,
			attempt->explanation == NULL ? "" : attempt->explanation);
		FOR_EACH_CANDIDATE (candidate, attempt)
			fprintf(to, "%ld %s %s\n", (long)candidate->rank,
				confidence_name(candidate->confidence), candidate->reason);
		for (size_t i = 0; attempt->has_root && i < attempt->count; i++)
			fputc('0' + (int)attempt->results[i].role, to);
	}
	if (fclose(to) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int print(struct show *show, const struct report *report)
{
	char *verdict = verdict_of(report);
	bool same;

	if (verdict == NULL)
		return -ENOMEM;
	same = show->verdict != NULL && strcmp(verdict, show->verdict) == 0;
	free(show->verdict);
	show->verdict = verdict;
	if (same && !show->on_terminal)
		return 0;
	if (show->on_terminal)
		fputs(CLEAR, show->to);
	render_text(report, show->to, DETAIL_FULL, paint_wanted(show->to));
	return fflush(show->to) != 0 ? -EIO : 0;
}

/* Only the LAST report has lines of source. Unless on a terminal, a report of a job that has ended
 * is printed only as the LAST one, so that it is not printed twice. */
static int refresh(struct show *show, bool last, char *complaint, size_t size)
{
	struct report_request request = *show->request;
	int64_t began = instant_mono_ms();
	struct report *report;
	int error;

	request.following = &show->following;
	if (!last)
		request.lines_ms = 0;
	error = report_make(&request, &report, complaint, size);
	if (error == -ENODATA)
		return 0;
	if (error < 0)
		return error;
	show->final = report_is_final(report);
	if (last || show->on_terminal || !show->final)
		error = print(show, report);
	report_free(report);
	show->rest_ms = REST_FACTOR * (instant_mono_ms() - began);
	return error;
}

static int watch(struct show *show, const volatile sig_atomic_t *stop, char *complaint, size_t size)
{
	int64_t grown = instant_mono_ms(), rest_ms;

	while (!*stop) {
		ssize_t more = follow_more(&show->following);
		int error = more < 0 ? (int)more : 0;

		if (more < 0 && show->following.refused_path != NULL)
			text_format(complaint, size, "%s", show->following.refused_path);
		if (more < 0)
			return (int)more;
		if (more > 0) {
			grown = instant_mono_ms();
			error = refresh(show, false, complaint, size);
		}
		if (error < 0)
			return error;
		if (show->final && instant_mono_ms() - grown >= QUIET_MS)
			return refresh(show, true, complaint, size);
		rest_ms = show->rest_ms > LOOK_MS ? show->rest_ms : LOOK_MS;
		poll(NULL, 0, (int)rest_ms); /* a signal ends it */
		show->rest_ms = 0;
	}
	return -EINTR;
}

int report_follow(const struct report_request *request, FILE *to, const volatile sig_atomic_t *stop,
	char *complaint, size_t complaint_size)
{
	struct show show = {.request = request, .to = to, .on_terminal = isatty(fileno(to)) == 1};
	int error = follow_begin(&show.following, request->paths, request->path_count);

	complaint[0] = '\0';
	if (error == 0)
		error = watch(&show, stop, complaint, complaint_size);
	follow_end(&show.following);
	free(show.verdict);
	return error;
}
