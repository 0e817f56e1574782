/* SPDX-License-Identifier: Apache-2.0 */
/*
 * victim.h - a victim is a table of acts, one behaviour each, chosen by the first argument.
 *
 * What a victim prints is the same in every run, so that its output under watch compares with its
 * output without.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct act {
	const char *name;
	int (*play)(int count,
		char **arguments); /* those behind the act's name; what it returns, main returns */
};

/* The N-th argument as a number; 0 when it is not there. */
static inline int number_at(int count, char **arguments, int n)
{
	return n < count ? atoi(arguments[n]) : 0;
}

static inline int play(const struct act *acts, int argc, char **argv)
{
	for (; argc > 1 && acts->name; acts++)
		if (!strcmp(acts->name, argv[1]))
			return acts->play(argc - 2, argv + 2);
	fprintf(stderr, "no such act: %s\n", argc > 1 ? argv[1] : "");
	return 99;
}
