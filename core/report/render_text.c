/* SPDX-License-Identifier: Apache-2.0 */
/* The report for people: the verdict, the culprit with its stack, the others in groups. */
#include "core/base/path.h"
#include "core/report/render.h"

#include "core/report/duration.h"
#include "core/report/paint.h"
#include "core/report/victims.h"

#include <string.h>

#define LINE_SIZE 2048
#define LINES_MOST 6
#define LIST_MOST 24
#define CANDIDATES_SHOWN 4
#define GAP "        "
#define PLACE_INDENT 8	      /* of what does not fit behind the reason */
#define INLINED_COLUMNS 32    /* of an inlined function's name */
#define NAME_COLUMNS_LEAST 16 /* of any name that is cut */
#define NATIVE_LINES_MOST 12
#define FOREIGN_LINES_MOST 60

struct page {
	const struct report *report;
	FILE *to;
	enum detail detail;
	bool color;
	char buffer[LINE_SIZE];
	struct text line;
};

static struct text *begin_line(struct page *page)
{
	text_init(&page->line, page->buffer, sizeof page->buffer);
	return &page->line;
}

static void end_line(struct page *page, enum style style)
{
	paint_line(page->to, page->color, style, page->buffer, PAINT_COLUMNS);
}

/* Where to break LINE so that its first part fits: before a word, unless that leaves too little. */
static size_t break_of(const char *line, size_t indent)
{
	size_t at = PAINT_COLUMNS;

	if (strlen(line) <= PAINT_COLUMNS)
		return strlen(line);
	while (at > indent + PAINT_COLUMNS / 2 && line[at] != ' ')
		at--;
	if (line[at] == ' ')
		return at;
	for (at = PAINT_COLUMNS; (line[at] & 0xc0) == 0x80; at--)
		; /* not within a character */
	return at;
}

/* As end_line(), but what does not fit goes on in further lines, INDENT columns from the left:
 * LINES_MOST in all. */
static void end_paragraph(struct page *page, enum style style, size_t indent)
{
	char *line = page->buffer;

	for (int lines = 1;; lines++) {
		size_t at = break_of(line, indent);
		char next = line[at];

		if (next == '\0' || lines == LINES_MOST) {
			paint_line(page->to, page->color, style, line, PAINT_COLUMNS);
			return;
		}
		line[at] = '\0';
		paint_line(page->to, page->color, style, line, PAINT_COLUMNS);
		line[at] = next;
		line += at + (next == ' ') - indent;
		memset(line, ' ', indent);
	}
}

static void add_subject(struct text *line, const struct finding *finding)
{
	if (finding->rank != RANK_UNKNOWN)
		text_printf(line, "rank %ld", (long)finding->rank);
	else
		text_printf(line, "%s (pid %d)", finding->process->program, finding->process->pid);
}

/* "rank 3", "rank 1 or rank 3", "one of ranks 0,8-11". */
static void add_candidates(struct text *line, const struct attempt *attempt)
{
	struct rank_list list = {.length = 0};

	if (attempt->candidate_count > 2 && attempt->count > 0) {
		for (size_t i = 0; i < attempt->count; i++)
			if (attempt->members[i].role == ROLE_CULPRIT)
				ranks_add(&list, attempt->members[i].rank);
		ranks_finish(&list);
		if (list.length <= LIST_MOST && !list.full)
			text_printf(line, "one of ranks %s", list.text);
		else
			text_printf(line, "one of %zu ranks", attempt->candidate_count);
		return;
	}
	for (size_t i = 0; i < attempt->candidate_count; i++) {
		text_add(line, i == 0 ? "" : " or ");
		add_subject(line, &attempt->candidates[i]);
	}
}

/* "rank 3 failed first (proven)". */
static void add_verdict(struct text *line, const struct attempt *attempt)
{
	if (!attempt->has_root) {
		text_add(
			line, attempt->count > 0 ? "no rank failed first" : "nothing failed first");
		return;
	}
	add_candidates(line, attempt);
	text_printf(line, " failed first (%s)", confidence_name(attempt->candidates[0].confidence));
}

static void print_head(struct page *page)
{
	const struct report *report = page->report;
	const struct attempt *last = &report->attempts[report->attempt_count - 1];
	static const char *const verbs[] = {
		[OUTCOME_SUCCEEDED] = "succeeded after ",
		[OUTCOME_FAILED] = "failed after ",
		[OUTCOME_RUNNING] = "has not ended after ",
		[OUTCOME_UNKNOWN] = "has no known end; last heard of after ",
	};
	struct text *line = begin_line(page);

	text_printf(line, "vigil: job %s%s%s", report->job.run_id,
		report->job.run_id[0] == '\0' ? "" : " ", verbs[report->outcome]);
	duration_add(line, report->ended_us - report->began_us);
	if (report->outcome != OUTCOME_SUCCEEDED &&
		(last->has_root || report->outcome == OUTCOME_FAILED)) {
		text_add(line, ": ");
		add_verdict(line, last);
	} else if (report->outcome == OUTCOME_SUCCEEDED && report->attempt_count > 1) {
		text_printf(line, ", in attempt %ld", (long)last->number);
	}
	end_line(page, STYLE_HEAD);
}

/* NAME in at most COLUMNS (but NAME_COLUMNS_LEAST) columns, with "…" for the rest. */
static void add_cut(struct text *line, const char *name, int columns)
{
	int length = (int)strlen(name);

	if (columns < NAME_COLUMNS_LEAST)
		columns = NAME_COLUMNS_LEAST;
	if (length <= columns) {
		text_add(line, name);
		return;
	}
	for (length = columns - 1; length > 0 && (name[length] & 0xc0) == 0x80; length--)
		; /* not within a character */
	text_printf(line, "%.*s…", length, name);
}

/*
 * "in step (solver.c:88)", of which STEP may be a long name of C++: on this line, if that leaves
 * NAME_COLUMNS_LEAST of it, else behind the break.
 */
static void add_place(struct text *line, const char *place)
{
	const char *name = place + strlen("in "), *after = strrchr(name, '(');
	char function[LINE_SIZE];
	int columns;

	if (after == NULL || after - name < 2 || after[-1] != ' ' ||
		!text_format(function, sizeof function, "%.*s", (int)(after - 1 - name), name)) {
		text_add(line, place);
		return;
	}
	/* lines are broken by their bytes, and "…" has three */
	columns = PAINT_COLUMNS - (int)strlen("in  ") - (int)strlen(after) - 2;
	if (columns - (int)line->length >= NAME_COLUMNS_LEAST)
		columns -= (int)line->length;
	else
		columns -= PLACE_INDENT;
	text_add(line, "in ");
	add_cut(line, function, columns);
	text_printf(line, " %s", after);
}

/* Sets the place apart, where the reason ends with one: "SIGSEGV at 0x8        in step
 * (solver.c:88)". */
static void add_reason(struct text *line, const struct finding *finding)
{
	const struct told *end = finding->process == NULL ? NULL : finding->process->end;
	const char *place = NULL;

	if (end != NULL && end->end->event.frame_count > 0)
		for (const char *at = finding->reason; (at = strstr(at, " in ")) != NULL; at++)
			place = at;
	if (place == NULL) {
		text_add(line, finding->reason);
		return;
	}
	bool fits = line->length + strlen(finding->reason) + sizeof GAP - 1 <= PAINT_COLUMNS;

	text_printf(line, "%.*s%s", (int)(place - finding->reason), finding->reason,
		fits ? GAP : " ");
	add_place(line, place + 1);
}

static void print_finding(struct page *page, const struct finding *finding)
{
	struct text *line = begin_line(page);

	if (finding->rank != RANK_UNKNOWN)
		text_printf(line, "  rank %ld  ", (long)finding->rank);
	else
		text_printf(line, "  %s  ", finding->process->program);
	if (finding->process != NULL)
		text_printf(
			line, "pid %d on %s  ", finding->process->pid, finding->process->hostname);
	add_reason(line, finding);
	end_paragraph(page, STYLE_CULPRIT, PLACE_INDENT);
}

/* "  solver.c:88", "  solver.c:12 in dot (inlined)". */
static void add_source(
	struct text *line, const struct frame *frame, const struct frame_note *note)
{
	if (frame->file == NULL)
		return;
	text_printf(line, "  %s", path_base(frame->file));
	if (frame->line > 0)
		text_printf(line, ":%d", frame->line);
	if (note != NULL && note->inlined_count > 0) {
		text_add(line, " in ");
		add_cut(line, note->inlined[0], INLINED_COLUMNS);
		text_add(line, " (inlined)");
	}
}

/* NUMBER is that of the native frame, INDEX its place among all. What follows the function has its
 * room; of a long name the beginning is shown. */
static void print_frame(
	struct page *page, size_t number, size_t index, const struct told_end *end)
{
	const struct frame *frame = &end->event.frames[index];
	char rest[LINE_SIZE / 2];
	struct text *line = begin_line(page), tail;

	text_init(&tail, rest, sizeof rest);
	if (frame->function != NULL)
		text_printf(&tail, "+0x%lx", (unsigned long)frame->function_offset);
	if (frame->module != NULL)
		text_printf(&tail, " (%s)", path_base(frame->module->path));
	add_source(&tail, frame, end->notes == NULL ? NULL : &end->notes[index]);
	text_printf(line, "    #%-2zu ", number);
	if (frame->function != NULL)
		add_cut(line, frame->function, PAINT_COLUMNS - (int)(line->length + tail.length));
	else
		text_printf(line, "0x%lx",
			(unsigned long)(frame->module != NULL ? frame->offset : frame->pc));
	text_add(line, rest);
	end_line(page, STYLE_PLAIN);
}

static void print_more(struct page *page, size_t count, const char *what)
{
	text_printf(begin_line(page), "    … %zu more %s", count, what);
	end_line(page, STYLE_FAINT);
}

static const char *next_line(const char *line)
{
	size_t length = strcspn(line, "\n");

	return line + length + (line[length] == '\n');
}

/* The lines of the part of TRACE that another language wrote; the native lines after it are in
 * frames. */
static size_t foreign_lines(const char *trace)
{
	size_t count = 0;

	for (; trace[0] != '\0'; trace = next_line(trace), count++)
		if (trace[0] == '#' && trace[1] >= '0' && trace[1] <= '9')
			break;
	return count;
}

/* As it stands: its head, and of what follows rather the end, which is where it happened. */
static void print_foreign(struct page *page, const char *trace)
{
	size_t count = foreign_lines(trace);
	size_t left = count > FOREIGN_LINES_MOST ? count - FOREIGN_LINES_MOST : 0;

	for (size_t i = 0; i < count; i++, trace = next_line(trace)) {
		if (i == 1 && left > 0)
			print_more(page, left, "lines");
		if (i > 0 && i <= left)
			continue;
		text_printf(begin_line(page), "    %.*s", (int)strcspn(trace, "\n"), trace);
		end_line(page, STYLE_PLAIN);
	}
}

/* Never cut, so that it can be copied. */
static void print_report_file(struct page *page, const char *path)
{
	text_printf(begin_line(page), "    Report: %s", path);
	paint_line(page->to, page->color, STYLE_PLAIN, page->buffer, LINE_SIZE);
}

static void print_stack(struct page *page, const struct finding *finding)
{
	const struct process *process = finding->process;
	const struct told_end *end =
		process == NULL || process->end == NULL ? NULL : process->end->end;
	size_t native = 0;

	if (end == NULL)
		return;
	print_foreign(page, finding->error_trace);
	for (size_t i = 0; i < end->event.frame_count; i++) {
		if (end->event.frames[i].kind == FRAME_PYTHON)
			continue;
		if (native++ < NATIVE_LINES_MOST)
			print_frame(page, native - 1, i, end);
	}
	if (native > NATIVE_LINES_MOST)
		print_more(page, native - NATIVE_LINES_MOST, "frames");
	if (end->event.report_file != NULL)
		print_report_file(page, end->event.report_file);
}

static void print_evidence(struct page *page, const struct finding *finding)
{
	for (size_t i = 0; i < finding->evidence_count; i++) {
		text_printf(begin_line(page), "  %s %s", i == 0 ? "because" : "    and",
			finding->evidence[i]);
		end_paragraph(page, STYLE_FAINT, 10);
	}
}

static void print_cause(struct page *page, const struct attempt *attempt)
{
	size_t count = attempt->candidate_count, shown = count;

	if (page->detail == DETAIL_VERDICT && count > CANDIDATES_SHOWN)
		shown = CANDIDATES_SHOWN;
	if (attempt->explanation != NULL) {
		text_printf(begin_line(page), "  %s", attempt->explanation);
		end_paragraph(page, STYLE_PLAIN, 4);
	}
	for (size_t i = 0; i < shown; i++) {
		print_finding(page, &attempt->candidates[i]);
		if (i == 0 || page->detail == DETAIL_FULL)
			print_stack(page, &attempt->candidates[i]);
		if (page->detail == DETAIL_FULL)
			print_evidence(page, &attempt->candidates[i]);
	}
	if (shown < count)
		print_more(page, count - shown, "candidates");
}

static void print_group(
	struct page *page, const struct victims *victims, const struct victim_group *group)
{
	char delta[32];
	struct text late;
	struct text *line = begin_line(page);
	int left;

	text_init(&late, delta, sizeof delta);
	if (group->has_delta)
		duration_add_delta(&late, group->delta_us);
	text_printf(line, "  %-*s  %-*s  ", victims->label_width, group->label,
		victims->ranks_width, group->ranks.text);
	left = PAINT_COLUMNS - (int)line->length - (late.length > 0 ? (int)late.length + 3 : 0);
	if (left < 10)
		left = 10;
	text_printf(line, "%-*.*s", victims->reason_width < left ? victims->reason_width : left,
		left, group->reason);
	if (late.length > 0)
		text_printf(line, "   %s", delta);
	while (line->length > 0 && line->data[line->length - 1] == ' ')
		text_reset(line, line->length - 1);
	end_line(page, STYLE_PLAIN);
}

static void print_victims(struct page *page, const struct attempt *attempt)
{
	struct victims victims = victims_of(attempt);

	for (size_t i = 0; i < victims.count; i++)
		print_group(page, &victims, &victims.groups[i]);
}

static void print_earlier_attempts(struct page *page)
{
	const struct report *report = page->report;

	for (size_t i = 0; i + 1 < report->attempt_count; i++) {
		const struct attempt *attempt = &report->attempts[i];
		struct text *line = begin_line(page);

		text_printf(line, "  attempt %ld: ", (long)attempt->number);
		if (attempt->outcome == OUTCOME_SUCCEEDED)
			text_add(line, "succeeded");
		else
			add_verdict(line, attempt);
		if (attempt->has_root)
			text_printf(line, ": %s", attempt->candidates[0].reason);
		end_line(page, STYLE_PLAIN);
	}
}

/* As one would type it: "./vigil-7f3a", "/scratch/run". */
static void add_path(struct text *line, const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	text_printf(line, "%s%.*s",
		path[0] == '/' || strncmp(path, "./", 2) == 0 || strncmp(path, "../", 3) == 0
			? ""
			: "./",
		(int)length, path);
}

/* On one line if it fits, else on two; never cut, so that it can be copied. */
static void print_where(struct page *page)
{
	const char *path = page->report->request.paths[0];
	bool fits = strlen("events: /    full report: vigil report ") + 2 * (strlen(path) + 2) <=
		    PAINT_COLUMNS;
	struct text *line = begin_line(page);

	text_add(line, "events: ");
	add_path(line, path);
	text_add(line, fits ? "/    " : "/");
	if (!fits) {
		paint_line(page->to, page->color, STYLE_FAINT, page->buffer, LINE_SIZE);
		line = begin_line(page);
	}
	text_add(line, "full report: vigil report ");
	add_path(line, path);
	paint_line(page->to, page->color, STYLE_FAINT, page->buffer, LINE_SIZE);
}

static void print_warnings(struct page *page)
{
	const struct reading *reading = &page->report->reading;

	for (size_t i = 0; i < reading->warning_count; i++) {
		text_printf(begin_line(page), "warning: %s", reading->warnings[i]);
		end_paragraph(page, STYLE_FAINT, 9);
	}
}

void render_text(const struct report *report, FILE *to, enum detail detail, bool color)
{
	const struct attempt *last = &report->attempts[report->attempt_count - 1];
	struct page page = {.report = report, .to = to, .detail = detail, .color = color};

	print_head(&page);
	print_earlier_attempts(&page);
	if (report->outcome != OUTCOME_SUCCEEDED) {
		print_cause(&page, last);
		if (last->has_root || last->explanation != NULL)
			print_victims(&page, last);
	}
	if (detail == DETAIL_FULL)
		print_warnings(&page);
	else if (report->outcome != OUTCOME_SUCCEEDED)
		print_where(&page);
}
