/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/stacks/stacks_groups.h"

#include "core/base/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAMED_MOST 6 /* threads of a group that are named */

static bool is_same_text(const char *one, const char *other)
{
	return one == other || (one != NULL && other != NULL && strcmp(one, other) == 0);
}

static bool is_same(const struct shown_thread *shown, const struct shown_thread *other)
{
	const struct stacks_thread *one = shown->thread, *two = other->thread;

	return one->state == two->state && one->samples == two->samples &&
	       one->moved == two->moved && is_same_text(one->error, two->error) &&
	       is_same_text(one->stop, two->stop) && stacks_are_same(&one->stack, &two->stack);
}

/* Moves those of the COUNT THREADS to the front that are as the first one. Returns how many. */
static size_t gather(struct shown_thread *threads, size_t count)
{
	size_t same = 1;

	for (size_t i = 1; i < count; i++) {
		struct shown_thread moved = threads[i];

		if (!is_same(&threads[0], &moved))
			continue;
		memmove(&threads[same + 1], &threads[same], (i - same) * sizeof *threads);
		threads[same++] = moved;
	}
	return same;
}

static int compare_groups(const void *a, const void *b)
{
	const struct stacks_group *one = a, *other = b;

	return COMPARE(one->count, other->count) ?: COMPARE(one->threads, other->threads);
}

int stacks_groups_make(struct stacks_groups *groups, const struct stacks_set *set)
{
	size_t all = stacks_set_count(set), at = 0;

	*groups = (struct stacks_groups){
		.set = set,
		.threads = calloc(all + 1, sizeof *groups->threads),
		.list = calloc(all + 1, sizeof *groups->list),
	};
	if (groups->threads == NULL || groups->list == NULL) {
		stacks_groups_release(groups);
		return -ENOMEM;
	}
	for (size_t i = 0; i < set->count; i++)
		for (size_t j = 0; j < set->list[i].count; j++)
			groups->threads[at++] =
				(struct shown_thread){&set->list[i], &set->list[i].threads[j]};
	for (at = 0; at < all; at += groups->list[groups->count++].count)
		groups->list[groups->count] = (struct stacks_group){
			&groups->threads[at], gather(&groups->threads[at], all - at)};
	qsort(groups->list, groups->count, sizeof *groups->list, compare_groups);
	return 0;
}

static void add_thread(struct text *text, const struct stacks_thread *thread)
{
	text_printf(text, "%d (%s)", (int)thread->tid, thread->name);
}

/* " of rank 3 (process 4711, train, on n2)", " of process 4711 (train)" */
static void add_process(struct text *text, const struct stacks_process *process)
{
	if (process->rank != RANK_UNKNOWN)
		text_printf(text, " of rank %ld (process %d, %s", (long)process->rank,
			(int)process->pid, process->name);
	else
		text_printf(text, " of process %d (%s", (int)process->pid, process->name);
	if (process->host != NULL)
		text_printf(text, ", on %s", process->host);
	text_char(text, ')');
}

/* " of rank 3", " of 4711 on n2": where a group has threads of several processes */
static void add_short(struct text *text, const struct stacks_process *process)
{
	if (process->rank != RANK_UNKNOWN) {
		text_printf(text, " of rank %ld", (long)process->rank);
		return;
	}
	text_printf(text, " of %d", (int)process->pid);
	if (process->host != NULL)
		text_printf(text, " on %s", process->host);
}

/* ", 3 of 5 samples" */
static void add_samples(
	struct text *text, const struct stacks_set *set, const struct stacks_thread *thread)
{
	if (set->samples < 2)
		return;
	if (!thread->moved && thread->samples == set->samples)
		text_printf(text, ", did not move in %u samples", set->samples);
	else
		text_printf(text, ", %u of %u samples", thread->samples, set->samples);
	if (thread->moved && thread->samples == set->samples)
		text_add(text, ", ran in between");
}

void stacks_group_head(
	struct text *text, const struct stacks_set *set, const struct stacks_group *group)
{
	const struct shown_thread *first = &group->threads[0];
	bool is_one = true;

	if (group->count == 1) {
		text_add(text, "thread ");
		add_thread(text, first->thread);
	} else {
		text_printf(text, "%zu threads", group->count);
	}
	for (size_t i = 1; i < group->count; i++)
		is_one = is_one && group->threads[i].process == first->process;
	if (is_one)
		add_process(text, first->process);
	text_printf(text, ", %s", live_state_name(first->thread->state));
	add_samples(text, set, first->thread);
	text_char(text, ':');
	for (size_t i = 0; i < group->count && group->count > 1; i++) {
		text_add(text, i == 0 ? " " : ", ");
		if (i == NAMED_MOST && group->count > NAMED_MOST + 1) {
			text_printf(text, "and %zu more", group->count - i);
			break;
		}
		add_thread(text, group->threads[i].thread);
		if (!is_one)
			add_short(text, group->threads[i].process);
	}
}

void stacks_groups_release(struct stacks_groups *groups)
{
	free(groups->threads);
	free(groups->list);
	*groups = (struct stacks_groups){.count = 0};
}
