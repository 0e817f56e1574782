/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/page.h"

#include "core/report/job/ranks.h"

/* How many positions get a line each. */
#define POSITIONS_SHOWN 4

static void add_ranks(struct text *line, const int64_t *ranks, size_t count)
{
	struct rank_list list = {.length = 0};

	for (size_t i = 0; i < count; i++)
		ranks_add(&list, ranks[i]);
	ranks_finish(&list);
	text_printf(line, "rank%s %s", count == 1 ? "" : "s", list.text);
}

/* "ranks 0,2 stood in PMPI_Recv, called by exchange (ring.c:20)" */
static void print_position(struct page *page, const struct attempt *attempt, size_t at)
{
	const struct position *position = &attempt->positions[at];
	struct text *line = page_begin_line(page);
	bool outlier = attempt->has_outliers && at > 0;

	text_add(line, "  ");
	if (outlier)
		text_printf(line, "odd one%s out: ", position->count == 1 ? "" : "s");
	if (attempt->has_outliers && at == 0)
		text_printf(line, "the other %zu ranks", position->count);
	else if (position->count == attempt->count && position->count > 1)
		text_printf(line, "all %zu ranks", position->count);
	else
		add_ranks(line, position->ranks, position->count);
	text_printf(line, " %s in %s",
		position->doing == DOING_STOPPED
			? position->count == 1 ? "was stopped" : "were stopped"
			: "stood",
		position->where);
	page_end_paragraph(page, outlier ? STYLE_CULPRIT : STYLE_PLAIN, 4);
}

static bool has_position(const struct attempt *attempt, int64_t rank)
{
	for (size_t i = 0; i < attempt->position_count; i++)
		for (size_t j = 0; j < attempt->positions[i].count; j++)
			if (attempt->positions[i].ranks[j] == rank)
				return true;
	return false;
}

static bool has_stack(const struct attempt *attempt, int64_t rank)
{
	const struct stack_node *stacks = attempt->stacks;

	for (size_t i = 0; stacks != NULL && i < stacks->count; i++)
		if (stacks->ranks[i] == rank)
			return true;
	return false;
}

/* Whether RESULT's rank began to trace itself, and was late. */
static bool was_late(const struct rank_result *result)
{
	return result->ended != NULL && result->ended->termination != NULL &&
	       termination_event(result->ended)->outcome == TRACE_TIMEOUT;
}

/* Prints SENTENCE ("no stack is known of", "no trace was finished in time by") with the ranks
 * of which no stack is known, those that WERE LATE or the others. */
static void print_unknown(
	struct page *page, const struct attempt *attempt, bool were_late, const char *sentence)
{
	struct rank_list list = {.length = 0};
	size_t count = 0;

	FOR_EACH_RESULT (result, attempt)
		if (!has_position(attempt, result->rank) && !has_stack(attempt, result->rank) &&
			was_late(result) == were_late) {
			ranks_add(&list, result->rank);
			count++;
		}
	ranks_finish(&list);
	if (count == 0)
		return;
	text_printf(page_begin_line(page), "  %s rank%s %s", sentence, count == 1 ? "" : "s",
		list.text);
	page_end_line(page, STYLE_PLAIN);
}

void positions_print(struct page *page, const struct attempt *attempt)
{
	size_t first = attempt->has_outliers ? 1 : 0, count = attempt->position_count;
	size_t end = first + POSITIONS_SHOWN < count ? first + POSITIONS_SHOWN : count;

	for (size_t i = first; i < end; i++)
		print_position(page, attempt, i);
	if (end < count)
		page_more(page, count - end, "positions");
	if (first > 0)
		print_position(page, attempt, 0);
	if (count > 0) {
		print_unknown(page, attempt, false, "no stack is known of");
		print_unknown(page, attempt, true, "no trace was finished in time by");
	}
	if (attempt->calls != NULL) {
		text_printf(page_begin_line(page), "  %s", attempt->calls);
		page_end_paragraph(page, STYLE_CULPRIT, 4);
	}
}

void stall_print(struct page *page, const struct attempt *attempt)
{
	const struct stall *stall = &attempt->stall;
	struct text *line;

	if (stall->text[0] == '\0')
		return;
	line = page_begin_line(page);
	text_add(line, "  ");
	page_add_duration(line, stall->at_us - page->report->began_us);
	text_printf(line, " after the start: %s%s", stall->text,
		stall->is_over ? "; then they moved again" : "");
	page_end_paragraph(page, STYLE_PLAIN, 4);
}
