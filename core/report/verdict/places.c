/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/places.h"

#include "core/report/verdict/stack_steps.h"
#include "core/report/verdict/verdict.h"

#include <string.h>

void places_add(struct place_list *list, const struct rank_result *result)
{
	size_t at = 0;

	if (result->place == NULL)
		return;
	while (at < list->count && strcmp(list->places[at].place, result->place) != 0)
		at++;
	if (at == PLACES_MOST) {
		list->more++;
		return;
	}
	list->count += at == list->count;
	list->places[at].place = result->place;
	list->places[at].count++;
	ranks_add(&list->places[at].ranks, result->rank);
}

bool places_write(struct place_list *list, struct text *text)
{
	for (size_t i = 0; list->count > 1 && i < list->count; i++) {
		ranks_finish(&list->places[i].ranks);
		text_printf(text, "%srank%s %s in %s", i == 0 ? "" : ", ",
			list->places[i].count == 1 ? "" : "s", list->places[i].ranks.text,
			list->places[i].place);
	}
	if (list->more > 0)
		text_printf(text, ", %zu more elsewhere", list->more);
	return list->count > 1;
}

/* The innermost step of STEPS that is the program's. */
static const struct stack_step *own_step(const struct stack_steps *steps)
{
	for (size_t i = steps->count; i-- > 0;)
		if (steps->list[i].part == STEP_PROGRAM)
			return &steps->list[i];
	return NULL;
}

static bool failed_by_itself(const struct rank_result *result)
{
	const struct termination *end = process_termination(result->ended);

	return end != NULL && end->event.state == NODE_FAILED &&
	       ((end->event.cause != CAUSE_TERMINATED && end->event.cause != CAUSE_KILLED) ||
		       rules_called_abort(end));
}

int places_set(struct report *report, struct attempt *attempt)
{
	struct stack_steps steps = {.count = 0};
	int error = 0;

	FOR_EACH_RESULT (result, attempt) {
		const struct stack_step *own;
		char buffer[512];
		struct text place;

		if (!failed_by_itself(result))
			continue;
		error = stack_steps_set(report, result->ended, &steps);
		own = error < 0 ? NULL : own_step(&steps);
		if (error < 0)
			break;
		if (own == NULL || !own->has_line || own->frame->line == 0)
			continue;
		text_init(&place, buffer, sizeof buffer);
		stack_step_add(&place, own);
		result->place = report_say(report, "%s", buffer);
	}
	stack_steps_release(&steps);
	return error;
}
