/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collective_group.h - a process group, with the calls that dumps have of its ranks.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/dump_fit.h"

/* A rank of a group. */
struct group_member {
	int64_t rank;
	const struct fitting_dump *dump; /* NULL: none */
	const struct dump_call *last;  /* the last collective that it called; NULL: none is known */
	const struct dump_call *waits; /* the first that it waits in; NULL: in none */
	const struct dump_call *at;    /* the one with the number of which the group is said to
					  wait; NULL: it is not there */
};

/* A call, and whose it is. */
struct group_call {
	const struct dump_call *call;
	const struct fitting_dump *dump;
};

/* A group with all calls that the dumps have of it. */
struct collective_group {
	const char *name;	      /* "0" */
	struct group_member *members; /* by rank */
	size_t member_count;
	struct group_call *calls; /* by number, rank, and as they were recorded */
	size_t call_count;
};
