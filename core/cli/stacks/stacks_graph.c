/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/stacks/stacks_graph.h"

#include "core/base/order.h"
#include "core/report/render/render.h"
#include "core/report/verdict/verdict.h"

#include <errno.h>
#include <stdlib.h>

#define SIZE_AT_FIRST ((size_t)1024 * 1024)

/* A thread as the report knows it, whose tree is that of processes that have ended. */
struct ended {
	struct rank_result result;
	struct process process;
	struct event_record record;
	struct termination termination;
};

static int compare_ranks(const void *a, const void *b)
{
	const struct rank_result *one = a, *other = b;

	return COMPARE(one->rank, other->rank);
}

static void set_ended(struct ended *ended, const struct stacks_process *process,
	const struct stacks_thread *thread)
{
	int64_t number = process->rank != RANK_UNKNOWN ? process->rank : process->pid;

	ended->termination.event = (struct event){
		.cause = CAUSE_TERMINATED,
		.frames = thread->stack.frames,
		.frame_count = thread->stack.count,
		.truncated = thread->truncated,
		.stop = thread->stop,
	};
	ended->termination.notes = thread->stack.notes;
	ended->record.end = &ended->termination;
	ended->process =
		(struct process){.pid = thread->tid, .rank = number, .termination = &ended->record};
	ended->result = (struct rank_result){
		.rank = number, .process = &ended->process, .ended = &ended->process};
}

static int print(FILE *to, const struct report *report)
{
	for (size_t size = SIZE_AT_FIRST;; size *= 2) {
		char *buffer = malloc(size);
		struct text text;

		if (buffer == NULL)
			return -ENOMEM;
		text_init(&text, buffer, size);
		render_dot(report, &text);
		if (!text.truncated)
			fwrite(text.data, 1, text.length, to);
		free(buffer);
		if (!text.truncated)
			return 0;
	}
}

/* Merges the stacks of ATTEMPT, and writes their tree. Returns 0 or -ENOMEM. */
static int merge(FILE *to, struct attempt *attempt)
{
	struct report report = {.attempts = attempt, .attempt_count = 1};
	int error;

	qsort(attempt->results, attempt->count, sizeof *attempt->results, compare_ranks);
	error = stacks_set(&report, attempt);
	if (error == 0)
		error = print(to, &report);
	arena_release(&report.reading.arena);
	return error;
}

int stacks_graph_print(FILE *to, const struct stacks_set *set)
{
	size_t all = stacks_set_count(set);
	struct attempt attempt = {.results = calloc(all + 1, sizeof *attempt.results)};
	struct ended *ended = calloc(all + 1, sizeof *ended);
	int error = -ENOMEM;

	if (ended != NULL && attempt.results != NULL) {
		for (size_t i = 0; i < set->count; i++)
			for (size_t j = 0; j < set->list[i].count; j++, attempt.count++) {
				set_ended(&ended[attempt.count], &set->list[i],
					&set->list[i].threads[j]);
				attempt.results[attempt.count] = ended[attempt.count].result;
			}
		error = merge(to, &attempt);
	}
	free(ended);
	free(attempt.results);
	return error;
}
