/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_members.h - all processes of the job on this host, also those without the preload, and what
 * their threads wait for.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_tracked.h"
#include "core/cli/run/run_waits.h"

struct member_thread {
	pid_t pid, tid;
	struct thread_wait wait;
};

/* A process of the host. */
struct member {
	pid_t pid, ppid;
	uint64_t start_ticks;
	char comm[64];
	bool descends;	/* from `vigil run`, or is known to be the job's */
	bool is_member; /* and lives, and is no part of vigil */
};

struct members {
	struct member *list; /* all processes of the host, by pid */
	size_t count, room, member_count;
	struct member_thread *threads; /* of the members */
	size_t thread_count, thread_room;
	uint64_t mark; /* a hash of where all threads wait, and how long each has run */
};

/* Find the processes that TRACKING and the descendants of process MONITOR are. Returns whether each
 * of their threads waits, and for nothing that comes from outside of the job (run_waits.h): then
 * MEMBERS is set. The CALLER releases it in any case. */
bool members_wait(struct members *members, const struct tracking *tracking, pid_t monitor);

/* Whether a process that is no member has the other side of a pipe or FIFO that WAITS, a thread of
 * a member, waits for; or no member but its own process has it. */
bool members_are_outsiders(const struct members *members, const struct member_thread *waits);

/* Release what members_wait() has allocated. */
void members_release(struct members *members);

/* For each MEMBER of MEMBERS. */
#define FOR_EACH_MEMBER(member, members)                                         \
	for (const struct member *member = (members)->list;                      \
		(size_t)(member - (members)->list) < (members)->count; member++) \
		if (!member->is_member) {                                        \
		} else
