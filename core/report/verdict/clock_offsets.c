/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must have come before what, whatever the clocks say:
 *   - a launcher began before the ranks that it started on other hosts, and it ends of its own
 * accord only after the first of them has ended;
 *   - a rank that fails because its peer is gone does so after that peer.
 * Each bounds how far the other host's clock can be ahead of the first one's. Only where the bounds
 * leave no room for clocks that agree is a clock moved.
 */
#include "core/report/verdict/verdict.h"

#include <errno.h>
#include <stdlib.h>

#define UNBOUND (INT64_MAX / 4)

/* A host's clock, seen from the job's first host. */
struct bounds {
	const char *hostname;
	int64_t least, most;  /* by which it is ahead */
	int64_t began, ended; /* the first beginning and the first end of a rank */
	int64_t own, peer;    /* the first failure of a rank, by itself and for lack of a peer */
	bool silent;	      /* a rank there has no end */
};

static size_t count_clocks(const struct job *job)
{
	size_t count = 0;

	FOR_EACH_PROCESS (process, job)
		if (process->clock >= count)
			count = process->clock + 1;
	return count;
}

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

static void see_end(struct bounds *bounds, const struct rank_result *result)
{
	lower(&bounds->ended, result->at_us);
	if (result->failure_class == FAILURE_PEER_LOST)
		lower(&bounds->peer, result->at_us);
	if (result->failure_class == FAILURE_OWN || result->failure_class == FAILURE_KILLED)
		lower(&bounds->own, result->at_us);
}

static void see(struct bounds *all, const struct attempt *attempt)
{
	FOR_EACH_RESULT (result, attempt) {
		struct bounds *bounds =
			result->process == NULL ? NULL : &all[result->process->clock];

		if (bounds == NULL)
			continue;
		bounds->hostname = result->process->hostname;
		if (result->process->began_us != BEGAN_UNKNOWN)
			lower(&bounds->began, result->process->began_us);
		if (result->ended == NULL)
			bounds->silent = true;
		else
			see_end(bounds, result);
	}
}

static bool ended_of_its_own_accord(const struct process *root)
{
	return root->termination != NULL && termination_event(root)->signal.number == 0;
}

static void bound_by_launcher(const struct process *root, struct bounds *bounds)
{
	if (!rules_starts_remotely(root->program) || root->began_us == BEGAN_UNKNOWN)
		return;
	if (bounds->began < UNBOUND)
		bounds->most = bounds->began - root->began_us;
	if (bounds->ended < UNBOUND && ended_of_its_own_accord(root))
		bounds->least = bounds->ended - root->ended_us;
}

/* The clock on which a rank failed by itself, if there is one such clock and no more. */
static const struct bounds *only_failing(const struct bounds *all, size_t count)
{
	const struct bounds *failing = NULL;

	for (size_t i = 0; i < count; i++) {
		if (all[i].silent)
			return NULL;
		if (all[i].own == UNBOUND)
			continue;
		if (failing != NULL)
			return NULL;
		failing = &all[i];
	}
	return failing;
}

static bool contradicts(const struct bounds *bounds, int64_t skew_us)
{
	return bounds->most < -skew_us || bounds->least > skew_us;
}

/* On FAILING's own host, too, a rank lost its peer, and after it: that peer is FAILING's. */
static bool is_the_lost_peer(const struct bounds *failing)
{
	return failing->peer < UNBOUND && failing->peer >= failing->own;
}

/*
 * Nobody else failed by itself, and nobody is silent: all that lost a peer lost one of FAILING's.
 * Where most of the others say that they did so before, it is FAILING's clock that is ahead.
 */
static void bound_by_peers(struct bounds *all, size_t count, const struct bounds *first,
	const struct bounds *failing, int64_t skew_us)
{
	size_t others = 0, against = 0;

	for (size_t i = 0; i < count; i++) {
		bool lost = &all[i] != failing && all[i].peer < UNBOUND;

		others += lost;
		against += lost && all[i].peer + skew_us < failing->own;
	}
	for (size_t i = 0; i < count && against > 0; i++) {
		struct bounds *bounds = &all[i];

		if (bounds == failing || bounds->peer == UNBOUND)
			continue;
		if (failing != first && 2 * against > others)
			raise_to(&all[failing - all].least, failing->own - bounds->peer);
		else
			lower(&bounds->most, bounds->peer - failing->own);
	}
}

/* How far ahead AT is, if the first that lost a peer did so in the moment of the failure; UNBOUND
 * where nobody did. */
static int64_t prompt_offset(
	const struct bounds *at, const struct bounds *first, const struct bounds *failing)
{
	const struct bounds *other = at == failing ? first : at;

	if (failing == NULL || other == failing || other->peer == UNBOUND ||
		(at != failing && failing != first))
		return UNBOUND;
	return at == failing ? at->own - first->peer : at->peer - failing->own;
}

/* Within the bounds. Peers fail promptly, launchers take their time: a bound of theirs is further
 * from the truth. */
static int64_t offset_of(const struct bounds *bounds, int64_t prompt_us, int64_t skew_us)
{
	if (!contradicts(bounds, skew_us) || bounds->least > bounds->most + skew_us)
		return 0;
	if (prompt_us <= bounds->most && prompt_us >= bounds->least)
		return prompt_us;
	return bounds->most < -skew_us ? bounds->most : bounds->least;
}

/* How far from the truth LEAD_US may be: as far as the bounds let it, unless a lost peer shows it.
 */
static int64_t room_of(const struct bounds *bounds, int64_t offset_us, int64_t prompt_us)
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
		for (size_t i = 0; i < report->attempts[a].count; i++) {
			struct rank_result *result = &report->attempts[a].results[i];

			if (result->ended != NULL && result->ended->clock == clock)
				result->at_us -= offset_us;
		}
}

static int say(struct report *report, const struct clock_offset *offset)
{
	int64_t size = offset->us < 0 ? -offset->us : offset->us;

	return read_warn(&report->reading,
		"clocks of %s and %s differ by about %.1f s: %s is %s, as %s; that is allowed for",
		report->root->hostname, offset->hostname, (double)size / 1000000, offset->hostname,
		offset->us < 0 ? "behind" : "ahead",
		offset->by_launcher ? "its ranks and their launcher tell"
				    : "its ranks tell of their lost peer");
}

static int take_offsets(struct report *report, const struct bounds *all,
	const struct bounds *failing, const bool *by_launcher, size_t count)
{
	int64_t skew_us = report->request.skew_us;

	report->offsets = report_alloc(report, count * sizeof *report->offsets);
	for (size_t i = 0; report->offsets != NULL && i < count; i++) {
		struct clock_offset *offset = &report->offsets[report->offset_count];
		int64_t prompt_us = prompt_offset(&all[i], &all[report->root->clock], failing);
		int64_t offset_us = offset_of(&all[i], prompt_us, skew_us);

		if (i == report->root->clock || offset_us == 0)
			continue;
		*offset = (struct clock_offset){all[i].hostname, offset_us, by_launcher[i]};
		raise_to(&report->request.skew_us, room_of(&all[i], offset_us, prompt_us));
		report->offset_count++;
		move(report, i, offset_us);
		if (say(report, offset) < 0)
			return -ENOMEM;
	}
	return report->offsets == NULL ? -ENOMEM : 0;
}

static int find_offsets(struct report *report, struct bounds *all, bool *by_launcher, size_t count)
{
	const struct bounds *failing;
	size_t first = report->root->clock;
	int64_t skew_us = report->request.skew_us;
	bool known = false;

	for (size_t i = 0; i < count; i++)
		all[i] = (struct bounds){.least = -UNBOUND,
			.most = UNBOUND,
			.began = UNBOUND,
			.ended = UNBOUND,
			.own = UNBOUND,
			.peer = UNBOUND};
	see(all, &report->attempts[report->attempt_count - 1]);
	for (size_t i = 0; i < count; i++) {
		if (i != first)
			bound_by_launcher(report->root, &all[i]);
		by_launcher[i] = contradicts(&all[i], skew_us);
		known |= by_launcher[i];
	}
	failing = only_failing(all, count);
	if (failing != NULL && (known || is_the_lost_peer(failing)))
		bound_by_peers(all, count, &all[first], failing, skew_us);
	return take_offsets(report, all, failing, by_launcher, count);
}

int clock_offsets_set(struct report *report)
{
	size_t count = count_clocks(&report->job);
	struct bounds *all = NULL;
	bool *by_launcher = NULL;
	int error = -ENOMEM;

	if (count < 2)
		return 0;
	all = reallocarray(NULL, count, sizeof *all);
	by_launcher = calloc(count, sizeof *by_launcher);
	if (all != NULL && by_launcher != NULL)
		error = find_offsets(report, all, by_launcher, count);
	free(all);
	free(by_launcher);
	return error;
}
