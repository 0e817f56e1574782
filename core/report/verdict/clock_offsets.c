/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Some events must have come before others, whatever the clocks say:
 *   - a launcher began before the ranks that it started on other hosts, and ended by itself only
 *     after the first of them had ended;
 *   - a rank failed before the peers that report its loss.
 * Each of these orders bounds how far another host's clock can be ahead of the first host's. A
 * clock is moved only where the bounds exclude that the two agree.
 */
#include "core/report/verdict/verdict.h"

#include <errno.h>
#include <stdlib.h>

#define UNBOUND (INT64_MAX / 4)

/* What is known of a clock, relative to the root's. Containers on one host share its clock. */
struct bounds {
	const char *hostname;
	int64_t least, most;  /* how far it may be ahead */
	int64_t began, ended; /* the first beginning and the first termination of a rank */
	int64_t own,
		peer; /* the first failure of a rank by itself, and the first for lack of a peer */
	bool silent;  /* a rank of this clock has no termination */
	bool by_launcher; /* its launcher alone shows that the clock is wrong */
};

struct clocks {
	struct report *report;
	struct bounds *all; /* by process->clock */
	size_t count;
	struct bounds *first, *failing; /* FAILING: the only clock on which a rank failed by itself;
					   NULL: there is none, or ranks are silent */
	int64_t skew_us;
};

static void lower(int64_t *value, int64_t to)
{
	if (to < *value)
		*value = to;
}

static void raise_to(int64_t *value, int64_t to)
{
	if (to > *value)
		*value = to;
}

static void read_result(struct bounds *bounds, const struct rank_result *result)
{
	bounds->hostname = result->process->hostname;
	if (result->process->began_us != BEGAN_UNKNOWN)
		lower(&bounds->began, result->process->began_us);
	if (result->ended == NULL) {
		bounds->silent = true;
		return;
	}
	lower(&bounds->ended, result->at_us);
	if (result->failure_class == FAILURE_PEER_LOST)
		lower(&bounds->peer, result->at_us);
	if (result->failure_class == FAILURE_OWN || result->failure_class == FAILURE_KILLED)
		lower(&bounds->own, result->at_us);
}

static void bound_by_launcher(const struct process *root, struct bounds *bounds)
{
	if (!rules_name_is(NAME_REMOTE_STARTER, root->program) || root->began_us == BEGAN_UNKNOWN)
		return;
	if (bounds->began < UNBOUND)
		bounds->most = bounds->began - root->began_us;
	if (bounds->ended < UNBOUND && root->termination != NULL &&
		termination_event(root)->signal.number == 0)
		bounds->least = bounds->ended - root->ended_us;
}

static struct bounds *find_failing(const struct clocks *clocks)
{
	struct bounds *failing = NULL;

	for (size_t i = 0; i < clocks->count; i++) {
		if (clocks->all[i].silent || (clocks->all[i].own != UNBOUND && failing != NULL))
			return NULL;
		if (clocks->all[i].own != UNBOUND)
			failing = &clocks->all[i];
	}
	return failing;
}

static bool contradicts(const struct bounds *bounds, int64_t skew_us)
{
	return bounds->most < -skew_us || bounds->least > skew_us;
}

/* Bounds the clocks by lost peers. No rank of another clock than FAILING failed by itself, and none
 * is silent: so every lost peer is a rank of FAILING. Where most of the other clocks have the loss
 * before FAILING's failure, it is FAILING that is ahead. */
static void bound_by_peers(const struct clocks *clocks)
{
	struct bounds *failing = clocks->failing;
	size_t others = 0, against = 0;

	for (size_t i = 0; i < clocks->count; i++) {
		bool lost = &clocks->all[i] != failing && clocks->all[i].peer < UNBOUND;

		others += lost;
		against += lost && clocks->all[i].peer + clocks->skew_us < failing->own;
	}
	for (size_t i = 0; i < clocks->count && against > 0; i++) {
		struct bounds *bounds = &clocks->all[i];

		if (bounds == failing || bounds->peer == UNBOUND)
			continue;
		if (failing != clocks->first && 2 * against > others)
			raise_to(&failing->least, failing->own - bounds->peer);
		else
			lower(&bounds->most, bounds->peer - failing->own);
	}
}

/* How far AT is ahead, if the first rank that lost a peer noticed that at once; UNBOUND where none
 * did. */
static int64_t prompt_offset(const struct clocks *clocks, const struct bounds *at)
{
	const struct bounds *first = clocks->first, *failing = clocks->failing,
			    *other = at == failing ? first : at;

	if (failing == NULL || other == failing || other->peer == UNBOUND ||
		(at != failing && failing != first))
		return UNBOUND;
	return at == failing ? at->own - first->peer : at->peer - failing->own;
}

/* The offset, which lies within the bounds. Peers fail promptly, but launchers take their time: so
 * a launcher's bound is further from the truth than PROMPT_US. */
static int64_t offset_of(const struct bounds *bounds, int64_t prompt_us, int64_t skew_us)
{
	if (!contradicts(bounds, skew_us) || bounds->least > bounds->most + skew_us)
		return 0;
	if (prompt_us <= bounds->most && prompt_us >= bounds->least)
		return prompt_us;
	return bounds->most < -skew_us ? bounds->most : bounds->least;
}

/* How far from the truth OFFSET_US may be: as far as the bounds allow, or 0 where a lost peer shows
 * it. */
static int64_t error_of(const struct bounds *bounds, int64_t offset_us, int64_t prompt_us)
{
	if (offset_us == prompt_us)
		return 0;
	if (bounds->least == -UNBOUND || bounds->most == UNBOUND)
		return offset_us < 0 ? -offset_us : offset_us;
	return bounds->most - bounds->least;
}

static void move(struct report *report, size_t clock, int64_t offset_us)
{
	FOR_EACH_PROCESS (process, &report->job) {
		if (process->clock != clock)
			continue;
		if (process->began_us != BEGAN_UNKNOWN)
			process->began_us -= offset_us;
		process->first_us -= offset_us;
		process->last_us -= offset_us;
		process->ended_us -= offset_us;
		process->kill_request_us -= offset_us;
	}
	for (size_t a = 0; a < report->attempt_count; a++)
		FOR_EACH_RESULT (result, &report->attempts[a])
			if (result->ended != NULL && result->ended->clock == clock)
				result->at_us -= offset_us;
}

static int warn(struct report *report, const struct clock_offset *offset)
{
	int64_t size = offset->us < 0 ? -offset->us : offset->us;

	return reading_warn(&report->reading,
		"clocks of %s and %s differ by about %.1f s: %s is %s, as %s; that is allowed for",
		report->root->hostname, offset->hostname, (double)size / 1000000, offset->hostname,
		offset->us < 0 ? "behind" : "ahead",
		offset->by_launcher ? "its ranks and their launcher tell"
				    : "its ranks tell of their lost peer");
}

static int move_all(const struct clocks *clocks)
{
	struct report *report = clocks->report;

	report->offsets = report_alloc(report, clocks->count * sizeof *report->offsets);
	if (report->offsets == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < clocks->count; i++) {
		const struct bounds *bounds = &clocks->all[i];
		struct clock_offset *offset = &report->offsets[report->offset_count];
		int64_t prompt_us = prompt_offset(clocks, bounds);
		int64_t offset_us = offset_of(bounds, prompt_us, clocks->skew_us);

		if (bounds == clocks->first || offset_us == 0)
			continue;
		*offset = (struct clock_offset){bounds->hostname, offset_us, bounds->by_launcher};
		raise_to(&report->request.skew_us, error_of(bounds, offset_us, prompt_us));
		report->offset_count++;
		move(report, i, offset_us);
		if (warn(report, offset) < 0)
			return -ENOMEM;
	}
	return 0;
}

static void find_bounds(struct clocks *clocks)
{
	const struct report *report = clocks->report;
	bool known = false;

	for (size_t i = 0; i < clocks->count; i++)
		clocks->all[i] = (struct bounds){.least = -UNBOUND,
			.most = UNBOUND,
			.began = UNBOUND,
			.ended = UNBOUND,
			.own = UNBOUND,
			.peer = UNBOUND};
	FOR_EACH_RESULT (result, &report->attempts[report->attempt_count - 1])
		if (result->process != NULL)
			read_result(&clocks->all[result->process->clock], result);
	for (size_t i = 0; i < clocks->count; i++) {
		struct bounds *bounds = &clocks->all[i];

		if (bounds != clocks->first)
			bound_by_launcher(report->root, bounds);
		bounds->by_launcher = contradicts(bounds, clocks->skew_us);
		known |= bounds->by_launcher;
	}
	clocks->failing = find_failing(clocks);
	/* Where a rank of the failing clock, too, lost its peer after the failure, that peer is the
	 * one that all ranks lost. */
	if (clocks->failing != NULL &&
		(known || (clocks->failing->peer < UNBOUND &&
				  clocks->failing->peer >= clocks->failing->own)))
		bound_by_peers(clocks);
}

int clock_offsets_set(struct report *report)
{
	struct clocks clocks = {.report = report, .skew_us = report->request.skew_us};
	int error;

	FOR_EACH_PROCESS (process, &report->job)
		if (process->clock >= clocks.count)
			clocks.count = process->clock + 1;
	if (clocks.count < 2)
		return 0;
	clocks.all = reallocarray(NULL, clocks.count, sizeof *clocks.all);
	if (clocks.all == NULL)
		return -ENOMEM;
	clocks.first = &clocks.all[report->root->clock];
	find_bounds(&clocks);
	error = move_all(&clocks);
	free(clocks.all);
	return error;
}
