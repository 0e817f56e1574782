/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/stall.h"

#include "core/report/job/ranks.h"
#include "core/report/verdict/attribution.h"
#include "core/report/verdict/deadlock.h"
#include "core/report/verdict/evidence.h"
#include "core/report/verdict/positions.h"
#include "core/report/verdict/verdict.h"

#include <string.h>

#define TEXT_SIZE 1000

/* The process of RESULT that stood still; NULL: none is known to have. */
static const struct process *stalled_of(const struct rank_result *result)
{
	const struct process *process = process_that_was_seen(result->process);

	return process == NULL || process->stalled == NULL ? NULL : process;
}

static const struct termination *stack_of(
	const struct rank_result *result, const struct process **process)
{
	const struct process *stalled = stalled_of(result);

	if (stalled == NULL)
		return NULL;
	*process = stalled;
	return stalled->stalled->stand;
}

/* Sets count, at_us, for_us and is_over of ATTEMPT's stall. */
static void set_times(struct attempt *attempt)
{
	struct stall *stall = &attempt->stall;
	int64_t moved_us = INT64_MIN;

	FOR_EACH_RESULT (result, attempt) {
		const struct process *process = stalled_of(result);
		int64_t for_us;

		if (process == NULL)
			continue;
		if (process->moved != NULL && process->moved_us > moved_us)
			moved_us = process->moved_us;
		for_us = process->stalled->stand->event.stand.for_us;
		if (stall->count++ == 0 || for_us < stall->for_us)
			stall->for_us = for_us;
		if (stall->count == 1 || process->stalled_us > stall->at_us)
			stall->at_us = process->stalled_us;
	}
	stall->is_over = moved_us > stall->at_us;
}

/* A rank of POSITION, which there is one of. */
static const struct rank_result *result_at(
	const struct attempt *attempt, const struct position *position)
{
	FOR_EACH_RESULT (result, attempt)
		if (result->rank == position->ranks[0])
			return result;
	return &attempt->results[0];
}

/* The main thread of the ranks at POSITION waits for nothing but that time passes. */
static bool is_sleeping(const struct attempt *attempt, const struct position *position)
{
	const struct process *process = stalled_of(result_at(attempt, position));
	const struct event *event = &process->stalled->stand->event;

	for (size_t i = 0; i < event->frame_count; i++)
		if (event->frames[i].kind != FRAME_PYTHON)
			return event->frames[i].function != NULL &&
			       strstr(event->frames[i].function, "nanosleep") != NULL;
	return false;
}

static void add_ranks(struct text *text, const struct position *position)
{
	struct rank_list list = {.length = 0};

	for (size_t i = 0; i < position->count; i++)
		ranks_add(&list, position->ranks[i]);
	ranks_finish(&list);
	text_printf(text, "%s %s", position->count == 1 ? "rank" : "ranks", list.text);
}

/* "rank 2 is in load_shard (loader.c:88), sleeping", "ranks 0,1 wait in PMPI_Barrier, …". */
static void add_position(
	struct text *text, const struct attempt *attempt, const struct position *position)
{
	bool one = position->count == 1, known = position->where[0] != '\0';

	add_ranks(text, position);
	switch (position->doing) {
	case DOING_COMMUNICATES: text_add(text, one ? " waits" : " wait"); break;
	case DOING_COMPUTES: text_add(text, one ? " computes" : " compute"); break;
	case DOING_STOPPED: text_add(text, one ? " is stopped" : " are stopped"); break;
	default:
		text_add(text, one ? " is" : " are");
		if (!known)
			text_add(text, " waiting");
		break;
	}
	if (known)
		text_printf(text, " in %s", position->where);
	if (position->doing == DOING_WAITS && known)
		text_add(text, is_sleeping(attempt, position) ? ", sleeping" : ", waiting");
}

/* RESULT had ended, or raised the exception that ends it, when the others stood still. */
static void add_earlier(struct text *text, const struct attempt *attempt,
	const struct rank_result *result, struct report *report)
{
	const struct process *process = result->process, *ended = result->ended;

	if (process != NULL && process->raised != NULL)
		text_printf(text, "; rank %ld had raised %s", (long)result->rank,
			report_reason(report, ended ?: process));
	else if (ended != NULL && stalled_of(result) == NULL &&
		 ended->ended_us < attempt->stall.at_us)
		text_printf(text, "; rank %ld had ended (%s)", (long)result->rank, result->reason);
}

/* The ranks that are not known to have stood still, nor to have ended before. */
static size_t count_unknown(const struct attempt *attempt)
{
	size_t count = 0;

	FOR_EACH_RESULT (result, attempt)
		count += stalled_of(result) == NULL &&
			 (result->ended == NULL || result->ended->ended_us >= attempt->stall.at_us);
	return count;
}

/* The ranks that wait for others come behind those that do not: these are the ones to look at. */
static void add_positions(struct text *text, const struct attempt *attempt)
{
	const struct stall *stall = &attempt->stall;
	bool first = true;

	for (int waiting = 1; waiting >= 0; waiting--)
		for (size_t i = 0; i < stall->position_count; i++) {
			const struct position *position = &stall->positions[i];

			if ((position->doing == DOING_COMMUNICATES) != waiting)
				continue;
			text_add(text, first ? "" : "; ");
			add_position(text, attempt, position);
			first = false;
		}
}

static const char *text_of(struct report *report, const struct attempt *attempt)
{
	size_t unknown = count_unknown(attempt);
	char buffer[TEXT_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	if (unknown > 0)
		text_printf(&text, "none of the %zu ranks that are known of (of %zu) moved for ",
			attempt->stall.count, attempt->count);
	else
		text_add(&text, "no rank moved for ");
	stall_duration_add(&text, attempt->stall.for_us);
	text_add(&text, ": ");
	add_positions(&text, attempt);
	FOR_EACH_RESULT (result, attempt)
		add_earlier(&text, attempt, result, report);
	return report_say(report, "%s", buffer);
}

static bool any_communicates(const struct stall *stall)
{
	for (size_t i = 0; i < stall->position_count; i++)
		if (stall->positions[i].doing == DOING_COMMUNICATES)
			return true;
	return false;
}

int stall_set(struct report *report, struct attempt *attempt)
{
	struct stall *stall = &attempt->stall;
	int error;

	stall->text = "";
	if (attempt->count == 0)
		return deadlock_set(report, stall);
	set_times(attempt);
	if (stall->count == 0)
		return 0;
	error = positions_find(
		report, attempt, stack_of, true, &stall->positions, &stall->position_count);
	if (error == 0 && any_communicates(stall))
		stall->text = text_of(report, attempt);
	return error;
}

/* The positions of the ranks that the others wait for: those that do not communicate themselves; or
 * where all do, those elsewhere than most. Returns how many ranks, 0 where that is not clear. */
static size_t awaited(const struct stall *stall, bool is_awaited[])
{
	size_t elsewhere = 0;

	for (size_t i = 0; i < stall->position_count; i++)
		if (stall->positions[i].doing != DOING_COMMUNICATES)
			elsewhere += stall->positions[i].count;
	for (size_t i = 0; i < stall->position_count; i++)
		is_awaited[i] =
			elsewhere > 0 ? stall->positions[i].doing != DOING_COMMUNICATES : i > 0;
	if (elsewhere > 0)
		return 2 * elsewhere <= stall->count ? elsewhere : 0;
	return stall->position_count > 0 && 2 * stall->positions[0].count > stall->count
		       ? stall->count - stall->positions[0].count
		       : 0;
}

/* Whether RANK is at POSITION. */
static bool is_at(const struct position *position, int64_t rank)
{
	for (size_t i = 0; i < position->count; i++)
		if (position->ranks[i] == rank)
			return true;
	return false;
}

/* What RANK did when the ranks stood still. */
static enum event_doing doing_of(const struct stall *stall, int64_t rank)
{
	for (size_t i = 0; i < stall->position_count; i++)
		if (is_at(&stall->positions[i], rank))
			return stall->positions[i].doing;
	return DOING_UNKNOWN;
}

bool stall_may_explain(const struct attempt_context *context, const struct rank_result *first)
{
	const struct stall *stall = &context->attempt->stall;
	enum event_cause cause = termination_event(first->ended)->cause;
	enum event_doing doing = doing_of(stall, first->rank);

	return stall->count > 0 && !stall->is_over && first->at_us >= stall->at_us &&
	       cause != CAUSE_FAULT && cause != CAUSE_OOM &&
	       (doing == DOING_COMMUNICATES || doing == DOING_UNKNOWN);
}

bool stall_explains(const struct attempt_context *context, const struct rank_result *first)
{
	const struct stall *stall = &context->attempt->stall;

	if (stall->text[0] == '\0' || stall->is_over || count_unknown(context->attempt) > 0)
		return false;
	return first == NULL || (stall_may_explain(context, first) &&
					doing_of(stall, first->rank) == DOING_COMMUNICATES);
}

/* "stood still in load (loader.c:88), sleeping, while the others waited in PMPI_Barrier". */
static const char *reason_of(
	struct report *report, const struct attempt *attempt, const struct position *position)
{
	const struct stall *stall = &attempt->stall;
	const struct position *most = NULL;
	static const char *const words[] = {
		[DOING_UNKNOWN] = "stood still",
		[DOING_COMMUNICATES] = "waited",
		[DOING_WAITS] = "stood still",
		[DOING_COMPUTES] = "computed",
		[DOING_STOPPED] = "was stopped",
	};
	bool known = position->where[0] != '\0';

	for (size_t i = 0; i < stall->position_count && most == NULL; i++)
		if (&stall->positions[i] != position &&
			stall->positions[i].doing == DOING_COMMUNICATES)
			most = &stall->positions[i];
	return report_say(report, "%s%s%s%s%s%s", words[position->doing], known ? " in " : "",
		position->where,
		position->doing == DOING_WAITS && is_sleeping(attempt, position) ? ", sleeping"
										 : "",
		most == NULL ? "" : ", while others waited in ", most == NULL ? "" : most->where);
}

static void blame_position(
	struct attempt_context *context, const struct position *position, bool likely)
{
	struct attempt *attempt = context->attempt;

	FOR_EACH_RESULT (result, attempt) {
		size_t count = attempt->candidate_count;

		if (!is_at(position, result->rank))
			continue;
		if (result->ended != NULL)
			candidate_add(context, result);
		else
			candidate_add_silent(context, result, "it left no word of an end");
		if (attempt->candidate_count == count)
			continue;
		attempt->candidates[count].reason = reason_of(context->report, attempt, position);
		attempt->candidates[count].confidence =
			likely ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE;
		evidence_say(
			context->report, &attempt->candidates[count], "%s", attempt->stall.text);
	}
}

bool blame_stall(struct attempt_context *context)
{
	const struct stall *stall = &context->attempt->stall;
	bool *is_awaited = report_alloc(context->report, stall->position_count + 1);
	size_t count = is_awaited == NULL ? 0 : awaited(stall, is_awaited), positions = 0;
	bool likely = false;

	if (count == 0 || count > CANDIDATES_MOST)
		return false;
	for (size_t i = 0; i < stall->position_count; i++)
		if (is_awaited[i]) {
			likely =
				positions++ == 0 && stall->positions[i].doing != DOING_COMMUNICATES;
		}
	for (size_t i = 0; i < stall->position_count; i++)
		if (is_awaited[i])
			blame_position(context, &stall->positions[i], likely);
	return context->attempt->candidate_count > 0;
}
