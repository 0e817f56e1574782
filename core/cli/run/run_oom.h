/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_oom.h - how many processes the kernel has killed because memory ran out (OOM kills), by
 * memory cgroup.
 *
 * The counts are oom_kill in memory.oom_control of cgroup v1; oom_kill in memory.events of v2,
 * which includes the cgroups below; outside of any memory cgroup, oom_kill in /proc/vmstat. The
 * kernel counts a kill before it sends the signal.
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
	char mount[4096];	    /* the mount point of the memory cgroups; "": there is none */
	char root[4096];	    /* the cgroup that is mounted there */
	bool unified;		    /* the memory cgroups are those of v2 */
};

/* Find the memory cgroups in the file MOUNTINFO, which has the form of /proc/self/mountinfo. */
void oom_watch_begin(struct oom_watch *watch, const char *mountinfo);

/* The memory cgroup of PID, which lives as long as WATCH. Its count is read if the cgroup is new to
 * WATCH. NULL when nothing can be read. */
struct oom_cgroup *oom_cgroup_of(struct oom_watch *watch, pid_t pid);

/* The counts of CGROUP, of which a process was killed just now, by SIGKILL or in an unknown way;
 * unknown counts where CGROUP is NULL. kills_after is greater than kills_before if the kernel has
 * killed more processes than those that oom_explain() was called for. */
struct event_oom oom_look(const struct oom_cgroup *cgroup);

/* Note that one of the counted kills is that of a known process, and explains no other. */
void oom_explain(struct oom_cgroup *cgroup);

/* Release all memory of WATCH, which is all zero again. */
void oom_watch_end(struct oom_watch *watch);
