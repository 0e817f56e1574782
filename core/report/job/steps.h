/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps.h - the steps by which job_make() makes a job, in their order; kills.h has one more.
 *
 * ORDER is an array of COUNT events. Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/report/job/process.h"

/* Counts into JOB the events of the run that are missing in ORDER, and those that the reporters
 * could not write or send. Returns 0 or -ENOMEM. */
int losses_count(struct job *job, const struct event_record *const *order, size_t count);

/* Takes the events that report nothing but losses out of ORDER. Returns how many are left. */
size_t losses_take(const struct event_record **order, size_t count);

/* Sets clock, began_us, first_us, last_us and ended_us of every process of JOB from its events,
 * with the times of all hosts on one clock. Returns 0 or -ENOMEM. */
int clocks_set(struct job *job);

/* Sets parent, child, sibling and is_rank of every process of JOB, and the ranks that follow from
 * what it started. */
void family_set(struct job *job);

/* RECORD has no rank, but its number on its node, and which node that is: nodes_number() may find
 * the rank. */
bool nodes_may_number(const struct event_record *record);

/* Gives the processes of JOB that know only their number on their node the rank that follows from
 * the others: by how many ranks a node has, and of the first rank of a node by those that it
 * started. The parents and children of all processes are set. */
void nodes_number(struct job *job);
