/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/stacks/stacks_set.h"

#include "core/base/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_same_text(const char *one, const char *other)
{
	return one == other || (one != NULL && other != NULL && strcmp(one, other) == 0);
}

/* A file with a build-id is the same wherever it lies: in a container its path is another one. */
static bool is_same_module(const struct frame_module *one, const struct frame_module *other)
{
	if (one->build_id_size != other->build_id_size)
		return false;
	if (one->build_id_size == 0)
		return strcmp(one->path, other->path) == 0;
	return memcmp(one->build_id, other->build_id, one->build_id_size) == 0;
}

/* Processes have the same module at different addresses. */
static bool is_same_address(const struct frame *one, const struct frame *other)
{
	if (one->module == NULL || other->module == NULL)
		return one->module == other->module && one->pc == other->pc;
	return one->offset == other->offset && is_same_module(one->module, other->module);
}

static bool is_same_place(const struct frame *one, const struct frame *other)
{
	if (one->function == NULL || one->file == NULL || one->line == 0)
		return is_same_text(one->function, other->function) && is_same_address(one, other);
	return is_same_text(one->function, other->function) && one->line == other->line &&
	       is_same_text(one->file, other->file);
}

bool stacks_are_same(const struct lines_stack *one, const struct lines_stack *other)
{
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++)
		if (!is_same_place(&one->frames[i], &other->frames[i]))
			return false;
	return true;
}

static bool is_at(const struct stacks_thread *entry, const struct live_thread *thread)
{
	struct lines_stack stack = {thread->frames, thread->count, NULL};

	return entry->tid == thread->tid && entry->state == thread->state &&
	       is_same_text(entry->error, thread->error) &&
	       is_same_text(entry->stop, thread->stop) && stacks_are_same(&entry->stack, &stack);
}

/* Adds THREAD, as a sample has it, to PROCESS. Returns 0 or -ENOMEM. */
static int add_thread(
	struct stacks_set *set, struct stacks_process *process, const struct live_thread *thread)
{
	struct stacks_thread *same = NULL;
	bool moved = false;

	for (size_t i = 0; i < process->count; i++) {
		struct stacks_thread *entry = &process->threads[i];

		if (entry->tid != thread->tid)
			continue;
		moved |= entry->moved || entry->seen != thread->seen;
		if (is_at(entry, thread))
			same = entry;
	}
	if (same == NULL) {
		if (!grow(&process->threads, &process->room, process->count,
			    sizeof *process->threads))
			return -ENOMEM;
		same = &process->threads[process->count++];
		*same = (struct stacks_thread){
			.tid = thread->tid,
			.name = arena_strdup(&set->reading.arena, thread->name),
			.state = thread->state,
			.stack = {thread->frames, thread->count, NULL},
			.truncated = thread->truncated,
			.stop = thread->stop,
			.error = thread->error,
		};
		if (same->name == NULL)
			return -ENOMEM;
	}
	same->samples++;
	for (size_t i = 0; i < process->count; i++)
		if (process->threads[i].tid == thread->tid) {
			process->threads[i].seen = thread->seen;
			process->threads[i].moved = moved;
		}
	return 0;
}

/* Adds LIVE, as a sample has it, to PROCESS. What an earlier sample has stays if LIVE is refused,
 * as it has ended meanwhile. Returns 0 or -ENOMEM. */
static int add_process(
	struct stacks_set *set, struct stacks_process *process, const struct live_process *live)
{
	int error = 0;

	if (process->count > 0 && live->refusal[0] != '\0')
		return 0;
	process->name = arena_strdup(&set->reading.arena, live->name);
	process->refusal = arena_strdup(&set->reading.arena, live->refusal);
	process->left_out = live->left_out;
	process->calls = live->calls;
	if (process->name == NULL || process->refusal == NULL)
		return -ENOMEM;
	for (size_t i = 0; error == 0 && live->refusal[0] == '\0' && i < live->count; i++)
		error = add_thread(set, process, &live->threads[i]);
	return error;
}

int stacks_set_sample(struct stacks_set *set, const struct stacks_targets *targets)
{
	struct live_process live;
	int error = 0;

	for (size_t i = 0; i < targets->count && error == 0; i++) {
		const struct stacks_target *target = &targets->list[i];

		if (set->samples == 0) {
			if (!grow(&set->list, &set->room, set->count, sizeof *set->list))
				return -ENOMEM;
			set->list[set->count++] =
				(struct stacks_process){.pid = target->pid, .rank = target->rank};
		}
		error = live_process_read(&live, target->pid, &set->reading.arena);
		if (error == 0)
			error = add_process(set, &set->list[i], &live);
	}
	set->samples++;
	return error;
}

size_t stacks_set_count(const struct stacks_set *set)
{
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++)
		count += set->list[i].count;
	return count;
}

/* The entries are of one thread at one place. Where in its innermost function a thread runs at a
 * moment is chance. */
static bool is_one_place(const struct stacks_thread *one, const struct stacks_thread *other)
{
	struct lines_stack a = one->stack, b = other->stack;

	if (one->tid != other->tid || one->state != other->state ||
		!is_same_text(one->error, other->error) || !is_same_text(one->stop, other->stop))
		return false;
	if (one->state == LIVE_RUNNING && a.count > 1 && b.count > 1 &&
		a.frames[0].function != NULL &&
		is_same_text(a.frames[0].function, b.frames[0].function)) {
		a = (struct lines_stack){a.frames + 1, a.count - 1, NULL};
		b = (struct lines_stack){b.frames + 1, b.count - 1, NULL};
	}
	return stacks_are_same(&a, &b);
}

/* Makes one of the entries of PROCESS that turn out to be of one place, now that lines are known.
 */
static void join_entries(struct stacks_process *process)
{
	size_t kept = 0;

	for (size_t i = 0; i < process->count; i++) {
		size_t same = 0;

		while (same < kept && !is_one_place(&process->threads[same], &process->threads[i]))
			same++;
		if (same < kept)
			process->threads[same].samples += process->threads[i].samples;
		else
			process->threads[kept++] = process->threads[i];
	}
	process->count = kept;
}

int stacks_set_lines(struct stacks_set *set, const struct report_request *request)
{
	size_t count = stacks_set_count(set), at = 0;
	struct lines_stack *stacks = calloc(count + 1, sizeof *stacks);
	int error;

	if (stacks == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < set->count; i++)
		for (size_t j = 0; j < set->list[i].count; j++)
			stacks[at++] = set->list[i].threads[j].stack;
	error = lines_add_stacks(&set->reading, stacks, count, request);
	at = 0;
	for (size_t i = 0; i < set->count && error == 0; i++)
		for (size_t j = 0; j < set->list[i].count; j++)
			set->list[i].threads[j].stack = stacks[at++];
	for (size_t i = 0; i < set->count && error == 0 && set->samples > 1; i++)
		join_entries(&set->list[i]);
	free(stacks);
	return error;
}

void stacks_set_release(struct stacks_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		free(set->list[i].threads);
	free(set->list);
	reading_release(&set->reading);
	*set = (struct stacks_set){.count = 0};
}
