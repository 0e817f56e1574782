/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kills.h - the signals that were sent by kill() and its like, as who called it reports, and whose
 * ends they explain.
 *
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/report/job/process.h"

/*
 * Moves what reports a kill() out of ORDER, which is sorted, into JOB. Returns how many of the
 * COUNT are left, or -ENOMEM.
 */
ssize_t kills_take(struct job *job, const struct event_record **order, size_t count);

/* Sets `asked` of the processes of JOB, whose times and parents are set. */
void kills_set(struct job *job);

/* PROCESS was asked to end, and that is why it did. */
bool kills_explain(const struct process *process);

/* PROCESS sent that signal to itself. */
bool kills_itself(const struct process *process);

/* SIGTERM and its like ask a process to end; the fatal ones of its own making do not. */
bool kills_asks_to_end(int number);

/* Whoever waited for PROCESS reports a kill() of its own: without one, somebody else sent the
 * signal. */
bool kills_would_be_recorded(const struct job *job, const struct process *process);

/* So it does, and numbers what it reports, so that nothing can be missing unseen. */
bool kills_are_complete(const struct job *job, const struct process *process);
