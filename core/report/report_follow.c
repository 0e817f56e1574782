/* SPDX-License-Identifier: Apache-2.0 */
/* `vigil report --follow`: reads on, works out the report again, and shows it where it is another.
 */
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

/* How often to look. inotify does not see what another host writes to a shared directory. */
#define LOOK_MS 200

/* What comes after the job's end, such as the words of those that it left behind, comes within
 * this. */
#define QUIET_MS 1000

/* A report of a large job takes time: this many times as much passes before the next one. */
#define REST_FACTOR 4

#define CLEAR "\033[H\033[J"

struct show {
	const struct report_request *request;
	struct following following;
	FILE *to;
	bool in_location;
	char *verdict; /* what was shown last; malloc'ed */
	bool final;    /* and it was of a job that has ended */
	int64_t rest_ms;
};

static int64_t now_ms(void)
{
	return instant_mono_us() / 1000;
}

/* All that a verdict says, without what only passes: times, warnings. */
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
		for (size_t i = 0; i < attempt->candidate_count; i++)
			fprintf(to, "%ld %s %s\n", (long)attempt->candidates[i].rank,
				confidence_name(attempt->candidates[i].confidence),
				attempt->candidates[i].reason);
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
	if (same && !show->in_location)
		return 0;
	if (show->in_location)
		fputs(CLEAR, show->to);
	render_text(report, show->to, DETAIL_FULL, paint_wanted(show->to));
	return fflush(show->to) != 0 ? -EIO : 0;
}

/* Before the end, the lines of source can wait; and with them, where each form stays, its first. */
static int refresh(struct show *show, bool last, char *complaint, size_t size)
{
	struct report_request request = *show->request;
	int64_t began = now_ms();
	struct report *report;
	int error;

	if (!last)
		request.lines_ms = 0;
	error = report_make_so_far(&request, &show->following, &report, complaint, size);
	if (error == -ENODATA)
		return 0;
	if (error < 0)
		return error;
	show->final = report_is_final(report);
	if (last || show->in_location || !show->final)
		error = print(show, report);
	report_free(report);
	show->rest_ms = REST_FACTOR * (now_ms() - began);
	return error;
}

/* A signal cuts it short. */
static void rest(int64_t ms)
{
	poll(NULL, 0, (int)ms);
}

static int64_t longer(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

static int watch(struct show *show, const volatile sig_atomic_t *stop, char *complaint, size_t size)
{
	int64_t grown = now_ms();
	bool stale = false;

	while (!*stop) {
		ssize_t more = follow_more(&show->following);
		int error = more < 0 ? (int)more : 0;

		if (more < 0 && show->following.refused_path != NULL)
			text_format(complaint, size, "%s", show->following.refused_path);
		if (more < 0)
			return (int)more;
		if (more > 0)
			grown = now_ms();
		stale |= more > 0;
		if (stale)
			error = refresh(show, false, complaint, size);
		stale = false;
		if (error < 0)
			return error;
		if (show->final && now_ms() - grown >= QUIET_MS)
			return refresh(show, true, complaint, size);
		rest(longer(LOOK_MS, show->rest_ms));
		show->rest_ms = 0;
	}
	return -EINTR;
}

int report_follow(const struct report_request *request, FILE *to, const volatile sig_atomic_t *stop,
	char *complaint, size_t complaint_size)
{
	struct show show = {.request = request, .to = to, .in_location = isatty(fileno(to)) == 1};
	int error = follow_begin(&show.following, request->paths, request->path_count);

	complaint[0] = '\0';
	if (error == 0)
		error = watch(&show, stop, complaint, complaint_size);
	follow_end(&show.following);
	free(show.verdict);
	return error;
}
