/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dump_set.h - what the dumps of a run say: the collectives that each rank called, by PyTorch's
 * Flight Recorder, and how many of each kind, by NCCL's RAS.
 *
 * Plain data; every pointer lives as long as the set. Signal-safe: no. Threads: a set belongs to
 * one.
 */
#pragma once

#include "core/eventfile/intern.h"
#include "core/report/dumps/dump_value.h"

/* A process group, as one rank knows it. */
struct dump_group {
	const char *name;	 /* "0", never NULL */
	const char *description; /* "default_pg"; "" where there is none */
	int64_t *ranks;		 /* sorted; of the job */
	size_t count;		 /* 0: not known */
};

/* A call of a rank in a group. */
struct dump_call {
	const char *group;	     /* the name of the group, never NULL */
	const char *description;     /* of the group; "" where there is none */
	const char *name;	     /* "all_reduce", without the backend's "nccl:" */
	const char *function, *file; /* of the program's, that called it; NULL: not known */
	int64_t line;
	int64_t sequence; /* its number in the group: of collectives, or of calls to one peer */
	int64_t elements; /* of its input; -1: not known */
	const char *type; /* of its first input, "Float"; NULL: not known */
	bool is_p2p;	  /* to or from one peer, and no collective */
	/* Its rank waits in it: it is not complete, and no later one of its kind in the group is.
	 * PyTorch never completes those that a coalesced one consists of. */
	bool waits;
};

/* The Flight Recorder's dump of one rank. */
struct rank_dump {
	const char *path;
	int64_t rank;
	int64_t first_us,
		last_us;    /* when its first call and its last one were recorded; 0: none was */
	int64_t written_us; /* when the file was */
	bool is_whole;	    /* no call is missing: none was overwritten or left out */
	struct dump_group *groups;
	size_t group_count;
	struct dump_call *calls; /* in the order in which they were recorded */
	size_t call_count;

	/* Of the verdict: the dump is of an attempt of the run, or why it is of none. */
	bool is_used;
	const char *refused;
};

/* A rank of a communicator. */
struct ras_rank {
	int64_t number;	    /* in the communicator */
	int64_t pid;	    /* -1: not known */
	int64_t total;	    /* how many collectives it called; -1: RAS had no answer of it */
	bool is_dead;	    /* RAS takes it for dead */
	const char *counts; /* "AllReduce 12, Broadcast 3"; "" where it called none */
};

/* A communicator of NCCL's, by its RAS. */
struct ras_communicator {
	const char *hash;
	int64_t size;
	struct ras_rank *ranks;
	size_t count;
	bool is_used; /* as a dump's */
};

struct dump_set {
	struct arena arena;
	struct intern strings;	 /* of the arena */
	struct rank_dump *dumps; /* by rank and then by path; malloc'ed */
	size_t count, room;
	struct ras_communicator *communicators; /* malloc'ed */
	size_t communicator_count, communicator_room;
};

/* STRING in SET's memory; NULL where STRING is NULL, or there is no memory. */
const char *dump_set_text(struct dump_set *set, const char *string);

/* Release what SET holds; SET is all zero again. */
void dump_set_release(struct dump_set *set);
