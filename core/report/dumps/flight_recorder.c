/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/dumps/flight_recorder.h"

#include "core/base/number.h"
#include "core/base/order.h"

#include <stdlib.h>
#include <string.h>

/* More ranks than any group has: a dump that names more is not believed. */
#define RANKS_MOST (1 << 20)

/* The last ones are kept. */
#define CALLS_MOST ((size_t)1 << 18)

/* How many groups one rank is in; of more, calls are taken for waiting. */
#define GROUPS_MOST 512

bool flight_recorder_is(const struct dump_value *value)
{
	return dump_text(dump_get(value, "version")) != NULL &&
	       (dump_get(value, "entries") != NULL || dump_get(value, "pg_config") != NULL ||
		       dump_get(value, "pg_status") != NULL);
}

static int compare_ranks(const void *a, const void *b)
{
	return COMPARE(*(const int64_t *)a, *(const int64_t *)b);
}

/* Sets the ranks of GROUP from WORDS, "[0, 1, 2]". */
static bool set_ranks(struct dump_set *set, struct dump_group *group, const char *words)
{
	size_t count = 1;

	for (const char *at = words; *at != '\0'; at++)
		count += *at == ',';
	if (count > RANKS_MOST)
		return true;
	group->ranks = arena_alloc(&set->arena, count * sizeof *group->ranks);
	if (group->ranks == NULL)
		return false;
	for (const char *at = words; *at != '\0' && group->count < count;)
		if (is_digit(*at))
			group->ranks[group->count++] = number_take(&at, SIZE_MAX);
		else
			at++;
	qsort(group->ranks, group->count, sizeof *group->ranks, compare_ranks);
	return true;
}

/* The same of a list of numbers. */
static bool set_listed(
	struct dump_set *set, struct dump_group *group, const struct dump_value *ranks)
{
	size_t count = dump_count(ranks);

	if (count == 0 || count > RANKS_MOST)
		return true;
	group->ranks = arena_alloc(&set->arena, count * sizeof *group->ranks);
	if (group->ranks == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		group->ranks[group->count++] = dump_number(dump_item(ranks, i), -1);
	qsort(group->ranks, group->count, sizeof *group->ranks, compare_ranks);
	return true;
}

static bool read_groups(
	struct dump_set *set, const struct dump_value *config, struct rank_dump *dump)
{
	size_t count = config == NULL || config->type != DUMP_DICT ? 0 : config->list.count / 2;

	dump->groups = arena_alloc(&set->arena, count * sizeof *dump->groups + 1);
	for (size_t i = 0; i < count && dump->groups != NULL; i++) {
		const struct dump_value *entry = config->list.items[2 * i + 1];
		const struct dump_value *ranks = dump_get(entry, "ranks");
		struct dump_group *group = &dump->groups[dump->group_count];

		group->name = dump_set_text(set,
			dump_text(dump_get(entry, "name")) ?: dump_text(config->list.items[2 * i]));
		group->description = dump_set_text(set, dump_text(dump_get(entry, "desc")) ?: "");
		if (group->name == NULL || group->description == NULL)
			continue;
		dump->group_count++;
		if (dump_text(ranks) != NULL ? !set_ranks(set, group, dump_text(ranks))
					     : !set_listed(set, group, ranks))
			return false;
	}
	return dump->groups != NULL;
}

/* FRAME is neither PyTorch's nor of what PyTorch stands on. */
static bool is_of_program(const char *file)
{
	return file[0] != '<' && file[0] != '\0' && strstr(file, "/torch/distributed/") == NULL &&
	       strncmp(file, "torch/", 6) != 0 && strstr(file, "/site-packages/") == NULL &&
	       strstr(file, "/dist-packages/") == NULL && strstr(file, "/lib/python") == NULL &&
	       strstr(file, ".py") != NULL;
}

/* Sets which function of the program's made CALL: the innermost one of FRAMES that is its own. */
static void set_caller(
	struct dump_set *set, struct dump_call *call, const struct dump_value *frames)
{
	for (size_t i = 0; i < dump_count(frames); i++) {
		const struct dump_value *frame = dump_item(frames, i);
		const char *file = dump_text(dump_get(frame, "filename"));

		if (file == NULL || !is_of_program(file))
			continue;
		call->file = dump_set_text(set, file);
		call->function = dump_set_text(set, dump_text(dump_get(frame, "name")));
		call->line = dump_number(dump_get(frame, "line"), 0);
		return;
	}
}

/* How many elements the tensors of SIZES, [[4, 1024], [8]], have together; -1: nobody knows. */
static int64_t elements_of(const struct dump_value *sizes)
{
	int64_t all = 0;

	if (sizes == NULL || sizes->type != DUMP_LIST)
		return -1;
	for (size_t i = 0; i < dump_count(sizes); i++) {
		const struct dump_value *tensor = dump_item(sizes, i);
		int64_t product = 1;

		for (size_t j = 0; j < dump_count(tensor); j++) {
			int64_t size = dump_number(dump_item(tensor, j), -1);

			if (size < 0 || __builtin_mul_overflow(product, size, &product))
				return -1;
		}
		if (__builtin_add_overflow(all, product, &all))
			return -1;
	}
	return all;
}

/* "all_reduce" of "nccl:all_reduce". */
static const char *name_of(const struct dump_value *entry)
{
	const char *name = dump_text(dump_get(entry, "profiling_name")) ?: "a collective";
	const char *colon = strchr(name, ':');

	return colon == NULL || colon[1] == '\0' ? name : colon + 1;
}

static bool is_true(const struct dump_value *value)
{
	return value != NULL && value->type == DUMP_TRUE;
}

/* ENTRY's call is complete. That of gloo's stays "scheduled" for ever, but is retired then; of
 * NCCL's, a retired one may have been given up. */
static bool is_complete(const struct dump_value *entry)
{
	const char *state = dump_text(dump_get(entry, "state"));
	const char *name = dump_text(dump_get(entry, "profiling_name"));

	return state == NULL || strcmp(state, "completed") == 0 ||
	       (name != NULL && strncmp(name, "gloo:", 5) == 0 &&
		       is_true(dump_get(entry, "retired")));
}

/* Sets CALL from ENTRY; returns false where that is none. */
static bool set_call(struct dump_set *set, const struct dump_value *entry, struct dump_call *call)
{
	const struct dump_value *group = dump_get(entry, "process_group");

	*call = (struct dump_call){
		.group = dump_set_text(set, dump_text(dump_item(group, 0)) ?: dump_text(group)),
		.description = dump_set_text(set, dump_text(dump_item(group, 1)) ?: ""),
		.name = dump_set_text(set, name_of(entry)),
		.elements = elements_of(dump_get(entry, "input_sizes")),
		.type = dump_set_text(
			set, dump_text(dump_item(dump_get(entry, "input_dtypes"), 0))),
		.is_p2p = is_true(dump_get(entry, "is_p2p")),
		.waits = !is_complete(entry),
	};
	call->sequence =
		dump_number(dump_get(entry, call->is_p2p ? "p2p_seq_id" : "collective_seq_id"), -1);
	set_caller(set, call, dump_get(entry, "frames"));
	return call->group != NULL && call->description != NULL && call->name != NULL &&
	       call->sequence >= 0;
}

static void add_time(struct rank_dump *dump, const struct dump_value *entry)
{
	int64_t us = dump_number(dump_get(entry, "time_created_ns"), 0) / 1000;

	if (us <= 0)
		return;
	if (dump->first_us == 0 || us < dump->first_us)
		dump->first_us = us;
	if (us > dump->last_us)
		dump->last_us = us;
}

/* STATUS, of the groups, says that something was called in one: where no call is there, those that
 * completed were left out. */
static bool has_status(const struct dump_value *status)
{
	return status != NULL && status->type == DUMP_DICT && status->list.count > 0;
}

/* Clears `waits` of the calls that a later one of their kind completed after. */
static void clear_waits(struct rank_dump *dump)
{
	const struct dump_call *complete[GROUPS_MOST];
	size_t count = 0, at;

	for (size_t i = dump->call_count; i-- > 0;) {
		struct dump_call *call = &dump->calls[i];

		for (at = 0; at < count; at++)
			if (complete[at]->group == call->group &&
				complete[at]->is_p2p == call->is_p2p)
				break;
		call->waits = call->waits && at == count;
		if (at < count || call->waits)
			continue;
		if (count == GROUPS_MOST)
			return;
		complete[count++] = call;
	}
}

bool flight_recorder_read(
	struct dump_set *set, const struct dump_value *value, struct rank_dump *dump)
{
	const struct dump_value *entries = dump_get(value, "entries");
	size_t count = dump_count(entries), first = count > CALLS_MOST ? count - CALLS_MOST : 0;

	if (!read_groups(set, dump_get(value, "pg_config"), dump))
		return false;
	dump->calls = arena_alloc(&set->arena, (count - first) * sizeof *dump->calls + 1);
	if (dump->calls == NULL)
		return false;
	dump->is_whole = entries != NULL && first == 0;
	for (size_t i = first; i < count; i++) {
		const struct dump_value *entry = dump_item(entries, i);

		add_time(dump, entry);
		if (dump_number(dump_get(entry, "record_id"), -1) != (int64_t)i)
			dump->is_whole = false;
		if (set_call(set, entry, &dump->calls[dump->call_count]))
			dump->call_count++;
		else
			dump->is_whole = false;
	}
	if (count == 0 && has_status(dump_get(value, "pg_status")))
		dump->is_whole = false;
	clear_waits(dump);
	return true;
}
