/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page for a browser: its styles and scripts are in core/report/render/html. Its data is JSON
 * that only data.js reads, with texts and traces by number, ranks by column, and times in
 * microseconds from the job's beginning.
 */
#include "core/report/render/render.h"

#include "core/base/json_out.h"
#include "core/report/job/last_words.h"
#include "core/report/render/page.h"
#include "core/report/render/page_ranks.h"
#include "core/report/verdict/cause_class.h"
#include "core/report/verdict/stack_tree.h"

#include <errno.h>
#include <string.h>

static void write_cause_class(struct json_out *json, struct cause cause)
{
	json_string(json, "cause", cause_class_name(cause.class));
	json_string(json, "surely", confidence_name(cause.confidence));
	json_string(json, "advice", cause_class_advice(cause.class));
}

/* Writes [from, whether others write there, text] for each. */
static void write_last_words(struct json_out *json, const struct process *process)
{
	const struct last_words *words = process == NULL ? NULL : process->words;

	json_begin_array(json, "words");
	for (size_t i = 0; words != NULL && i < words->count; i++) {
		json_begin_array(json, NULL);
		json_string(json, NULL, words->said[i].from);
		json_bool(json, NULL, words->said[i].shared);
		json_string(json, NULL, words->said[i].text);
		json_end_array(json);
	}
	json_end_array(json);
}

static void write_finding(struct page_writer *out, const struct finding *finding)
{
	const struct process *process = finding->process;
	struct json_out *json = &out->json;
	char buffer[256];
	struct text subject;

	text_init(&subject, buffer, sizeof buffer);
	subject_add(&subject, finding->rank, process);
	json_begin_object(json, NULL);
	json_string(json, "subject", buffer);
	json_int(json, "rank", finding->rank == RANK_UNKNOWN ? -1 : finding->rank);
	json_string(json, "host", process == NULL ? NULL : process->hostname);
	json_int(json, "pid", process == NULL ? -1 : process->pid);
	json_string(json, "program", process == NULL ? NULL : process->program);
	json_string(json, "command", process == NULL ? "" : process->command);
	write_cause_class(json, cause_class_of(&out->report->job, process));
	json_string(json, "only_on", finding->only_on);
	write_last_words(json, process);
	json_string(json, "reason", finding->reason);
	json_int(json, "after", finding->after_us);
	json_string(json, "confidence", confidence_name(finding->confidence));
	json_int(json, "at", finding->at_us - out->report->began_us);
	json_int(json, "trace", page_trace_number(&out->traces, process_termination(process)));
	json_strings(json, "evidence", finding->evidence, finding->evidence_count);
	json_strings(json, "consequences", finding->consequences, finding->consequence_count);
	json_end_object(json);
}

/* Writes RANKS as the first and the last of each range: [0,2,7,7]. */
static void write_ranges(struct json_out *json, const int64_t *ranks, size_t count)
{
	json_begin_array(json, NULL);
	for (size_t i = 0; i < count; i++) {
		json_int(json, NULL, ranks[i]);
		while (i + 1 < count && ranks[i + 1] == ranks[i] + 1)
			i++;
		json_int(json, NULL, ranks[i]);
	}
	json_end_array(json);
}

/* The number of "walk (tree.c:12) × 70", the label of NODE. */
static int64_t label_number(struct page_writer *out, const struct stack_node *parent,
	const struct stack_node *node, size_t times)
{
	char buffer[PAGE_LINE_SIZE];
	struct text label;

	text_init(&label, buffer, sizeof buffer);
	stack_label_add(&label, parent, node, PAGE_LINE_SIZE);
	if (times > 1)
		text_printf(&label, " × %zu", times);
	return page_text_number(out, buffer);
}

/* Writes the functions of the chain that begins with NODE, a child of PARENT, and in *RET_END its
 * end. */
static void write_chain(struct page_writer *out, const struct stack_node *parent,
	const struct stack_node *node, const struct stack_node **ret_end)
{
	*ret_end = stack_shown_end(node);
	json_begin_array(&out->json, NULL);
	for (;; parent = node, node = stack_next_shown(node->children)) {
		size_t times;

		node = stack_recursion_end(node, *ret_end, &times);
		json_int(&out->json, NULL, label_number(out, parent, node, times));
		if (node == *ret_end)
			break;
	}
	json_end_array(&out->json);
}

/* Writes [functions, how many ranks, their ranges, whether it stands out, how many functions deep
 * it goes on inside of the last one, children] for each child. The depth of the recursion is
 * bounded by stack_tree.c. */
static void write_children(
	struct page_writer *out, const struct attempt *attempt, const struct stack_node *parent)
{
	struct json_out *json = &out->json;

	json_begin_array(json, NULL);
	FOR_EACH_SHOWN(child, parent)
	{
		const struct stack_node *end;

		json_begin_array(json, NULL);
		write_chain(out, parent, child, &end);
		json_uint(json, NULL, child->count);
		write_ranges(json, child->ranks, child->count);
		json_bool(json, NULL, stack_stands_out(attempt, parent, child));
		json_uint(json, NULL, stack_hidden_depth(end));
		write_children(out, attempt, end);
		json_end_array(json);
	}
	json_end_array(json);
}

/* Writes [where, how many ranks, their ranges, whether they are outliers] for each position. */
static void write_positions(struct page_writer *out, const struct attempt *attempt)
{
	struct json_out *json = &out->json;

	json_begin_array(json, "positions");
	for (size_t i = 0; i < attempt->position_count; i++) {
		const struct position *position = &attempt->positions[i];

		json_begin_array(json, NULL);
		json_int(json, NULL, page_text_number(out, position->where));
		json_uint(json, NULL, position->count);
		write_ranges(json, position->ranks, position->count);
		json_bool(json, NULL, attempt->has_outliers && i > 0);
		json_end_array(json);
	}
	json_end_array(json);
}

/* Writes [whether NCCL's RAS says it, what dumps say, whether ranks are behind] for each group. */
static void write_collectives(struct page_writer *out, const struct attempt *attempt)
{
	struct json_out *json = &out->json;

	json_begin_array(json, "collectives");
	for (size_t i = 0; i < attempt->collectives.count; i++) {
		const struct collective_state *state = &attempt->collectives.states[i];

		json_begin_array(json, NULL);
		json_bool(json, NULL, state->is_counted);
		json_int(json, NULL, page_text_number(out, state->sentence));
		json_bool(json, NULL, state->behind_count > 0);
		json_end_array(json);
	}
	json_end_array(json);
}

/* Writes what `vigil run` said of ranks that stood still, and when. */
static void write_stall(struct page_writer *out, const struct stall *stall)
{
	struct json_out *json = &out->json;

	if (stall->text[0] == '\0')
		return;
	json_begin_object(json, "stall");
	json_string(json, "text", stall->text);
	json_int(json, "at", stall->at_us - out->report->began_us);
	json_bool(json, "over", stall->is_over);
	json_end_object(json);
}

static void write_findings(
	struct page_writer *out, const char *key, const struct finding *findings, size_t count)
{
	json_begin_array(&out->json, key);
	for (size_t i = 0; i < count; i++)
		write_finding(out, &findings[i]);
	json_end_array(&out->json);
}

static void write_attempt(struct page_writer *out, const struct attempt *attempt)
{
	struct json_out *json = &out->json;
	size_t count = attempt->has_root ? attempt->candidate_count : 0;
	struct cause cause;

	json_begin_object(json, NULL);
	json_int(json, "number", attempt->number);
	json_uint(json, "launch", out->report->launch_count > 1 ? attempt->launch + 1 : 0);
	json_string(json, "outcome", outcome_name(attempt->outcome));
	json_bool(json, "root", attempt->has_root);
	json_string(json, "explanation", attempt->explanation);
	if (cause_class_of_attempt(&out->report->job, attempt, &cause))
		write_cause_class(json, cause);
	json_uint(json, "alike", attempt->common.count);
	json_string(json, "lost_host", attempt->lost_host);
	write_findings(out, "candidates", attempt->candidates, count);
	write_findings(out, "own_faults", attempt->concurrent, attempt->concurrent_count);
	page_ranks_write(out, attempt);
	write_positions(out, attempt);
	write_collectives(out, attempt);
	json_string(json, "calls", attempt->calls);
	write_stall(out, &attempt->stall);
	json_begin_array(json, "stacks");
	json_uint(json, NULL, attempt->stacks == NULL ? 0 : attempt->stacks->count);
	if (attempt->stacks != NULL)
		write_children(out, attempt, attempt->stacks);
	json_end_array(json);
	json_end_object(json);
}

static void write_head(struct page_writer *out)
{
	const struct report *report = out->report;
	struct json_out *json = &out->json;

	json_string(json, "run", report->job.run_id);
	json_string(json, "outcome", outcome_name(report->outcome));
	json_int(json, "began", report->began_us);
	json_int(json, "took", report->ended_us - report->began_us);
	json_int(json, "world", report->world_size == RANK_UNKNOWN ? -1 : report->world_size);
	json_strings(json, "hosts", report->hosts, report->host_count);
	json_string(json, "missing", report->missing_text);
	json_uint(json, "seen", report->job.count);
	json_uint(json, "failed", report->failed);
	json_uint(json, "unfinished", report->unfinished);
	json_strings(json, "warnings", report->reading.warnings, report->reading.warning_count);
}

int render_page_data(const struct report *report, struct text *text)
{
	struct page_writer out = {.report = report, .json = {.text = text}};
	bool lost;

	json_begin_object(&out.json, NULL);
	write_head(&out);
	json_begin_array(&out.json, "attempts");
	for (size_t i = 0; i < report->attempt_count; i++)
		write_attempt(&out, &report->attempts[i]);
	json_end_array(&out.json);
	json_uint(&out.json, "crashed", report->crash_count);
	write_findings(&out, "crashes", report->crashes,
		report->crash_count < CRASHES_MOST ? report->crash_count : CRASHES_MOST);
	page_traces_write(&out.traces, &out.json);
	json_end_object(&out.json);
	lost = page_traces_lost(&out.traces);
	page_traces_release(&out.traces);
	return lost ? -ENOMEM : 0;
}

/* SYMBOL is the content of the file NAME of core/report/render/html, taken in by the assembler. */
#define PART(name, symbol)                                                                    \
	__asm__(".pushsection .rodata\n" #symbol ":\n.incbin \"core/report/render/html/" name \
		"\"\n" #symbol "_end:\n.popsection\n");                                       \
	extern const char symbol[] __attribute__((visibility("hidden")));                     \
	extern const char symbol##_end[] __attribute__((visibility("hidden")))

PART("page.html", html_part_page);
PART("page.css", html_part_style);
PART("data.js", html_part_data);
PART("timeline.js", html_part_timeline);
PART("table.js", html_part_table);
PART("tree.js", html_part_tree);
PART("rank.js", html_part_rank);
PART("page.js", html_part_main);

struct part {
	const char *begin, *end;
};

/* In the order in which the page has them. */
static const struct part scripts[] = {
	{html_part_data, html_part_data_end},
	{html_part_timeline, html_part_timeline_end},
	{html_part_table, html_part_table_end},
	{html_part_tree, html_part_tree_end},
	{html_part_rank, html_part_rank_end},
	{html_part_main, html_part_main_end},
};

static void write_bytes(FILE *to, const char *begin, const char *end)
{
	fwrite(begin, 1, (size_t)(end - begin), to);
}

/* Writes DATA into a script element with "<", which is always within a JSON string, as \u003c, so
 * that none begins the end tag of the script. */
static void write_data(FILE *to, const char *data, size_t count)
{
	while (count > 0) {
		const char *less = memchr(data, '<', count);
		size_t plain = less == NULL ? count : (size_t)(less - data);

		fwrite(data, 1, plain, to);
		data += plain;
		count -= plain;
		if (less == NULL)
			continue;
		fputs("\\u003c", to);
		data++;
		count--;
	}
}

void html_style_write(FILE *to)
{
	write_bytes(to, html_part_style, html_part_style_end);
}

/* page.html has marks such as "@STYLE@" where the rest of the page belongs. */
void html_page_write(FILE *to, const char *data, size_t count)
{
	const char *at = html_part_page, *end = html_part_page_end, *mark;

	while ((mark = memchr(at, '@', (size_t)(end - at))) != NULL) {
		write_bytes(to, at, mark);
		at = mark + 1;
		if (*at == 'S' && at[1] == 'T')
			html_style_write(to);
		else if (*at == 'S')
			for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
				write_bytes(to, scripts[i].begin, scripts[i].end);
		else
			write_data(to, data, count);
		at = (const char *)memchr(at, '@', (size_t)(end - at)) + 1;
	}
	write_bytes(to, at, end);
}
