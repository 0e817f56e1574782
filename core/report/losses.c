/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/losses.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Every process numbers what it tells from 0, also what it tells of others; an exec begins anew. An
 * event of another that has no number of its teller's is 0 and counts nothing.
 */
struct numbered {
	const char *hostname;
	pid_t pid;
	uint32_t seq, dropped, unsent;
	int64_t time_us;
};

static bool number_of(const struct told *told, struct numbered *ret_numbered)
{
	pid_t pid = told->pid;

	if (told->source == SOURCE_AGENT) {
		const struct event_teller *teller = told->kill != NULL	? &told->kill->teller
						    : told->end != NULL ? &told->end->event.teller
									: NULL;

		if (teller == NULL || teller->pid <= 0 || told->seq == 0)
			return false;
		pid = teller->pid;
	}
	*ret_numbered = (struct numbered){
		.hostname = told->hostname,
		.pid = pid,
		.seq = told->seq,
		.dropped = told->source == SOURCE_WORKER ? told->dropped : 0,
		.unsent = told->source == SOURCE_WORKER ? told->unsent : 0,
		.time_us = told->mono_us > 0 ? told->mono_us : told->time_us,
	};
	return true;
}

static int compare_tellers(const struct numbered *one, const struct numbered *other)
{
	int order = strcmp(one->hostname, other->hostname);

	return order == 0 ? (one->pid > other->pid) - (one->pid < other->pid) : order;
}

static int compare_numbered(const void *a, const void *b)
{
	const struct numbered *one = a, *other = b;
	int order = compare_tellers(one, other);

	if (order == 0)
		order = (one->time_us > other->time_us) - (one->time_us < other->time_us);
	return order == 0 ? (one->seq > other->seq) - (one->seq < other->seq) : order;
}

static int compare_seqs(const void *a, const void *b)
{
	const struct numbered *one = a, *other = b;

	return (one->seq > other->seq) - (one->seq < other->seq);
}

/* Of one teller, between two beginnings: two threads may have told in another order than they
 * counted. */
static size_t missing(struct numbered *events, size_t count)
{
	size_t distinct = 0;

	qsort(events, count, sizeof *events, compare_seqs);
	for (size_t i = 0; i < count; i++)
		distinct += i == 0 || events[i].seq != events[i - 1].seq;
	return (size_t)events[count - 1].seq + 1 - distinct;
}

static bool says_losses_alone(const struct told *told)
{
	return told->end == NULL && strcmp(told->what, EVENT_WHAT_DROPPED) == 0;
}

/* A configuration may ask for failures alone: then what is missing is no loss. */
static bool has_all_states(const struct told *const *order, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (order[i]->source == SOURCE_WORKER && order[i]->state != NODE_FAILED &&
			!says_losses_alone(order[i]))
			return true;
	return false;
}

/* What one teller has counted grows until its program ends. */
static void add_counted(struct job *job, const struct numbered *events, size_t count)
{
	uint32_t dropped = 0, unsent = 0;

	for (size_t i = 0; i < count; i++) {
		dropped = events[i].dropped > dropped ? events[i].dropped : dropped;
		unsent = events[i].unsent > unsent ? events[i].unsent : unsent;
	}
	job->dropped += dropped;
	job->unsent += unsent < dropped ? unsent : dropped;
}

/* `vigil run` does not number what it tells. */
static bool counts_unnumbered(const struct told *told, struct numbered *ret_numbered)
{
	if (told->source != SOURCE_AGENT || told->dropped == 0)
		return false;
	*ret_numbered = (struct numbered){
		.hostname = told->hostname,
		.pid = told->end != NULL ? told->end->event.teller.pid : told->pid,
		.dropped = told->dropped,
		.unsent = told->unsent,
	};
	return true;
}

static void count_unnumbered(struct job *job, const struct told *const *order, size_t count,
	struct numbered *events)
{
	size_t found = 0, from = 0;

	for (size_t i = 0; i < count; i++)
		found += counts_unnumbered(order[i], &events[found]);
	qsort(events, found, sizeof *events, compare_numbered);
	for (size_t i = 1; i <= found; i++) {
		if (i < found && compare_tellers(&events[i], &events[from]) == 0)
			continue;
		add_counted(job, events + from, i - from);
		from = i;
	}
}

int losses_count(struct job *job, const struct told *const *order, size_t count)
{
	struct numbered *events = reallocarray(NULL, count + 1, sizeof *events);
	size_t numbered = 0, from = 0;
	bool all;

	if (events == NULL)
		return -ENOMEM;
	count_unnumbered(job, order, count, events);
	all = has_all_states(order, count);
	for (size_t i = 0; i < count; i++)
		numbered += number_of(order[i], &events[numbered]);
	qsort(events, numbered, sizeof *events, compare_numbered);
	for (size_t i = 1; i <= numbered; i++) {
		if (i < numbered && compare_tellers(&events[i], &events[from]) == 0 &&
			events[i].seq != 0)
			continue;
		add_counted(job, events + from, i - from);
		if (all)
			job->lost += missing(events + from, i - from);
		from = i;
	}
	free(events);
	return 0;
}

size_t losses_take(const struct told **order, size_t count)
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++)
		if (!says_losses_alone(order[i]))
			order[left++] = order[i];
	return left;
}
