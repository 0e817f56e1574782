/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/attribute.h"

#include "core/report/candidates.h"
#include "core/report/chain.h"
#include "core/report/dependent.h"
#include "core/report/evidence.h"
#include "core/report/kills.h"
#include "core/report/own_faults.h"
#include "core/report/roles.h"
#include "core/report/scene.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

/* Its status stands for a signal, but its launcher, which reports all that it sends, sent it none,
 * and ended the others only after that; what comes from a terminal comes to several. */
static bool obeyed_nobody(const struct scene *scene, const struct member *obeyed)
{
	const struct member *ended = scene_first_ended(scene);

	return scene->count[MANNER_OBEYED] == 1 && scene->count[MANNER_INTERRUPTED] == 0 &&
	       obeyed->failed->asked == NULL && obeyed->leader->asked == NULL &&
	       kills_are_complete(&scene->report->job, obeyed->leader) && ended != NULL &&
	       ended->failed->clock == obeyed->failed->clock && ended->at_us > obeyed->at_us;
}

/* The first failure that needs no other to explain it; NULL: there is none. */
static const struct member *first_independent(const struct scene *scene)
{
	const struct member *first = scene->first[MANNER_OWN],
			    *killed = scene->first[MANNER_KILLED];
	const struct member *signalled = scene->first[MANNER_SIGNALLED],
			    *obeyed = scene->first[MANNER_OBEYED];
	bool lone = scene->count[MANNER_SIGNALLED] == 1 && scene_seen(scene) > 1;

	if (scene_earlier(killed, first) ||
		(killed != NULL && first != NULL && scene_died_unasked(killed, first)))
		first = killed;
	if (lone && scene_earlier(signalled, first))
		first = signalled;
	if ((first == NULL && scene_first_ended(scene) == NULL) ||
		(scene_earlier(obeyed, first) && obeyed_nobody(scene, obeyed)))
		first = obeyed;
	return first;
}

/* Its waiter alone reports its end, which it could have reported itself: of what, and when, is
 * unknown. */
static bool is_hearsay(const struct member *member)
{
	const struct event_record *end = member->failed->end;

	return end->source == SOURCE_AGENT && end->end->event.cause != CAUSE_OOM &&
	       end->end->event.signal.number != SIGKILL;
}

/* Whether the failure of OTHER may have begun before that of FIRST was reported. */
static bool may_overlap(
	const struct scene *scene, const struct member *first, const struct member *other)
{
	return other != first && other->failed != NULL &&
	       (other->manner == MANNER_OWN ||
		       (other->manner == MANNER_KILLED && !scene_was_ending(scene, other))) &&
	       other->at_us - rules_lateness_us(other->failed) <= first->at_us;
}

static bool any_overlap(const struct scene *scene, const struct member *first, bool hearsay_only)
{
	for (size_t i = 0; i < scene->attempt->count; i++) {
		const struct member *member = &scene->attempt->members[i];

		if (may_overlap(scene, first, member) && (!hearsay_only || is_hearsay(member)))
			return true;
	}
	return false;
}

/* A fault or an abort is nobody else's doing, whatever else there is. */
static bool is_plain_fault(const struct member *member)
{
	enum event_cause cause = member->failed->end->end->event.cause;

	return cause == CAUSE_FAULT || cause == CAUSE_ABORT || cause == CAUSE_OOM;
}

/* It said so itself, or what is known of others' doing leaves nothing else: a count that rose, a
 * launcher that reports every kill() and sent none. */
static bool is_own_doing(const struct scene *scene, const struct member *first)
{
	const struct process *process = first->failed;
	const struct event *event = &process->end->end->event;

	if (first->manner == MANNER_KILLED)
		return kills_are_complete(&scene->report->job, process);
	if (event->cause == CAUSE_OOM && event->oom.cgroup != NULL)
		return event->oom.kills_after > event->oom.kills_before;
	return first->manner == MANNER_OWN && process->end->source == SOURCE_WORKER;
}

/* That a host's clock is wrong was taken from the order of the ends: what follows from the order is
 * no proof. */
static bool moved_by_peers(const struct report *report)
{
	for (size_t i = 0; i < report->lead_count; i++)
		if (!report->leads[i].by_launcher)
			return true;
	return false;
}

static bool other_failed_before(const struct scene *scene, const struct member *first)
{
	for (size_t i = 0; i < scene->attempt->count; i++) {
		const struct member *member = &scene->attempt->members[i];

		if (member != first && member->failed != NULL && member->manner != MANNER_OK &&
			(member->at_us < first->at_us ||
				(is_hearsay(member) && member->at_us - first->at_us <=
							       rules_lateness_us(member->failed))))
			return true;
	}
	return false;
}

/* What began the job, or this launch of it, ended as one does that was asked to. */
static bool job_was_ended(const struct scene *scene)
{
	enum manner manner = rules_manner(&scene->report->job, scene->root);

	return manner == MANNER_OBEYED || manner == MANNER_TERMINATED ||
	       manner == MANNER_INTERRUPTED || manner == MANNER_SIGNALLED;
}

/* Its launcher had sent signals to others before the waiter saw that FIRST was dead. */
static bool launcher_had_killed(const struct scene *scene, const struct member *first)
{
	for (size_t i = 0; i < scene->attempt->count; i++)
		if (scene_was_killed_unheard(scene, &scene->attempt->members[i]))
			return true;
	return scene_earlier(scene->first[MANNER_TERMINATED], first);
}

/* Its launcher had asked another to end before FIRST failed, and of that one no end is known. */
static bool launcher_had_begun(const struct scene *scene, const struct member *first)
{
	for (size_t i = 0; i < scene->attempt->count; i++) {
		const struct member *member = &scene->attempt->members[i];

		if (scene_was_killed_unheard(scene, member) &&
			member->leader->clock == first->failed->clock &&
			member->leader->asked_us <
				first->at_us - rules_lateness_us(first->failed))
			return true;
	}
	return false;
}

/* What it is said to have done first may as well be what others had done to it. */
static bool is_doubtful(const struct scene *scene, const struct member *first)
{
	if (scene->count[MANNER_NONE] > 0 &&
		(first->manner == MANNER_SIGNALLED || is_hearsay(first) ||
			job_was_ended(scene)))
		return true;
	if (launcher_had_begun(scene, first) ||
		(first->manner == MANNER_KILLED && launcher_had_killed(scene, first)))
		return true;
	return (is_hearsay(first) || job_was_ended(scene)) &&
	       other_failed_before(scene, first);
}

static enum confidence confidence_in(const struct scene *scene, const struct member *first)
{
	const struct member *peer = scene_first_peer(scene);

	if (scene->attempt->candidate_count > 1 || is_doubtful(scene, first))
		return CONFIDENCE_UNSURE;
	if (moved_by_peers(scene->report) || !is_own_doing(scene, first) ||
		scene->count[MANNER_NONE] > 0 || scene_seen(scene) < scene->attempt->count)
		return CONFIDENCE_LIKELY;
	if (any_overlap(scene, first, is_plain_fault(first)))
		return CONFIDENCE_LIKELY;
	return peer != NULL && peer->at_us < first->at_us ? CONFIDENCE_LIKELY : CONFIDENCE_PROVEN;
}

static int compare_times(const void *a, const void *b)
{
	const struct member *one = *(const struct member *const *)a,
			    *other = *(const struct member *const *)b;

	return (one->at_us > other->at_us) - (one->at_us < other->at_us);
}

static bool has_clock(const struct attempt *attempt, size_t clock)
{
	for (size_t i = 0; i < attempt->candidate_count; i++)
		if (attempt->candidates[i].process->clock == clock)
			return true;
	return false;
}

/* RIVAL may have failed before FIRST: the first of another host, too close to report, or what a
 * waiter saw too late to report. */
static bool is_rival(
	const struct scene *scene, const struct member *first, const struct member *rival)
{
	if (rival->manner != MANNER_OWN && rival->manner != MANNER_KILLED)
		return false;
	if (scene_together(scene, first, rival))
		return !has_clock(scene->attempt, rival->failed->clock);
	return first->manner == MANNER_KILLED && rival->manner == MANNER_OWN &&
	       rival->at_us < first->at_us;
}

/* What cannot be distinguished from FIRST is a candidate as well. */
static int add_rivals(struct scene *scene, const struct member *first)
{
	const struct attempt *attempt = scene->attempt;
	const struct member **by_time = reallocarray(NULL, attempt->count, sizeof *by_time);

	if (by_time == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < attempt->count; i++)
		by_time[i] = &attempt->members[i];
	qsort(by_time, attempt->count, sizeof *by_time, compare_times);
	for (size_t i = 0; i < attempt->count; i++)
		if (by_time[i] != first && by_time[i]->failed != NULL &&
			is_rival(scene, first, by_time[i]))
			candidate_add(scene, by_time[i]);
	free(by_time);
	return 0;
}

static int blame_independent(struct scene *scene, const struct member *first)
{
	const struct member *peer = scene_first_peer(scene);

	if (peer != NULL && scene_before(scene, peer, first, rules_lateness_us(first->failed)))
		candidate_add(scene, peer);
	candidate_add(scene, first);
	if (add_rivals(scene, first) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < scene->attempt->candidate_count; i++)
		scene->attempt->candidates[i].confidence = confidence_in(scene, first);
	return 0;
}

static bool was_ended(enum manner manner, const struct event *event)
{
	return manner == MANNER_TERMINATED || manner == MANNER_INTERRUPTED ||
	       manner == MANNER_SIGNALLED ||
	       (manner == MANNER_OBEYED && event->exit_code != 128 + SIGKILL);
}

/* One failed of which nobody knows who began it: the chain of failures may lead there. */
static bool stray_failed(const struct report *report)
{
	for (size_t i = 0; i < report->job.count; i++) {
		const struct process *process = &report->job.processes[i];

		if (process->parent == NULL && process != report->root && process->end != NULL &&
			process->end->state == NODE_FAILED)
			return true;
	}
	return false;
}

/* What hands on the end of others says nothing of its own; and one of which no end is known may be
 * what it handed on. */
static enum confidence confidence_in_process(
	const struct report *report, const struct process *process)
{
	bool hard = rules_is_hard(&process->end->end->event);
	bool hands_on = rules_is_wrapper(process->program) || rules_is_driver(process->program);
	bool unreported = report->unfinished > 0 || report->job.lost > 0 || stray_failed(report);

	if (unreported && report->root->end != NULL)
		return hard ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE;
	if (process->end->source != SOURCE_WORKER)
		return CONFIDENCE_LIKELY;
	return hard || (process == report->root && !hands_on) ? CONFIDENCE_PROVEN
							      : CONFIDENCE_LIKELY;
}

/* A job without ranks, or whose ranks are all well: down from its first process. */
static void blame_process(struct scene *scene)
{
	struct report *report = scene->report;
	const struct process *process = chain_of_job(report->root);
	const struct event *event = &process->end->end->event;

	if (was_ended(rules_manner(&report->job, process), event)) {
		scene->attempt->explanation =
			attempt_say_ended(report, report_reason(report, process));
		return;
	}
	candidate_add_process(scene, process);
	scene->attempt->candidates[0].confidence = confidence_in_process(report, process);
	if (process != report->root)
		evidence_add(&scene->attempt->candidates[0],
			report_say(report, "%s (pid %d), which began the job, failed after it",
				report->root->program, report->root->pid));
}

/* No rank failed, and yet the job did. */
static bool only_others_failed(const struct scene *scene)
{
	const struct report *report = scene->report;

	return scene->count[MANNER_OK] == scene_seen(scene) &&
	       scene->attempt == &report->attempts[report->attempt_count - 1] &&
	       report->outcome == OUTCOME_FAILED && report->root->end != NULL &&
	       report->root->end->state == NODE_FAILED;
}

static enum outcome outcome_of(const struct scene *scene)
{
	size_t ok = scene->count[MANNER_OK], running = scene->count[MANNER_NONE],
	       seen = scene_seen(scene);

	if (seen == 0)
		return scene->report->outcome;
	if (ok + running < seen || scene->attempt->has_root)
		return OUTCOME_FAILED;
	if (running == 0)
		return OUTCOME_SUCCEEDED;
	return scene->report->outcome == OUTCOME_SUCCEEDED ? OUTCOME_UNKNOWN
							   : scene->report->outcome;
}

int attribute(struct report *report, struct attempt *attempt)
{
	struct scene scene = scene_of(report, attempt);
	const struct member *first = first_independent(&scene);
	int error = 0;

	attempt->candidates = report_alloc(report, CANDIDATES_MOST * sizeof *attempt->candidates);
	if (attempt->candidates == NULL)
		return -ENOMEM;
	if (report->outcome == OUTCOME_SUCCEEDED && report->attempt_count == 1 && first == NULL)
		blame_early_leaver(&scene);
	else if (only_others_failed(&scene))
		blame_process(&scene);
	else if (first != NULL && !scene_was_ending(&scene, first))
		error = blame_independent(&scene, first);
	else
		blame_dependent(&scene);
	own_faults_add(&scene);
	roles_set(&scene);
	for (size_t i = 0; i < attempt->candidate_count; i++)
		evidence_of_others(report, attempt, &attempt->candidates[i]);
	attempt->outcome = outcome_of(&scene);
	return error;
}
