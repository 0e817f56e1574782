/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/collective_text.h"

#include "core/base/path.h"
#include "core/report/job/ranks.h"

#include <string.h>

/* How many ranks that are behind, and how many different calls, have words of their own. */
#define BEHIND_SAID 2
#define CALLS_SAID 4

#define UNDEFINED "undefined" /* what PyTorch describes groups by that nobody described */

const char *collective_group_words(struct report *report, const struct dump_call *call)
{
	if (call->description[0] == '\0' || strcmp(call->description, UNDEFINED) == 0)
		return report_say(report, "group %.60s", call->group);
	if (strcmp(call->description, "default_pg") == 0)
		return call->description;
	return report_say(report, "%.60s (group %.60s)", call->description, call->group);
}

void collective_ranks_add(struct text *text, const int64_t *ranks, size_t count)
{
	struct rank_list list = {.text = ""};

	for (size_t i = 0; i < count; i++)
		ranks_add(&list, ranks[i]);
	ranks_finish(&list);
	text_printf(text, "rank%s %s", count == 1 ? "" : "s", list.text);
}

void collective_caller_add(struct text *text, const struct dump_call *call)
{
	if (call->file == NULL)
		return;
	text_printf(text, ", called by %.80s (%.80s", call->function ?: "?", path_base(call->file));
	if (call->line > 0)
		text_printf(text, ":%ld", (long)call->line);
	text_char(text, ')');
}

static const struct group_member *member_of(const struct collective_group *group, int64_t rank)
{
	for (size_t i = 0; i < group->member_count; i++)
		if (group->members[i].rank == rank)
			return &group->members[i];
	return NULL;
}

/* "; the last of rank 2 was all_reduce 4320, called by step (train.py:41)", and what it waits in
 * elsewhere. */
static void add_last(struct report *report, struct text *text, const struct collective_group *group,
	const struct group_member *member, bool alone)
{
	const struct dump_call *elsewhere = member->dump == NULL ? NULL : member->dump->waits;

	if (alone)
		text_add(text, "; its last one there ");
	else
		text_printf(text, "; the last one of rank %ld there ", (long)member->rank);
	if (member->last == NULL) {
		text_add(text, "is none");
	} else {
		text_printf(
			text, "was %.60s %ld", member->last->name, (long)member->last->sequence);
		collective_caller_add(text, member->last);
	}
	if (elsewhere != NULL && strcmp(elsewhere->group, group->name) != 0) {
		text_printf(text, "; it waits in %.60s %ld of %s", elsewhere->name,
			(long)elsewhere->sequence, collective_group_words(report, elsewhere));
		collective_caller_add(text, elsewhere);
	}
}

/* "rank 2 never entered all_reduce 4321 of default_pg, in which ranks 0,1,3 wait". */
static void add_behind(struct report *report, struct text *text,
	const struct collective_group *group, const struct collective_state *state)
{
	size_t said = 0;

	collective_ranks_add(text, state->behind, state->behind_count);
	text_printf(text, " never entered %.60s %ld of %s, in which ",
		state->collective ?: "collective", (long)state->sequence, state->group);
	collective_ranks_add(text, state->waiting, state->waiting_count);
	text_add(text, state->waiting_count == 1 ? " waits" : " wait");
	for (size_t i = 0; i < state->behind_count && said < BEHIND_SAID; i++, said++)
		add_last(report, text, group, member_of(group, state->behind[i]),
			state->behind_count == 1);
}

/* "ranks 0,1 called all_reduce with 1024 elements". Marks these members as said. */
static void add_call(struct text *text, const struct collective_group *group, size_t first,
	bool (*is_alike)(const struct dump_call *, const struct dump_call *))
{
	const struct dump_call *call = group->members[first].at;
	struct rank_list list = {.text = ""};
	size_t count = 0;

	for (size_t i = first; i < group->member_count; i++)
		if (group->members[i].at != NULL && is_alike(call, group->members[i].at)) {
			ranks_add(&list, group->members[i].rank);
			count++;
		}
	ranks_finish(&list);
	text_printf(text, "rank%s %s called %.60s", count == 1 ? "" : "s", list.text, call->name);
	if (call->elements >= 0)
		text_printf(text, " of %ld element%s", (long)call->elements,
			call->elements == 1 ? "" : "s");
	if (call->type != NULL)
		text_printf(text, " (%.20s)", call->type);
	if (call->file != NULL)
		text_printf(text, " in %.80s (%.80s:%ld)", call->function ?: "?",
			path_base(call->file), (long)call->line);
}

static bool is_same(const struct dump_call *one, const struct dump_call *other)
{
	return strcmp(one->name, other->name) == 0 && one->elements == other->elements &&
	       strcmp(one->type ?: "", other->type ?: "") == 0;
}

/* An earlier member than member I called the same. */
static bool was_said(const struct collective_group *group, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (group->members[j].at != NULL &&
			is_same(group->members[j].at, group->members[i].at))
			return true;
	return false;
}

static void add_different(struct text *text, const struct collective_group *group,
	const struct collective_state *state)
{
	size_t said = 0;

	text_printf(text,
		"collective %ld of %s is not the same in all ranks: ", (long)state->sequence,
		state->group);
	for (size_t i = 0; i < group->member_count && said < CALLS_SAID; i++) {
		if (group->members[i].at == NULL || was_said(group, i))
			continue;
		text_add(text, said++ == 0 ? "" : ", ");
		add_call(text, group, i, is_same);
	}
}

const char *collective_sentence(struct report *report, const struct collective_group *group,
	const struct collective_state *state)
{
	char buffer[1024];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	if (state->differs)
		add_different(&text, group, state);
	else if (state->behind_count > 0)
		add_behind(report, &text, group, state);
	else {
		collective_ranks_add(&text, state->waiting, state->waiting_count);
		text_printf(&text, " entered %.60s %ld of %s and did not complete it",
			state->collective ?: "collective", (long)state->sequence, state->group);
	}
	if (state->unknown_count > 0) {
		text_add(&text, "; no dump says how far ");
		collective_ranks_add(&text, state->unknown, state->unknown_count);
		text_add(&text, " got");
	}
	return report_say(report, "%s", buffer);
}
