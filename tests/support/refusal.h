/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refusal.h - runs tests/shim/victims/refused.c, bare or watched, under rules that refuse it system
 * calls, and keeps what it showed and what it left behind.
 *
 * For processes of a pid namespace of their own, each of which runs one victim at a time. What goes
 * wrong here aborts. Threads: one.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "tests/shim/victims/refused.h"

#define REFUSAL_RULES_SIZE 512
#define REFUSAL_OUT_SIZE 512
#define REFUSAL_INPUT "the program's input"

/* A case: how it ends, and its rules, one line. */
struct refusal {
	const char *end;
	char rules[REFUSAL_RULES_SIZE];
	bool raises_nothing; /* no call that the rules allow raises a signal */
	bool logs;	     /* to a log server besides, which is not there */
};

struct refusal_outcome {
	int status;
	bool lost; /* killed by us: it did not end */
	double seconds;
	char out[REFUSAL_OUT_SIZE], in[sizeof REFUSAL_INPUT];
	off_t in_at, out_at;
	struct refused_page page;
	bool record, left;   /* an end was written; a process was left behind */
	bool raises_nothing; /* as the case has it, and the filter was not seen to come */
};

/* Prepare this process, the NUMBER-th, for victims; and clean up behind them. */
void refusal_begin(int number);
void refusal_end(void);

/* Run it for at most LIMIT seconds. WAY: who sets the filter, as the victim has it. */
void refusal_run(const struct refusal *refusal, bool watched, const char *way, double limit,
	struct refusal_outcome *ret_outcome);

/* What a watched program showed that it does not bare, or that it came more than LATE_S seconds
 * later; NULL: nothing. In static storage. */
const char *refusal_difference(
	const struct refusal_outcome *bare, const struct refusal_outcome *watched, double late_s);
