/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/recursion.h"

/* How many rounds are shown, and how many frames at least are hidden. */
#define ROUNDS_SHOWN 2
#define HIDDEN_LEAST 3

static bool is_same_function(const struct frame *one, const struct frame *other)
{
	if (one->module != other->module)
		return false;
	if (one->function != NULL && other->function != NULL)
		return strcmp(one->function, other->function) == 0;
	return one->function == other->function && one->offset == other->offset &&
	       one->pc == other->pc;
}

/* The end of the frames from AT on that are of the functions of the first FUNCTIONS of them. */
static size_t end_of_run(const struct recursion *recursion, size_t at, size_t functions)
{
	const struct frame *frames = recursion->frames;
	size_t end = at;

	for (; end < recursion->count; end++) {
		size_t i = at;

		while (i < at + functions && !is_same_function(&frames[i], &frames[end]))
			i++;
		if (i == at + functions)
			break;
	}
	return end;
}

static bool comes_again(const struct recursion *recursion, size_t at, size_t end)
{
	for (size_t i = at + 1; i < end; i++)
		if (is_same_function(&recursion->frames[at], &recursion->frames[i]))
			return true;
	return false;
}

/* Find the run that begins at the next frame: a recursion, or that frame alone. */
static void begin_run(struct recursion *recursion)
{
	size_t at = recursion->at;

	recursion->run = at;
	recursion->end = at + 1;
	recursion->shown = 1;
	recursion->run_functions = 0;
	for (size_t functions = 1;
		functions <= RECURSION_FUNCTIONS && at + functions <= recursion->count;
		functions++) {
		size_t end = end_of_run(recursion, at, functions);

		if (end - at < ROUNDS_SHOWN * functions + HIDDEN_LEAST ||
			!comes_again(recursion, at, end))
			continue;
		recursion->end = end;
		recursion->shown = ROUNDS_SHOWN * functions;
		recursion->run_functions = functions;
		return;
	}
}

/* Pass over FRAME, which is in a run and not shown. */
static void hide(struct recursion *recursion)
{
	recursion->hidden++;
	recursion->first = recursion->run;
	recursion->functions = recursion->run_functions;
}

bool recursion_next(struct recursion *recursion)
{
	recursion->hidden = recursion->functions = 0;
	for (; recursion->at < recursion->count; recursion->at++) {
		const struct frame *frame = &recursion->frames[recursion->at];

		if (frame->kind == FRAME_PYTHON)
			continue;
		recursion->hidden += frame->left_out;
		recursion->next_number += frame->left_out;
		if (recursion->at >= recursion->end) {
			begin_run(recursion);
			if (frame->left_out > 0)
				recursion->functions = 0;
		}
		recursion->number = recursion->next_number++;
		if (recursion->shown > 0) {
			recursion->shown--;
			recursion->index = recursion->at++;
			return true;
		}
		hide(recursion);
	}
	return false;
}

void recursion_names(const struct recursion *recursion, struct text *text)
{
	for (size_t i = 0; i < recursion->functions; i++) {
		const struct frame *frame = &recursion->frames[recursion->first + i];

		text_add(text, i == 0 ? "" : i + 1 < recursion->functions ? ", " : " and ");
		text_add(text, frame->function != NULL ? frame->function : "unknown code");
	}
}
