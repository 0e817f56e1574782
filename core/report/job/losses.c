/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/steps.h"

#include "core/base/order.h"

#include <errno.h>
#include <stdlib.h>

/* An event and its reporter's number for it. Every process numbers the events that it reports from
 * 0, including those about other processes; after an exec the numbers begin at 0 again. An event
 * about another process that has no number has 0, and is left out. */
struct numbered {
	const char *hostname;
	pid_t pid; /* the reporter's */
	uint32_t seq, dropped, unsent;
	int64_t time_us;
};

static bool number_of(const struct event_record *record, struct numbered *ret_numbered)
{
	pid_t pid = record->pid;

	if (record->source == SOURCE_AGENT) {
		const struct event_reporter *reporter =
			record->kill != NULL  ? &record->kill->reporter
			: record->end != NULL ? &record->end->event.reporter
					      : NULL;

		if (reporter == NULL || reporter->pid <= 0 || record->seq == 0)
			return false;
		pid = reporter->pid;
	}
	*ret_numbered = (struct numbered){
		.hostname = record->hostname,
		.pid = pid,
		.seq = record->seq,
		.dropped = record->source == SOURCE_WORKER ? record->dropped : 0,
		.unsent = record->source == SOURCE_WORKER ? record->unsent : 0,
		.time_us = record->mono_us > 0 ? record->mono_us : record->time_us,
	};
	return true;
}

static int compare_reporters(const struct numbered *one, const struct numbered *other)
{
	return strcmp(one->hostname, other->hostname) ?: COMPARE(one->pid, other->pid);
}

static int compare_numbered(const void *a, const void *b)
{
	const struct numbered *one = a, *other = b;

	return compare_reporters(one, other)
		       ?: COMPARE(one->time_us, other->time_us)
		       ?: COMPARE(one->seq, other->seq);
}

static int compare_seqs(const void *a, const void *b)
{
	const struct numbered *one = a, *other = b;

	return COMPARE(one->seq, other->seq);
}

/* How many numbers are missing among EVENTS, which are of one reporter between two execs. Sorted by
 * number, not by time: two threads may write in another order than they numbered. */
static size_t missing(struct numbered *events, size_t count)
{
	size_t distinct = 0;

	qsort(events, count, sizeof *events, compare_seqs);
	for (size_t i = 0; i < count; i++)
		distinct += i == 0 || events[i].seq != events[i - 1].seq;
	return (size_t)events[count - 1].seq + 1 - distinct;
}

static bool reports_losses_alone(const struct event_record *record)
{
	return record->end == NULL && strcmp(record->what, EVENT_WHAT_DROPPED) == 0;
}

/* Events of other states than FAILED are there. Where a configuration records failures alone,
 * missing numbers are no loss. */
static bool has_all_states(const struct event_record *const *order, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (order[i]->source == SOURCE_WORKER && order[i]->state != NODE_FAILED &&
			!reports_losses_alone(order[i]))
			return true;
	return false;
}

/* EVENTS are of one reporter, whose counts grow until its program ends. */
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

/* `vigil run` does not number its events. */
static bool counts_unnumbered(const struct event_record *record, struct numbered *ret_numbered)
{
	if (record->source != SOURCE_AGENT || record->dropped == 0)
		return false;
	*ret_numbered = (struct numbered){
		.hostname = record->hostname,
		.pid = record->end != NULL ? record->end->event.reporter.pid : record->pid,
		.dropped = record->dropped,
		.unsent = record->unsent,
	};
	return true;
}

/* Adds what the reporters of EVENTS counted, and where COUNT_LOST, how many of their numbers are
 * missing. NUMBERED: a reporter's count begins anew at each event 0. */
static void add_reporters(
	struct job *job, struct numbered *events, size_t count, bool numbered, bool count_lost)
{
	size_t from = 0;

	qsort(events, count, sizeof *events, compare_numbered);
	for (size_t i = 1; i <= count; i++) {
		if (i < count && compare_reporters(&events[i], &events[from]) == 0 &&
			(!numbered || events[i].seq != 0))
			continue;
		add_counted(job, events + from, i - from);
		if (count_lost)
			job->lost += missing(events + from, i - from);
		from = i;
	}
}

int losses_count(struct job *job, const struct event_record *const *order, size_t count)
{
	struct numbered *events = reallocarray(NULL, count + 1, sizeof *events);
	size_t unnumbered = 0, numbered = 0;

	if (events == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		unnumbered += counts_unnumbered(order[i], &events[unnumbered]);
	add_reporters(job, events, unnumbered, false, false);
	for (size_t i = 0; i < count; i++)
		numbered += number_of(order[i], &events[numbered]);
	add_reporters(job, events, numbered, true, has_all_states(order, count));
	free(events);
	return 0;
}

size_t losses_take(const struct event_record **order, size_t count)
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++)
		if (!reports_losses_alone(order[i]))
			order[left++] = order[i];
	return left;
}
