/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene.h - the ends of an attempt's ranks seen side by side: which was the first of each manner,
 * and what came before what.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/model.h"

struct scene {
	struct report *report;
	struct attempt *attempt;
	const struct process *root; /* what began the launch: the job's first process, or one of its
				       launchers; never NULL */
	const struct member *first[MANNER_COUNT_]; /* NULL: there is none of that manner; those
						      without an end: the first rank */
	size_t count[MANNER_COUNT_];
};

/* Looks at ATTEMPT, one of REPORT's, whose members are set. */
struct scene scene_of(struct report *report, struct attempt *attempt);

/* Ranks that were seen, with or without an end. */
size_t scene_seen(const struct scene *scene);

/* The first that was ended: by its launcher, by the terminal, or with others by somebody else.
 * NULL: none was. */
const struct member *scene_first_ended(const struct scene *scene);

/* ONE's end came more than GRACE_US before OTHER's, and the clocks can report. */
bool scene_before(const struct scene *scene, const struct member *one, const struct member *other,
	int64_t grace_us);

/* The ends of ONE and OTHER cannot be distinguished: they are of two hosts and too close. */
bool scene_together(
	const struct scene *scene, const struct member *one, const struct member *other);

/* KILLED was dead, as its waiter saw, before the waiter of OTHER knew of that one's end: nobody
 * killed it for that. */
bool scene_died_unasked(const struct member *killed, const struct member *other);

/* ONE ended before THAN; also where only ONE is there. */
bool scene_earlier(const struct member *one, const struct member *than);

/* Its launcher had asked MEMBER to end before it failed, so long that this is what it failed of. */
bool scene_was_asked(const struct scene *scene, const struct member *member);

/* MEMBER, or others, had been reported to end before it failed: it failed because of that. */
bool scene_was_ending(const struct scene *scene, const struct member *member);

/* MEMBER has no end of which anybody reported, and its launcher reported that it killed it. */
bool scene_was_killed_unheard(const struct scene *scene, const struct member *member);

/* The first that says that a peer was gone, or did not come. */
const struct member *scene_first_peer(const struct scene *scene);
