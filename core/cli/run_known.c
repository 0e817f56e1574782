/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run_known.h"

#include "core/cli/run_pidfd.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static size_t slot_of(pid_t pid)
{
	return (size_t)pid % KNOWN_SLOTS;
}

struct known *known_find(const struct known_table *table, pid_t pid, uint64_t start_ticks)
{
	struct known *known = table->slots[slot_of(pid)];

	while (known != NULL && (known->pid != pid ||
					(start_ticks != 0 && known->start_ticks != start_ticks)))
		known = known->next;
	return known;
}

static struct known *add(struct known_table *table, pid_t pid, uint64_t start_ticks)
{
	struct known **slot = &table->slots[slot_of(pid)];
	struct known *known = malloc(sizeof *known);

	if (known == NULL)
		return NULL;
	*known = (struct known){ .next = *slot,
		.pid = pid,
		.start_ticks = start_ticks,
		.pidfd = -1,
		.status = STATUS_UNKNOWN };
	table->count++;
	return *slot = known;
}

struct known *known_note(struct known_table *table, const struct told *told)
{
	struct known *known = known_find(table, told->pid, told->start_ticks);

	if (known == NULL)
		known = add(table, told->pid, told->start_ticks);
	if (known == NULL)
		return NULL;
	known->ppid = told->ppid;
	snprintf(known->program, sizeof known->program, "%s", told->program);
	known->launcher = told->launcher;
	known->rank = told->rank;
	known->local_id = told->local_id;
	known->world_size = told->world_size;
	known->attempt = told->attempt;
	known->leader = told->leader;
	return known;
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
