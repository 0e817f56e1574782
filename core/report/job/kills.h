/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kills.h - kill requests: the signals that were sent by kill() and its like, as the sender
 * reported them, and whose terminations they explain.
 *
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/report/job/process.h"

/* Takes the events that report a kill() out of ORDER, which is sorted, into JOB. Returns how many
 * of the COUNT are left, or -ENOMEM. */
ssize_t kills_take(struct job *job, const struct event_record **order, size_t count);

/* Sets the kill requests of the processes of JOB, whose times and parents are set. */
void kills_set(struct job *job);

/* The signal NUMBER is sent to end a process, as SIGTERM is; a fault's signal is not. */
bool signal_requests_end(int number);

/* The process of EVENT, a termination, exited with a status that stands for a signal which
 * requested it to end (128 + SIGTERM), as a program does that cleans up first. */
bool event_obeyed(const struct event *event);

/* PROCESS has a kill request, and terminated because of it. */
bool kill_explains(const struct process *process);

/* PROCESS sent its kill request to itself. */
bool kill_is_own(const struct process *process);

/* The waiter of PROCESS reports every kill() that it calls: where it reported none to PROCESS,
 * somebody else sent the signal. */
bool kills_would_be_recorded(const struct job *job, const struct process *process);

/* As kills_would_be_recorded(), and by the numbers of its waiter's events none is missing. */
bool kills_are_complete(const struct job *job, const struct process *process);
