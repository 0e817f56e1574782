/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_known.h"

#include "core/cli/run/run_pidfd.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t slot_of(pid_t pid)
{
	return (size_t)pid % KNOWN_SLOTS;
}

struct known *known_find(const struct known_table *table, pid_t pid, uint64_t start_ticks)
{
	struct known *known = table->slots[slot_of(pid)];

	while (known != NULL &&
		(known->pid != pid || (start_ticks != 0 && known->start_ticks != start_ticks)))
		known = known->next;
	return known;
}

static struct known *add(struct known_table *table, pid_t pid, uint64_t start_ticks)
{
	struct known **slot = &table->slots[slot_of(pid)];
	struct known *known = malloc(sizeof *known);

	if (known == NULL)
		return NULL;
	*known = (struct known){.next = *slot,
		.pid = pid,
		.start_ticks = start_ticks,
		.pidfd = -1,
		.status = STATUS_UNKNOWN,
		.user = UID_UNKNOWN};
	table->count++;
	return *slot = known;
}

/* CHILD is a rank, as far as is known the one nearest to its launcher. */
static void note_starter(const struct known_table *table, const struct known *child)
{
	struct known *parent = known_find(table, child->ppid, 0);

	if (parent != NULL && child->rank != RANK_UNKNOWN)
		parent->has_started_ranks = true;
}

struct known *known_note(struct known_table *table, const struct event_record *record)
{
	struct known *known = known_find(table, record->pid, record->start_ticks);

	if (known == NULL)
		known = add(table, record->pid, record->start_ticks);
	if (known == NULL)
		return NULL;
	known->ppid = record->ppid;
	snprintf(known->program, sizeof known->program, "%s", record->program);
	known->launcher = record->launcher;
	known->rank = record->rank;
	known->local_id = record->local_id;
	known->world_size = record->world_size;
	known->attempt = record->attempt;
	known->leader = record->leader;
	note_starter(table, known);
	return known;
}

static bool is_killed(int status)
{
	return status == STATUS_UNKNOWN || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

void known_look_for_oom(struct known *known)
{
	if (known->oom.cgroup == NULL && is_killed(known->status))
		known->oom = oom_look(known->cgroup);
	if (known->oom_killed || known->oom.kills_after <= known->oom.kills_before ||
		known->status == STATUS_UNKNOWN || !is_killed(known->status))
		return;
	known->oom_killed = true;
	oom_taken(known->cgroup);
}

static bool is_ending(pid_t pid)
{
	struct process_stat stat;

	return process_stat(pid, &stat) == 0 && stat.is_ending;
}

void known_expect(struct known_table *table)
{
	for (size_t i = 0; i < KNOWN_SLOTS; i++)
		for (struct known *known = table->slots[i]; known != NULL; known = known->next)
			known->expected = known->rank != RANK_UNKNOWN || known->has_started_ranks ||
					  is_ending(known->pid);
}

bool known_expects(const struct known_table *table)
{
	for (size_t i = 0; i < KNOWN_SLOTS; i++)
		for (struct known *known = table->slots[i]; known != NULL; known = known->next)
			if (known->expected && known->state == KNOWN_WATCHED)
				return true;
	return false;
}

void known_remove(struct known_table *table, struct known *known)
{
	struct known **at = &table->slots[slot_of(known->pid)];

	while (*at != known)
		at = &(*at)->next;
	*at = known->next;
	table->count--;
	if (known->pidfd >= 0)
		close(known->pidfd);
	free(known);
}

void known_each(
	struct known_table *table, void (*visit)(void *context, struct known *known), void *context)
{
	for (size_t i = 0; i < KNOWN_SLOTS; i++)
		for (struct known *known = table->slots[i], *next; known != NULL; known = next) {
			next = known->next;
			visit(context, known);
		}
}
