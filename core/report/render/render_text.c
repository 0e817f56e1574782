/* SPDX-License-Identifier: Apache-2.0 */
/* The report for people: the verdict, the culprit with its stack, the other ranks in groups. */
#include "core/report/render/render.h"
#include "core/report/verdict/cause_class.h"

#include "core/report/render/page.h"
#include "core/report/render/victims.h"

#include <string.h>

#define CANDIDATES_SHOWN 4
#define CRASHES_SHOWN 3
#define GAP "        "
#define LOCATION_INDENT 8 /* of a location that does not fit behind the reason */

static void print_head(struct page *page)
{
	render_headline(page->report, page_begin_line(page));
	page_end_paragraph(page, STYLE_HEAD, 4);
}

/* Appends LOCATION, "in step (solver.c:88)", whose function may be a long name of C++. It is
 * shortened to fit on this line, or on the next where less than NAME_COLUMNS_LEAST of it would be
 * left. */
static void add_location(const struct page *page, struct text *line, const char *location)
{
	const char *name = location + strlen("in "), *after = strrchr(name, '(');
	char function[PAGE_LINE_SIZE];
	int columns;

	if (after == NULL || after - name < 2 || after[-1] != ' ' ||
		!text_format(function, sizeof function, "%.*s", (int)(after - 1 - name), name)) {
		text_add(line, location);
		return;
	}
	/* lines are broken by their bytes, and "…" has three */
	columns = page->columns - (int)strlen("in  ") - (int)strlen(after) - 2;
	if (columns - (int)line->length >= NAME_COLUMNS_LEAST)
		columns -= (int)line->length;
	else
		columns -= LOCATION_INDENT;
	text_add(line, "in ");
	page_add_cut(line, function, columns);
	text_printf(line, " %s", after);
}

/* Appends the reason, with a gap before the location at its end: "SIGSEGV at 0x8        in step
 * (solver.c:88)". */
static void add_reason(const struct page *page, struct text *line, const struct finding *finding)
{
	const struct event_record *end =
		finding->process == NULL ? NULL : finding->process->termination;
	const char *said = strstr(finding->reason, FINDING_SAID), *location = NULL;
	char reason[PAGE_LINE_SIZE];

	text_format(reason, sizeof reason, "%.*s",
		said == NULL ? (int)sizeof reason : (int)(said - finding->reason), finding->reason);
	if (end != NULL && end->end->event.frame_count > 0)
		for (const char *at = reason; (at = strstr(at, " in ")) != NULL; at++)
			location = at;
	if (location == NULL) {
		text_add(line, finding->reason);
		return;
	}
	bool fits = line->length + strlen(reason) + sizeof GAP - 1 <= (size_t)page->columns;

	text_printf(line, "%.*s%s", (int)(location - reason), reason, fits ? GAP : " ");
	add_location(page, line, location + 1);
	text_add(line, said == NULL ? "" : said);
}

static void print_finding(struct page *page, const struct finding *finding)
{
	struct text *line = page_begin_line(page);
	const struct process *process = finding->process;

	text_add(line, "  ");
	if (finding->rank != RANK_UNKNOWN)
		text_printf(line, "rank %ld  ", (long)finding->rank);
	if (process != NULL && (finding->rank == RANK_UNKNOWN || !process->is_rank)) {
		process_add_name(process, line);
		text_add(line, "  ");
	}
	if (process != NULL)
		text_printf(line, "pid %d on %s  ", process->pid, process->hostname);
	add_reason(page, line, finding);
	page_end_paragraph(page, STYLE_CULPRIT, LOCATION_INDENT);
}

/* Prints the command line, as recorded; a verdict alone gives it one line. */
static void print_command(struct page *page, const struct process *process)
{
	if (process == NULL || process->command[0] == '\0')
		return;
	text_printf(page_begin_line(page), "    command: %s", process->command);
	if (page->detail == DETAIL_VERDICT)
		page_end_line(page, STYLE_PLAIN);
	else
		page_end_paragraph(page, STYLE_PLAIN, 13);
}

static void print_consequences(struct page *page, const struct finding *finding)
{
	for (size_t i = 0; i < finding->consequence_count; i++) {
		text_printf(page_begin_line(page), "  then %s", finding->consequences[i]);
		page_end_paragraph(page, STYLE_PLAIN, LOCATION_INDENT);
	}
}

/* Prints the class of CAUSE, where that says more than the reason. */
static void print_cause_class(struct page *page, struct cause cause)
{
	const char *advice = cause_class_advice(cause.class);

	if (advice == NULL)
		return;
	text_printf(page_begin_line(page), "  cause: %s (%s): %s", cause_class_name(cause.class),
		confidence_name(cause.confidence), advice);
	page_end_paragraph(page, STYLE_PLAIN, 4);
}

/* Prints FINDING with its stack. */
static void print_whole(struct page *page, const struct finding *finding)
{
	print_finding(page, finding);
	print_command(page, finding->process);
	stack_print(page, finding->process);
	last_words_print(page, finding);
	print_consequences(page, finding);
	print_cause_class(page, cause_class_of(&page->report->job, finding->process));
}

static void print_evidence(struct page *page, const struct finding *finding)
{
	for (size_t i = 0; i < finding->evidence_count; i++) {
		text_printf(page_begin_line(page), "  %s %s", i == 0 ? "because" : "    and",
			finding->evidence[i]);
		page_end_paragraph(page, STYLE_FAINT, 10);
	}
}

/* Prints the concurrent failures for their stacks; the groups of victims have them besides. */
static void print_concurrent_failures(struct page *page, const struct attempt *attempt)
{
	for (size_t i = 0; page->detail == DETAIL_FULL && i < attempt->concurrent_count; i++) {
		const struct finding *finding = &attempt->concurrent[i];

		print_whole(page, finding);
		print_evidence(page, finding);
	}
}

static void print_cause(struct page *page, const struct attempt *attempt)
{
	size_t count = attempt->candidate_count, shown = count;

	if (attempt->common.count > 0) /* the others say the same */
		shown = count = 1;
	else if (page->detail == DETAIL_VERDICT && count > CANDIDATES_SHOWN)
		shown = CANDIDATES_SHOWN;
	if (attempt->explanation != NULL) {
		text_printf(page_begin_line(page), "  %s", attempt->explanation);
		page_end_paragraph(page, STYLE_PLAIN, 4);
	}
	if (attempt->ended != NULL)
		print_cause_class(page, cause_class_of_ended(attempt->ended));
	for (size_t i = 0; i < shown; i++) {
		if (i == 0 || page->detail == DETAIL_FULL) {
			print_whole(page, &attempt->candidates[i]);
		} else {
			print_finding(page, &attempt->candidates[i]);
			print_command(page, attempt->candidates[i].process);
		}
		if (page->detail == DETAIL_FULL)
			print_evidence(page, &attempt->candidates[i]);
	}
	if (shown < count)
		page_more(page, count - shown, "candidates");
	print_concurrent_failures(page, attempt);
}

static void print_group(
	struct page *page, const struct victims *victims, const struct victim_group *group)
{
	char delta[32], cut[VICTIM_TEXT_SIZE + 8];
	struct text late, reason;
	struct text *line = page_begin_line(page);
	int left;

	text_init(&late, delta, sizeof delta);
	if (group->has_delta)
		page_add_delta(&late, group->delta_us);
	text_printf(line, "  %-*s  %-*s  ", victims->label_width, group->label,
		victims->ranks_width, group->ranks.text);
	left = page->columns - (int)line->length - (late.length > 0 ? (int)late.length + 3 : 0);
	if (left < 10)
		left = 10;
	text_init(&reason, cut, sizeof cut);
	page_add_cut(&reason, group->reason, left);
	text_printf(line, "%s", cut);
	for (size_t i = reason.length;
		late.length > 0 && i < (size_t)victims->reason_width && i < (size_t)left; i++)
		text_char(line, ' ');
	if (late.length > 0)
		text_printf(line, "   %s", delta);
	while (line->length > 0 && line->data[line->length - 1] == ' ')
		text_reset(line, line->length - 1);
	page_end_line(page, STYLE_PLAIN);
}

/* Prints at which places the ranks of GROUP failed, where these differ: its reason has only one. */
static void print_places(struct page *page, const struct victim_group *group)
{
	struct place_list places = group->places;
	struct text *line = page_begin_line(page);

	text_add(line, "    their lines differ: ");
	if (places_write(&places, line))
		page_end_paragraph(page, STYLE_PLAIN, 8);
}

static void print_victims(struct page *page, const struct attempt *attempt)
{
	struct victims victims = victims_of(attempt);

	for (size_t i = 0; i < victims.count; i++) {
		print_group(page, &victims, &victims.groups[i]);
		print_places(page, &victims.groups[i]);
	}
}

/* "attempt 1", "launch 2", "launch 2, attempt 1". */
static void add_number(
	struct text *line, const struct report *report, const struct attempt *attempt)
{
	if (report->launch_count > 1)
		text_printf(line, "launch %zu", attempt->launch + 1);
	if (report->launch_count == 1 || attempt->number > 0)
		text_printf(line, "%sattempt %ld", report->launch_count > 1 ? ", " : "",
			(long)attempt->number);
}

static void print_attempt(struct page *page, const struct attempt *attempt)
{
	struct text *line = page_begin_line(page);

	text_add(line, "  ");
	if (page->report->attempt_count > 1)
		add_number(line, page->report, attempt);
	else
		text_add(line, "and yet");
	text_add(line, page->report->attempt_count > 1 ? ": " : " ");
	if (attempt->outcome == OUTCOME_SUCCEEDED)
		text_add(line, "succeeded");
	else
		page_add_verdict(line, attempt);
	if (attempt->has_root)
		text_printf(line, ": %s", attempt->candidates[0].reason);
	page_end_line(page, STYLE_PLAIN);
}

/* Prints a line for every attempt but the last, which the rest of the form describes; for the last
 * one, too, where it failed in a job that succeeded. */
static void print_attempts(struct page *page)
{
	const struct report *report = page->report;
	const struct attempt *last = &report->attempts[report->attempt_count - 1];
	bool notable = report_is_notable(report);

	for (const struct attempt *attempt = report->attempts; attempt < last; attempt++)
		if (notable)
			print_attempt(page, attempt);
	if (report->outcome == OUTCOME_SUCCEEDED && last->has_root)
		print_attempt(page, last);
}

/* Prints the crashes on the way, the first of them with stacks in full detail. */
static void print_crashes(struct page *page)
{
	const struct report *report = page->report;
	size_t count = report->crash_count, shown = count;

	if (count == 0)
		return;
	if (shown > CRASHES_SHOWN)
		shown = CRASHES_SHOWN;
	if (report->outcome != OUTCOME_SUCCEEDED) {
		struct text *line = page_begin_line(page);

		text_add(line, "  before that, ");
		page_add_crashes(line, report);
		text_add(line, ", and the job went on:");
		page_end_line(page, STYLE_PLAIN);
	}
	for (size_t i = 0; i < shown; i++) {
		print_finding(page, &report->crashes[i]);
		print_command(page, report->crashes[i].process);
		if (page->detail == DETAIL_FULL || i == 0)
			stack_print(page, report->crashes[i].process);
		if (page->detail == DETAIL_FULL || i == 0)
			last_words_print(page, &report->crashes[i]);
	}
	if (shown < count)
		page_more(page, count - shown, "crashes");
}

static void print_missing(struct page *page)
{
	if (page->report->missing_text == NULL)
		return;
	text_printf(page_begin_line(page), "  %s", page->report->missing_text);
	page_end_paragraph(page, STYLE_PLAIN, 4);
}

/* Appends PATH as one would type it: "./vigil-7f3a", "/scratch/run". */
static void add_path(struct text *line, const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	text_printf(line, "%s%.*s",
		path[0] == '/' || strncmp(path, "./", 2) == 0 || strncmp(path, "../", 3) == 0 ||
				strstr(path, "://") != NULL
			? ""
			: "./",
		(int)length, path);
}

/* Prints where the events are, on one line or on two; never cut, so that a user can copy it. */
static void print_where(struct page *page)
{
	const struct report_request *request = &page->report->request;
	const char *path = request->shown == NULL ? request->paths[0] : request->shown;
	const char *slash = strstr(path, "://") == NULL ? "/" : "";
	bool fits = strlen("events: /    full report: vigil report ") + 2 * (strlen(path) + 2) <=
		    (size_t)page->columns;
	struct text *line = page_begin_line(page);

	text_add(line, "events: ");
	add_path(line, path);
	text_printf(line, "%s%s", slash, fits ? "    " : "");
	if (!fits) {
		paint_line(page->to, page->color, STYLE_FAINT, page->buffer, PAGE_LINE_SIZE);
		line = page_begin_line(page);
	}
	text_add(line, "full report: vigil report ");
	add_path(line, path);
	paint_line(page->to, page->color, STYLE_FAINT, page->buffer, PAGE_LINE_SIZE);
}

static void print_warnings(struct page *page)
{
	const struct reading *reading = &page->report->reading;

	for (size_t i = 0; i < reading->warning_count; i++) {
		text_printf(page_begin_line(page), "warning: %s", reading->warnings[i]);
		page_end_paragraph(page, STYLE_FAINT, 9);
	}
}

void render_text(const struct report *report, FILE *to, enum detail detail, bool color)
{
	const struct attempt *last = &report->attempts[report->attempt_count - 1];
	struct page page = {.report = report,
		.to = to,
		.detail = detail,
		.color = color,
		.columns = paint_columns(to)};

	print_head(&page);
	print_missing(&page);
	print_attempts(&page);
	stall_print(&page, last);
	if (report->outcome != OUTCOME_SUCCEEDED) {
		print_cause(&page, last);
		positions_print(&page, last);
		collectives_print(&page, last);
		if (last->has_root || last->explanation != NULL)
			print_victims(&page, last);
		print_crashes(&page);
		if (detail == DETAIL_FULL)
			tree_print(&page, last);
	}
	if (report->outcome == OUTCOME_SUCCEEDED)
		print_crashes(&page);
	if (detail == DETAIL_FULL)
		print_warnings(&page);
	else if (report->outcome != OUTCOME_SUCCEEDED || report->crash_count > 0)
		print_where(&page);
}
