/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_known.h - the processes that have begun and whose end nobody has reported so far.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/base/clock.h"
#include "core/cli/run/run_oom.h"
#include "core/cli/run/run_shut_out.h"
#include "core/eventfile/event_record.h"

enum known_state {
	KNOWN_NEW,     /* its INIT was read, and nothing more is known */
	KNOWN_WATCHED, /* its pidfd will say */
	KNOWN_UNSEEN,  /* there was no descriptor left for it */
	KNOWN_LOST,    /* no process has its number: it has ended, or its number is that of another
			  pid namespace */
	KNOWN_DEAD,    /* it has ended; who waits for it has not yet done so */
	KNOWN_GONE,    /* nobody will see it any more */
};

struct known {
	struct known *next; /* of the table's */
	pid_t pid, ppid;
	uint64_t start_ticks;
	enum known_state state;
	int pidfd; /* -1: none; closed by known_remove() */

	/* What its INIT said, the last one. */
	char program[64];
	enum launcher launcher;
	int64_t rank, local_id, world_size, attempt;
	bool leader;
	bool has_started_ranks; /* one at least, as far as is known */
	bool expected;		/* is about to end */

	struct oom_cgroup *cgroup; /* NULL: unknown */

	/* KNOWN_DEAD, KNOWN_GONE */
	struct instant ended;
	int status; /* as of wait(2), or STATUS_UNKNOWN */
	struct event_oom oom;
	bool oom_killed;
	uid_t user;	     /* as whom it ran at its end, UID_UNKNOWN if that was not seen */
	int64_t patience_us; /* KNOWN_GONE: until then (mono_us) somebody else may report it */
};

#define KNOWN_SLOTS 4096

/* All zero at the start. */
struct known_table {
	struct known *slots[KNOWN_SLOTS];
	size_t count;
};

/* The process PID that began at START_TICKS (0: the latest one of that number), or NULL. */
struct known *known_find(const struct known_table *table, pid_t pid, uint64_t start_ticks);

/* The same, made if it is not there, with what the INIT event Reported says; NULL when there is no
 * memory. The TABLE OWNS it. */
struct known *known_note(struct known_table *table, const struct event_record *record);

/*
 * KNOWN has ended: was it for lack of memory? To be asked at once, before others end in the same
 * way.
 */
void known_look_for_oom(struct known *known);

/*
 * The command has failed: of those that are there, the job's ranks and who started them are
 * expected to end, and who is being killed. And: whether one of them is watched and has not ended.
 */
void known_expect(struct known_table *table);
bool known_expects(const struct known_table *table);

/* KNOWN is gone, its descriptor is closed. */
void known_remove(struct known_table *table, struct known *known);

/* Call VISIT for each; it may remove the one that it is called for, and no other. */
void known_each(struct known_table *table, void (*visit)(void *context, struct known *known),
	void *context);
