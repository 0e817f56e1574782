/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_oom.h - how many processes the kernel has killed for lack of memory, by memory cgroup.
 *
 * Of cgroup v1 it is memory.oom_control's oom_kill, of v2 that of memory.events, which counts those
 * of the cgroups below, too; outside of any memory cgroup, that of /proc/vmstat. A kill is counted
 * before the signal is sent.
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/base/arena.h"
#include "core/events/event.h"

struct oom_cgroup;

/* All zero at the start. */
struct oom_watch {
	struct arena arena;
	struct oom_cgroup *cgroups; /* those seen so far, the newest first */
	char mount[4096];	    /* where the memory cgroups are; "": nowhere */
	char root[4096];	    /* the cgroup that is seen there */
	bool unified;		    /* they are of v2 */
};

/* Find out from MOUNTINFO, which has the form of /proc/self/mountinfo, where the counts are. */
void oom_watch_begin(struct oom_watch *watch, const char *mountinfo);

/*
 * The memory cgroup of PID, whose count is read if it is seen for the first time; NULL when nothing
 * can be read. It lives as long as WATCH.
 */
struct oom_cgroup *oom_cgroup_of(struct oom_watch *watch, pid_t pid);

/*
 * A process of CGROUP (NULL: unknown) was killed by SIGKILL just now, or in an unknown way. Returns
 * the counts; kills_after is greater than kills_before if the kernel has killed one more than those
 * that this was said of before.
 */
struct event_oom oom_look(const struct oom_cgroup *cgroup);

/* That process was the one: its kill explains no other death. */
void oom_taken(struct oom_cgroup *cgroup);

/* Everything is gone. */
void oom_watch_end(struct oom_watch *watch);
