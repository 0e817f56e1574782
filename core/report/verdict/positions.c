/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rank's position is its call path through its own program, and the function of a library that it
 * called there. How deep in that library it was is chance.
 */
#include "core/report/verdict/positions.h"

#include "core/report/verdict/position_stack.h"
#include "core/report/verdict/verdict.h"

#include "core/base/order.h"
#include "core/base/path.h"
#include "core/eventfile/intern.h"
#include "core/events/frame_origin.h"
#include "core/report/verdict/short_name.h"
#include "core/report/verdict/stack_steps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Whose positions are looked for, and what was found. */
struct search {
	struct report *report;
	const struct attempt *attempt;
	position_stack *stack_of;
	bool by_doing; /* what ranks do makes a difference, too; else only that they are stopped */
	struct position *positions;
	size_t count;
};

#define PATH_SIZE 4096
#define CALLERS_MOST 6
#define COMPARED_MOST 64 /* positions */

/* What a stack's steps come to, by their indices; NONE: there is none. */
struct landmarks {
	size_t own;	    /* the program's innermost step */
	size_t first, last; /* of a library's that OWN called */
	size_t entry;	    /* what OWN or the library called at last */
};

#define NONE SIZE_MAX

static bool is_communication(const struct stack_step *step)
{
	return step->frame->kind != FRAME_PYTHON &&
	       frame_origin(step->frame) == ORIGIN_COMMUNICATION;
}

/* STEP, of a library, has a name; and it is Python's where such have come before, since the native
 * ones are the machinery of these. */
static bool has_meaning(const struct stack_steps *steps, const struct landmarks *marks,
	const struct stack_step *step)
{
	return step->frame->function != NULL &&
	       (marks->first == NONE || step->frame->kind == FRAME_PYTHON ||
		       steps->list[marks->first].frame->kind != FRAME_PYTHON);
}

/* A library that only waits in libc is itself what was called; where it communicates, that is. */
static struct landmarks landmarks_of(const struct stack_steps *steps)
{
	struct landmarks marks = {NONE, NONE, NONE, NONE};

	for (size_t i = 0; i < steps->count; i++)
		if (steps->list[i].part == STEP_PROGRAM)
			marks.own = i;
	for (size_t i = marks.own == NONE ? 0 : marks.own + 1; i < steps->count; i++) {
		const struct stack_step *step = &steps->list[i];

		if (step->part == STEP_ENTRY && (marks.entry == NONE || is_communication(step))) {
			marks.entry = i;
			if (is_communication(step))
				break;
		} else if (step->part == STEP_LIBRARY && has_meaning(steps, &marks, step)) {
			marks.first = marks.first == NONE ? i : marks.first;
			marks.last = i;
		}
	}
	return marks;
}

static bool communicates(const struct stack_steps *steps, const struct landmarks *marks)
{
	return marks->entry != NONE && is_communication(&steps->list[marks->entry]);
}

/* "exchange (ring.c:20)"; "spin (ring.c:50-53)" at POSITION, if several lines are. */
static void add_own(
	struct text *text, const struct stack_step *step, const struct position *position)
{
	if (position->first_line == position->last_line) {
		stack_step_add(text, step);
		return;
	}
	stack_function_add(text, step);
	text_printf(text, " (%s:%d-%d)", path_base(step->frame->file), position->first_line,
		position->last_line);
}

/* Appends what makes STEP part of a position. */
static void add_key(struct text *path, const struct stack_step *step)
{
	text_add(path, step->function);
	if (step->is_call && step->part <= STEP_LIBRARY)
		stack_line_add(path, step->frame);
	text_char(path, '\n');
}

/* The position of STEPS, as one string; NULL where it is not known, or out of memory. */
static const char *path_of(
	struct intern *paths, const struct stack_steps *steps, enum event_doing doing)
{
	struct landmarks marks = landmarks_of(steps);
	char buffer[PATH_SIZE];
	struct text path;

	text_init(&path, buffer, sizeof buffer);
	if (doing != DOING_UNKNOWN)
		text_printf(&path, "%s\n", event_doing_name(doing));
	for (size_t i = 0; marks.own != NONE && i <= marks.own; i++)
		if (steps->list[i].part == STEP_PROGRAM)
			add_key(&path, &steps->list[i]);
	if (communicates(steps, &marks)) {
		for (size_t i = marks.first; marks.first != NONE && i <= marks.last; i++)
			add_key(&path, &steps->list[i]);
		add_key(&path, &steps->list[marks.entry]);
	} else if (marks.first != NONE) {
		text_add(&path, steps->list[marks.first].function);
	} else if (marks.entry != NONE) {
		add_key(&path, &steps->list[marks.entry]);
	}
	return path.length == 0 ? NULL : intern_string(paths, path.data);
}

/* Appends the functions that what was called is in: "PMPI_File_write_at_all, called by H5FD_write
 * for ". */
static void add_called(struct text *text, const struct stack_steps *steps,
	const struct landmarks *marks, const struct position *position)
{
	const char *by = marks->own == NONE ? "" : ", called by ";

	if (communicates(steps, marks)) {
		short_name_add(text, steps->list[marks->entry].function);
		if (marks->last != NONE) {
			text_add(text, ", called by ");
			stack_step_add(text, &steps->list[marks->last]);
			by = marks->own == NONE ? "" : " for ";
		}
	} else if (marks->first != NONE) {
		if (marks->first != marks->last && position->inner != NULL)
			text_printf(text, "%s within ", position->inner);
		if (position->library != NULL)
			text_add(text, position->library);
		else if (steps->list[marks->first].frame->kind == FRAME_PYTHON)
			text_add(text, steps->list[marks->first].function);
		else
			stack_function_add(text, &steps->list[marks->first]);
	} else if (marks->entry != NONE) {
		short_name_add(text, steps->list[marks->entry].function);
	} else {
		by = "";
	}
	text_add(text, by);
}

/* "load (data.py:33)", "PMPI_Recv, called by exchange (ring.c:20)", with CALLERS more functions of
 * the program outwards: ", by step (ring.c:41)". */
static const char *where_of(struct report *report, const struct stack_steps *steps,
	const struct position *position, size_t callers)
{
	struct landmarks marks = landmarks_of(steps);
	char buffer[PATH_SIZE];
	struct text where;

	text_init(&where, buffer, sizeof buffer);
	add_called(&where, steps, &marks, position);
	if (marks.own != NONE)
		add_own(&where, &steps->list[marks.own], position);
	for (size_t i = marks.own; i != NONE && i-- > 0 && callers > 0;)
		if (steps->list[i].part == STEP_PROGRAM) {
			text_add(&where, where.length > 0 ? ", by " : "");
			stack_step_add(&where, &steps->list[i]);
			callers--;
		}
	if (steps->leaving)
		text_add(&where, ", on its way out");
	return report_say(report, "%s", where.data);
}

struct ranked_path {
	int64_t rank;
	const char *path;      /* interned: equal paths are one pointer */
	struct position found; /* what it says of its position */
};

static int compare_paths(const void *a, const void *b)
{
	const struct ranked_path *one = a, *other = b;

	return COMPARE(one->path, other->path) ?: COMPARE(one->rank, other->rank);
}

static int compare_positions(const void *a, const void *b)
{
	const struct position *one = a, *other = b;

	return COMPARE(other->count, one->count) ?: COMPARE(one->ranks[0], other->ranks[0]);
}

/* What step AT reads like, as one string; NULL where there is none. */
static const char *kept_step(struct intern *paths, const struct stack_steps *steps, size_t at)
{
	char buffer[PATH_SIZE];
	struct text text;

	if (at == NONE)
		return NULL;
	text_init(&text, buffer, sizeof buffer);
	stack_step_add(&text, &steps->list[at]);
	return intern_string(paths, buffer);
}

/* What the steps of one rank say of its position: of a loop of the program's, at which line it was;
 * of a library that was called, where in it. */
static struct position found_in(struct intern *paths, const struct stack_steps *steps)
{
	struct landmarks marks = landmarks_of(steps);
	const struct stack_step *last = steps->count == 0 ? NULL : &steps->list[steps->count - 1];
	struct position found = {.where = NULL};

	found.library = kept_step(paths, steps, marks.first);
	found.inner = kept_step(paths, steps, marks.last);
	if (last == NULL || last->part != STEP_PROGRAM || last->is_call)
		return found;
	found.is_running = true;
	if (last->has_line && last->frame->file != NULL)
		found.first_line = found.last_line = last->frame->line;
	return found;
}

/* Adds RANKED, one of the same position, to that. */
static void add_to(struct position *position, struct ranked_path *ranked)
{
	const struct position *found = &ranked->found;

	if (position->count == 0)
		*position = *found;
	if (found->library != position->library)
		position->library = NULL;
	if (found->inner != position->inner)
		position->inner = NULL;
	if (found->first_line < position->first_line)
		position->first_line = found->first_line;
	if (found->last_line > position->last_line)
		position->last_line = found->last_line;
}

/* Sets the positions of SEARCH from COUNT paths, which are sorted. */
static bool set_positions(struct search *search, struct ranked_path *ranked, size_t count)
{
	int64_t *ranks = report_alloc(search->report, count * sizeof *ranks);
	struct position *position = report_alloc(search->report, count * sizeof *position);

	search->positions = position;
	if (ranks == NULL || position == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && ranked[i].path != ranked[i - 1].path)
			position++;
		add_to(position, &ranked[i]);
		if (position->count == 0)
			position->ranks = &ranks[i];
		position->ranks[position->count++] = ranked[i].rank;
	}
	search->count = (size_t)(position - search->positions) + 1;
	qsort(search->positions, search->count, sizeof *position, compare_positions);
	return true;
}

static int compare_results(const void *a, const void *b)
{
	const struct rank_result *one = a, *other = b;

	return COMPARE(one->rank, other->rank);
}

/* The first rank at POSITION. */
static const struct rank_result *result_at(
	const struct attempt *attempt, const struct position *position)
{
	const struct rank_result wanted = {.rank = position->ranks[0]};

	return bsearch(&wanted, attempt->results, attempt->count, sizeof *attempt->results,
		compare_results);
}

/* Sets STEPS to the stack of RESULT that SEARCH is about. Returns 0 or -ENOMEM. */
static int steps_of(
	const struct search *search, const struct rank_result *result, struct stack_steps *steps)
{
	const struct process *process = result->ended;
	const struct termination *end = search->stack_of(result, &process);

	return stack_steps_set_at(search->report, process, end, steps);
}

/* Another position of SEARCH reads like POSITION. */
static bool is_repeated(const struct search *search, const struct position *position)
{
	for (size_t i = 0; i < search->count; i++)
		if (&search->positions[i] != position &&
			strcmp(search->positions[i].where, position->where) == 0)
			return true;
	return false;
}

/* Sets how those positions of SEARCH read that are not read yet, or read like another one, with
 * CALLERS more callers. */
static int set_words(struct search *search, size_t callers)
{
	struct stack_steps steps = {.count = 0};
	int error = 0;

	for (size_t i = 0; i < search->count && error == 0; i++) {
		struct position *position = &search->positions[i];

		if (position->where != NULL && !position->is_repeated)
			continue;
		error = steps_of(search, result_at(search->attempt, position), &steps);
		if (error == 0)
			position->where = where_of(search->report, &steps, position, callers);
	}
	stack_steps_release(&steps);
	return error;
}

/* Sets how the positions of SEARCH read, each with as many callers as make it differ from the
 * others; of very many positions few are shown. */
static int set_all_words(struct search *search)
{
	size_t count = search->count, repeated = 0;
	int error = set_words(search, 0);

	for (size_t callers = 1; count <= COMPARED_MOST && callers <= CALLERS_MOST && error == 0;
		callers++) {
		repeated = 0;
		for (size_t i = 0; i < count; i++) {
			search->positions[i].is_repeated =
				is_repeated(search, &search->positions[i]);
			repeated += search->positions[i].is_repeated;
		}
		if (repeated == 0)
			break;
		error = set_words(search, callers);
	}
	return error;
}

/* Sets RANKED, which has room for all results. Returns their number, or -ENOMEM. */
static ssize_t find_paths(struct search *search, struct intern *paths, struct ranked_path *ranked)
{
	struct stack_steps steps = {.count = 0};
	ssize_t count = 0;
	int error = 0;

	FOR_EACH_RESULT (result, search->attempt) {
		const struct process *process = result->ended;
		const struct termination *end = search->stack_of(result, &process);
		enum event_doing doing = end == NULL ? DOING_UNKNOWN : end->event.stand.doing;
		const char *path;

		error = stack_steps_set_at(search->report, process, end, &steps);
		if (error < 0)
			break;
		if (!search->by_doing && doing != DOING_STOPPED)
			doing = DOING_UNKNOWN;
		path = path_of(paths, &steps, doing);
		if (path == NULL)
			continue;
		ranked[count] = (struct ranked_path){result->rank, path, found_in(paths, &steps)};
		ranked[count++].found.doing = doing;
	}
	stack_steps_release(&steps);
	return error < 0 ? error : count;
}

/* Sets the positions of SEARCH. Returns 0 or -ENOMEM. */
static int search_positions(struct search *search)
{
	struct intern paths = {.arena = &search->report->reading.arena};
	struct ranked_path *ranked = reallocarray(NULL, search->attempt->count, sizeof *ranked);
	ssize_t count;
	int error;

	if (ranked == NULL)
		return -ENOMEM;
	count = find_paths(search, &paths, ranked);
	intern_release(&paths);
	error = count < 0 ? (int)count : 0;
	if (count > 0) {
		qsort(ranked, (size_t)count, sizeof *ranked, compare_paths);
		error = set_positions(search, ranked, (size_t)count) ? set_all_words(search)
								     : -ENOMEM;
	}
	free(ranked);
	return error;
}

int positions_find(struct report *report, const struct attempt *attempt, position_stack *stack_of,
	bool by_doing, struct position **ret_positions, size_t *ret_count)
{
	struct search search = {report, attempt, stack_of, by_doing, NULL, 0};
	int error = attempt->count == 0 ? 0 : search_positions(&search);

	*ret_positions = search.positions;
	*ret_count = search.count;
	return error;
}

int position_where(struct report *report, const struct process *process,
	const struct termination *end, const char **ret_where)
{
	struct intern paths = {.arena = &report->reading.arena};
	struct stack_steps steps = {.count = 0};
	int error = stack_steps_set_at(report, process, end, &steps);
	struct position position = found_in(&paths, &steps);

	intern_release(&paths);
	if (error == 0)
		*ret_where = where_of(report, &steps, &position, 0);
	stack_steps_release(&steps);
	return error;
}

int positions_set(struct report *report, struct attempt *attempt)
{
	int error;

	if (attempt->has_root || attempt->explanation == NULL || attempt->count == 0)
		return 0;
	error = positions_find(report, attempt, position_stack_of(attempt), false,
		&attempt->positions, &attempt->position_count);
	if (error == 0 && attempt->position_count > 1)
		attempt->has_outliers = attempt->count > 2 && !attempt->positions[0].is_running &&
					2 * attempt->positions[0].count > attempt->count;
	return error;
}
