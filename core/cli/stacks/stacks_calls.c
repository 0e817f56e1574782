/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/stacks/stacks_calls.h"

#include "core/report/render/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAMED_MOST 6 /* processes that are behind and are named */

/* The processes that count calls, and which target each is. */
struct counted {
	struct call_counts *calls;
	size_t *targets;
	size_t count;
};

static void gather(struct counted *counted, const struct stacks_set *set, bool ranks)
{
	counted->count = 0;
	for (size_t i = 0; i < set->count; i++) {
		bool is_rank = set->list[i].rank != RANK_UNKNOWN;

		if (set->list[i].calls.count == 0 || is_rank != ranks)
			continue;
		counted->targets[counted->count] = i;
		counted->calls[counted->count++] = set->list[i].calls;
	}
}

static void add_process(struct text *line, const struct stacks_process *process)
{
	if (process->rank != RANK_UNKNOWN)
		text_printf(line, "rank %ld", (long)process->rank);
	else
		text_printf(line, "process %d (%s)", (int)process->pid, process->name);
}

/* "rank 17 made 4,320 calls of MPI_Allreduce on MPI_COMM_WORLD, the others 4,321" */
static void print_lag(
	struct page *page, const struct counted *counted, const struct stacks_set *set)
{
	struct call_lag lag;
	size_t named = 0;

	if (!call_counts_compare(counted->calls, counted->count, &lag))
		return;
	for (size_t i = 0; i < counted->count; i++) {
		uint64_t own = call_counts_of(&counted->calls[i], &lag);
		size_t target = counted->targets[i];
		struct text *line;

		if (own == lag.most || named++ == NAMED_MOST)
			continue;
		line = page_begin_line(page);
		add_process(line, &set->list[target]);
		text_char(line, ' ');
		call_counts_lag(line, &lag, own);
		if (!lag.sure)
			text_add(line, " (if it is the same communicator)");
		page_end_paragraph(page, STYLE_HEAD, 4);
	}
}

static bool is_same(const struct call_count *one, const struct call_count *other)
{
	return one->communicator == other->communicator && strcmp(one->name, other->name) == 0 &&
	       (one->communicator != CALL_OTHER || one->handle == other->handle);
}

/* "    MPI_Allreduce on MPI_COMM_WORLD: 4,320 to 4,321 calls", of CALL, which process FIRST has
 * and none before it. */
static void print_call(struct page *page, const struct counted *counted, size_t first,
	const struct call_count *call)
{
	uint64_t least = first == 0 ? call->count : 0, most = call->count;
	struct text *line;

	for (size_t i = first + 1; i < counted->count; i++) {
		const struct call_counts *calls = &counted->calls[i];
		uint64_t own = 0;

		for (size_t j = 0; j < calls->count; j++)
			if (is_same(&calls->list[j], call))
				own = calls->list[j].count;
		least = own < least ? own : least;
		most = own > most ? own : most;
	}
	line = page_begin_line(page);
	text_add(line, "    ");
	call_counts_what(line, call);
	text_add(line, ": ");
	if (least != most) {
		call_counts_number(line, least);
		text_add(line, " to ");
	}
	call_counts_number(line, most);
	text_printf(line, " call%s", most == 1 ? "" : "s");
	page_end_line(page, STYLE_PLAIN);
}

static bool is_known(const struct counted *counted, size_t first, const struct call_count *call)
{
	for (size_t i = 0; i < first; i++)
		for (size_t j = 0; j < counted->calls[i].count; j++)
			if (is_same(&counted->calls[i].list[j], call))
				return true;
	return false;
}

/* The calls of all processes of COUNTED; handles of communicators only of a single one, as others
 * have other handles. */
static void print_calls(struct page *page, const struct counted *counted)
{
	for (size_t i = 0; i < counted->count; i++)
		for (size_t j = 0; j < counted->calls[i].count; j++) {
			const struct call_count *call = &counted->calls[i].list[j];

			if ((call->communicator != CALL_OTHER || counted->count == 1) &&
				!is_known(counted, i, call))
				print_call(page, counted, i, call);
		}
}

static void print(struct page *page, struct counted *counted, const struct stacks_set *set)
{
	struct text *line;

	for (int ranks = 1; ranks >= 0; ranks--) {
		gather(counted, set, ranks != 0);
		if (counted->count == 0)
			continue;
		if (ranks)
			print_lag(page, counted, set);
		line = page_begin_line(page);
		text_add(line, "calls made by ");
		if (counted->count == 1)
			add_process(line, &set->list[counted->targets[0]]);
		else
			text_printf(line, "%zu %s", counted->count, ranks ? "ranks" : "processes");
		text_char(line, ':');
		page_end_line(page, STYLE_HEAD);
		print_calls(page, counted);
	}
}

int stacks_calls_print(FILE *to, const struct stacks_set *set)
{
	struct counted counted = {
		.calls = calloc(set->count + 1, sizeof *counted.calls),
		.targets = calloc(set->count + 1, sizeof *counted.targets),
	};
	struct page *page = calloc(1, sizeof *page);
	bool ready = counted.calls != NULL && counted.targets != NULL && page != NULL;

	if (ready) {
		page->to = to;
		page->color = paint_wanted(to);
		page->columns = paint_columns(to);
		print(page, &counted, set);
	}
	free(counted.calls);
	free(counted.targets);
	free(page);
	return ready ? 0 : -ENOMEM;
}
