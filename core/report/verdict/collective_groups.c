/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/collective_groups.h"

#include "core/base/order.h"
#include "core/report/verdict/collective_group.h"
#include "core/report/verdict/collective_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* In so many dumps the ranks of a group are looked for. */
#define CONFIGURED_LOOKED_AT 64

/* The collectives whose input has as many elements, and of the same type, in every rank. */
static const char *const even[] = {"all_reduce", "all_reduce_barrier", "broadcast", "reduce",
	"_all_gather_base", "_reduce_scatter_base"};

static int compare_by_group(const void *a, const void *b)
{
	const struct group_call *one = a, *other = b;

	return strcmp(one->call->group, other->call->group)
		       ?: COMPARE(one->call->sequence, other->call->sequence)
		       ?: COMPARE(one->dump->dump->rank, other->dump->dump->rank)
		       ?: COMPARE(one->call, other->call);
}

static int compare_ranks(const void *a, const void *b)
{
	return COMPARE(*(const int64_t *)a, *(const int64_t *)b);
}

/* The ranks of GROUP as one of the dumps has them that it consists of; NULL: none does. */
static const struct dump_group *configured(const struct collective_group *group)
{
	const struct rank_dump *last = NULL;

	for (size_t i = 0; i < least(group->call_count, CONFIGURED_LOOKED_AT); i++) {
		const struct rank_dump *dump = group->calls[i].dump->dump;

		for (size_t j = 0; dump != last && j < dump->group_count; j++)
			if (dump->groups[j].count > 0 &&
				strcmp(dump->groups[j].name, group->name) == 0)
				return &dump->groups[j];
		last = dump;
	}
	return NULL;
}

/* Where nobody says which ranks a group has, they are those that called something in it. */
static bool set_callers(struct report *report, struct collective_group *group)
{
	int64_t *ranks = report_alloc(report, group->call_count * sizeof *ranks);

	group->members = report_alloc(report, group->call_count * sizeof *group->members);
	if (ranks == NULL || group->members == NULL)
		return false;
	for (size_t i = 0; i < group->call_count; i++)
		ranks[i] = group->calls[i].dump->dump->rank;
	qsort(ranks, group->call_count, sizeof *ranks, compare_ranks);
	for (size_t i = 0; i < group->call_count; i++)
		if (i == 0 || ranks[i] != ranks[i - 1])
			group->members[group->member_count++].rank = ranks[i];
	return true;
}

static bool set_members(struct report *report, struct collective_group *group)
{
	const struct dump_group *known = configured(group);

	if (known == NULL)
		return set_callers(report, group);
	group->members = report_alloc(report, known->count * sizeof *group->members);
	if (group->members == NULL)
		return false;
	for (size_t i = 0; i < known->count; i++)
		if (i == 0 || known->ranks[i] != known->ranks[i - 1])
			group->members[group->member_count++].rank = known->ranks[i];
	return true;
}

static struct group_member *member_of(const struct collective_group *group, int64_t rank)
{
	size_t at = LOWER_BOUND(index, group->member_count, group->members[index].rank < rank);

	return at < group->member_count && group->members[at].rank == rank ? &group->members[at]
									   : NULL;
}

/* Sets what the members called; the calls are by number. Returns the number of the collective that
 * they wait in; -1: they wait in none. */
static int64_t set_calls(
	struct collective_group *group, const struct fitting_dump *dumps, size_t count)
{
	int64_t sequence = -1;

	for (size_t i = 0; i < group->member_count; i++)
		group->members[i].dump = dump_of_rank(dumps, count, group->members[i].rank);
	for (size_t i = 0; i < group->call_count; i++) {
		const struct dump_call *call = group->calls[i].call;
		struct group_member *member = member_of(group, group->calls[i].dump->dump->rank);

		if (member == NULL)
			continue;
		member->last = call;
		if (call->waits && member->waits == NULL)
			member->waits = call;
		if (call->waits && (sequence < 0 || call->sequence < sequence))
			sequence = call->sequence;
	}
	return sequence;
}

/* Nothing of MEMBER's calls is known: it has no dump, or its calls in the group were overwritten.
 */
static bool is_unknown(const struct group_member *member)
{
	return member->dump == NULL || (member->last == NULL && !member->dump->dump->is_whole);
}

/* Adds RANK to RANKS, which has room. */
static void add_rank(int64_t *ranks, size_t *count, int64_t rank)
{
	ranks[(*count)++] = rank;
}

static bool state_begin(
	struct report *report, const struct collective_group *group, struct collective_state *state)
{
	size_t size = group->member_count * sizeof *state->waiting;

	*state = (struct collective_state){
		.group = collective_group_words(report, group->calls[0].call),
		.waiting = report_alloc(report, size),
		.behind = report_alloc(report, size),
		.unknown = report_alloc(report, size),
	};
	return state->waiting != NULL && state->behind != NULL && state->unknown != NULL;
}

/* Sets who has called the collective SEQUENCE of GROUP, in which some wait. */
static void set_behind(
	const struct collective_group *group, int64_t sequence, struct collective_state *state)
{
	state->sequence = sequence;
	for (size_t i = 0; i < group->member_count; i++) {
		const struct group_member *member = &group->members[i];

		if (is_unknown(member)) {
			add_rank(state->unknown, &state->unknown_count, member->rank);
		} else if (member->last == NULL || member->last->sequence < sequence) {
			add_rank(state->behind, &state->behind_count, member->rank);
		} else if (member->waits != NULL) {
			add_rank(state->waiting, &state->waiting_count, member->rank);
			if (member->waits->sequence == sequence)
				state->collective = member->waits->name;
		}
	}
}

static bool is_even(const char *name)
{
	for (size_t i = 0; i < sizeof even / sizeof *even; i++)
		if (strcmp(even[i], name) == 0)
			return true;
	return false;
}

/* The calls ONE and OTHER, of two ranks and with one number, cannot be one collective. */
static bool differ(const struct dump_call *one, const struct dump_call *other)
{
	if (strcmp(one->name, other->name) != 0)
		return true;
	if (!is_even(one->name))
		return false;
	return (one->elements >= 0 && other->elements >= 0 && one->elements != other->elements) ||
	       (one->type != NULL && other->type != NULL && strcmp(one->type, other->type) != 0);
}

/* Sets each member's call with the number SEQUENCE; of several, which are coalesced, the last. */
static void set_at(struct collective_group *group, int64_t sequence)
{
	for (size_t i = 0; i < group->call_count; i++) {
		struct group_member *member = member_of(group, group->calls[i].dump->dump->rank);

		if (member != NULL && group->calls[i].call->sequence == sequence)
			member->at = group->calls[i].call;
	}
}

/* What more than half of those called that called anything with the number (Boyer and Moore's
 * vote); NULL: there is no such. *RET_DIFFER: they did not all call the same. */
static const struct dump_call *majority(const struct collective_group *group, bool *ret_differ)
{
	const struct dump_call *leading = NULL, *first = NULL;
	size_t lead = 0, called = 0, count = 0;

	*ret_differ = false;
	for (size_t i = 0; i < group->member_count; i++) {
		const struct dump_call *at = group->members[i].at;

		if (at == NULL)
			continue;
		called++;
		first = first == NULL ? at : first;
		*ret_differ |= differ(first, at);
		if (lead == 0)
			leading = at;
		lead += lead == 0 || !differ(leading, at) ? 1 : (size_t)-1;
	}
	for (size_t i = 0; i < group->member_count; i++)
		count += group->members[i].at != NULL && !differ(leading, group->members[i].at);
	return 2 * count > called ? leading : NULL;
}

/* Where the members called different collectives with the number, sets who called another one than
 * most; a rank that called none yet is behind all the same. */
static void set_different(struct collective_group *group, struct collective_state *state)
{
	const struct dump_call *most;

	set_at(group, state->sequence);
	most = majority(group, &state->differs);
	for (size_t i = 0; i < group->member_count; i++)
		if (state->differs && most != NULL && group->members[i].at != NULL &&
			differ(most, group->members[i].at))
			add_rank(state->behind, &state->behind_count, group->members[i].rank);
	qsort(state->behind, state->behind_count, sizeof *state->behind, compare_ranks);
}

/* Adds what GROUP has of interest to COLLECTIVES, which has room. */
static bool add_group(struct report *report, struct collective_group *group,
	const struct fitting_dump *dumps, size_t count, struct collectives *collectives)
{
	struct collective_state *state = &collectives->states[collectives->count];
	int64_t waits;

	if (!set_members(report, group) || !state_begin(report, group, state))
		return false;
	waits = set_calls(group, dumps, count);
	if (waits < 0)
		return true;
	set_behind(group, waits, state);
	set_different(group, state);
	state->last = report_alloc(report, (state->behind_count + 1) * sizeof *state->last);
	if (state->last == NULL)
		return false;
	for (size_t i = 0; i < state->behind_count; i++)
		state->last[i] = member_of(group, state->behind[i])->last;
	state->sentence = collective_sentence(report, group, state);
	collectives->count++;
	return true;
}

/* All collectives of the dumps, by group; *RET_COUNT is how many. NULL: no memory. */
static struct group_call *collect(const struct fitting_dump *dumps, size_t count, size_t *ret_count)
{
	struct group_call *calls;
	size_t room = 1, filled = 0;

	for (size_t i = 0; i < count; i++)
		room += dumps[i].dump->call_count;
	calls = reallocarray(NULL, room, sizeof *calls);
	for (size_t i = 0; i < count && calls != NULL; i++)
		for (size_t j = 0; j < dumps[i].dump->call_count; j++)
			if (!dumps[i].dump->calls[j].is_p2p)
				calls[filled++] =
					(struct group_call){&dumps[i].dump->calls[j], &dumps[i]};
	if (calls != NULL)
		qsort(calls, filled, sizeof *calls, compare_by_group);
	*ret_count = filled;
	return calls;
}

/* How many of the COUNT CALLS are of the group of the first one. */
static size_t group_end(const struct group_call *calls, size_t count)
{
	size_t end = 1;

	while (end < count && strcmp(calls[end].call->group, calls[0].call->group) == 0)
		end++;
	return end;
}

int collective_groups_add(struct report *report, struct attempt *attempt,
	const struct fitting_dump *dumps, size_t count)
{
	size_t call_count, groups = 0, end;
	struct group_call *calls = collect(dumps, count, &call_count);
	bool well = calls != NULL;

	for (size_t i = 0; well && i < call_count; i += group_end(calls + i, call_count - i))
		groups++;
	attempt->collectives.states =
		report_alloc(report, (groups + report->dumps.communicator_count + 1) *
					     sizeof *attempt->collectives.states);
	well = well && attempt->collectives.states != NULL;
	for (size_t i = 0; well && i < call_count; i += end) {
		struct collective_group group = {
			.name = calls[i].call->group,
			.calls = calls + i,
		};

		end = group.call_count = group_end(calls + i, call_count - i);
		well = add_group(report, &group, dumps, count, &attempt->collectives);
	}
	free(calls);
	return well ? 0 : -ENOMEM;
}
