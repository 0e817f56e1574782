/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cases.h - a table of commands, each run bare and watched, as cmocka's tests.
 */
#pragma once

#include "tests/support/run.h"

/*
 * A life is all of a process's events in short; patterns are fnmatch()'s, "@(one|other)" among
 * them.
 */
#define LIVED(end) "INIT, RUNNING, " end

/*
 * A life of which nothing is said but that it ended once: for tools whose way out is their own
 * business.
 */
#define ANY_LIFE "*"

struct run_case {
	const char *sentence; /* the test's name */
	const char *argv[10];
	const char *life;	/* NULL: nothing at all may be reported */
	const char *others[10]; /* of the other processes; "*" alone: any number, any lives */
	const char *helpers;	/* of others that the program may have for itself, any number */
	bool outcome_only;	/* the host's half alone: what is reported is not looked at */
	size_t unended;		/* how many processes cannot report their end */
	const char *masks[6];	/* what differs by run in the outputs: regular expressions */
	struct run_how how;
	const char *needs;			 /* a program without which the case is skipped */
	void (*also)(const struct run *watched); /* more to assert */
};

#define run_cases(group, cases) run_cases_((group), (cases), sizeof(cases) / sizeof *(cases))

/*
 * Run them all, or those whose sentence the environment's VIGIL_TEST (with '*' and '?') matches.
 * Returns the number that failed.
 */
int run_cases_(const char *group, const struct run_case *cases, size_t count);

/* One of them, for use inside a test. */
void run_case(const struct run_case *one);
