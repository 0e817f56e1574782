/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/page.h"

#include "core/report/job/ranks.h"

/* How many groups and communicators have lines of their own. */
#define STATES_SHOWN 6

/* The evidence of the first failure has it all. */
static bool is_in_evidence(const struct attempt *attempt)
{
	const struct collectives *collectives = &attempt->collectives;

	for (size_t i = 0; i < collectives->behind_count; i++)
		if (attempt_has_candidate(attempt, collectives->behind[i]))
			return true;
	return false;
}

/* Prints those in which ranks are behind, or the others. */
static size_t print_states(struct page *page, const struct collectives *collectives, bool behind)
{
	size_t shown = 0, count = 0;

	for (size_t i = 0; i < collectives->count; i++) {
		const struct collective_state *state = &collectives->states[i];

		if ((state->behind_count > 0) != behind)
			continue;
		count++;
		if (shown == STATES_SHOWN)
			continue;
		shown++;
		text_printf(page_begin_line(page), "  by %s: %s",
			state->is_counted ? "NCCL's RAS" : "PyTorch's dumps", state->sentence);
		page_end_paragraph(page, behind ? STYLE_CULPRIT : STYLE_PLAIN, 4);
	}
	return count - shown;
}

static void print_without(struct page *page, const struct collectives *collectives)
{
	struct rank_list list = {.length = 0};

	for (size_t i = 0; i < collectives->without_count; i++)
		ranks_add(&list, collectives->without[i]);
	ranks_finish(&list);
	if (collectives->without_count == 0)
		return;
	text_printf(page_begin_line(page), "  no dump of PyTorch's is there of rank%s %s",
		collectives->without_count == 1 ? "" : "s", list.text);
	page_end_line(page, STYLE_PLAIN);
}

void collectives_print(struct page *page, const struct attempt *attempt)
{
	const struct collectives *collectives = &attempt->collectives;
	size_t more;

	if (collectives->dumps == 0 || is_in_evidence(attempt) ||
		(attempt->has_root && page->detail != DETAIL_FULL))
		return;
	more = print_states(page, collectives, true);
	more += print_states(page, collectives, false);
	if (more > 0)
		page_more(page, more, "groups");
	print_without(page, collectives);
	if (collectives->hedge != NULL) {
		text_printf(page_begin_line(page), "  %s", collectives->hedge);
		page_end_paragraph(page, STYLE_PLAIN, 4);
	}
}
