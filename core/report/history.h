/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history.h - what failed in several runs: which failure came again, and on which hosts more often
 * than chance would have it.
 *
 * Two failures are the same where program, function and reason are, but for numbers. Of a host it
 * is counted in how many runs a process on it failed first. By chance, each host of a failed run
 * would have been that one with the same probability, 1 of its hosts; so the count is a sum of
 * independent events with known probabilities (a Poisson binomial distribution; binomial where all
 * runs have equally many hosts), and the probability of as many or more is computed exactly, and
 * multiplied by the number of hosts that were tested (Bonferroni). Signal-safe: no. Threads: a
 * history belongs to one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Below it a host is named as one that fails more than by chance. */
#define HISTORY_P_MOST 0.05

struct history;

/* Make an empty history, which the CALLER OWNS; NULL: no memory. */
struct history *history_new(void);

/* COMPLAINT is why something at a path is no part of the history. */
typedef void history_left_out(const char *complaint);

/* Add the runs at PATH: a run directory or a file of events, or else the run directories in it,
 * each with its newest run; those that are there already, by whatever path, are not added again.
 * What is not readable, or no run, LEFT_OUT is called for. Returns how many runs were added, or
 * -errno where there is none. */
int history_add(struct history *history, const char *path, history_left_out *left_out);

/* Write HISTORY for people, or as JSON of schema vigil.history/1, a line. Returns 0, -ENOMEM, or
 * -EIO where TO did not take it all. */
int history_print(struct history *history, bool as_json, FILE *to);

/* The probability that of COUNT independent events with the PROBABILITIES, LEAST or more happen, in
 * ROOM for COUNT + 1 numbers. */
double history_tail(const double *probabilities, size_t count, size_t least, double *room);

/* Release HISTORY and what it holds; NULL is allowed. */
void history_free(struct history *history);
