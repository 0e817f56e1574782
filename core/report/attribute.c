/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/attribute.h"

#include "core/report/chain.h"
#include "core/report/evidence.h"
#include "core/report/roles.h"
#include "core/report/scene.h"

#include <errno.h>
#include <signal.h>

/* More than these cannot be told apart by anybody. */
#define CANDIDATES_MOST 16

/* A waiter sees a SIGKILL's work at once; a launcher that kills after it has asked waits longer than this. */
#define KILL_GRACE_US 50000

/* A launcher that dies takes its ranks with it within this time. */
#define LAUNCHER_DEATH_US 1000000

/* Open MPI asks after a second, and a little is lost on the way. */
#define LEAVING_US 3000000

static struct finding *add_candidate(struct attempt *attempt, const struct process *process, int64_t rank)
{
	struct finding *finding;

	for (size_t i = 0; i < attempt->candidate_count; i++)
		if (rank != RANK_UNKNOWN && attempt->candidates[i].rank == rank)
			return &attempt->candidates[i];
	if (attempt->candidate_count == CANDIDATES_MOST)
		return NULL;
	finding = &attempt->candidates[attempt->candidate_count++];
	*finding = (struct finding){ .process = process, .rank = rank, .reason = "" };
	attempt->has_root = true;
	return finding;
}

static void add_member(struct scene *scene, const struct member *member)
{
	struct finding *finding = add_candidate(scene->attempt, member->failed, member->rank);

	if (finding == NULL)
		return;
	finding->at_us = member->at_us;
	finding->reason = member->reason;
	evidence_of_end(scene->report, finding);
	evidence_of_family(scene->report, member->leader, finding);
}

static void add_silent(struct scene *scene, const struct member *member, const char *evidence)
{
	struct finding *finding = add_candidate(scene->attempt, member->leader, member->rank);

	if (finding == NULL)
		return;
	finding->at_us = member->leader->last_us;
	finding->reason = "silent: no word of an end";
	evidence_add(finding, evidence);
}

static void add_process(struct scene *scene, const struct process *process)
{
	struct finding *finding = add_candidate(scene->attempt, process, RANK_UNKNOWN);

	if (finding == NULL)
		return;
	finding->at_us = process->end_us;
	finding->reason = report_reason(scene->report, process);
	evidence_of_end(scene->report, finding);
}

static bool earlier(const struct member *one, const struct member *than)
{
	return one != NULL && (than == NULL || one->at_us < than->at_us);
}

/* The first failure that needs no other to explain it; NULL: there is none. */
static const struct member *first_independent(const struct scene *scene)
{
	const struct member *first = scene->first[MANNER_OWN], *killed = scene->first[MANNER_KILLED];
	const struct member *signalled = scene->first[MANNER_SIGNALLED];
	bool lone = scene->count[MANNER_SIGNALLED] == 1 && scene_seen(scene) > 1;

	if (earlier(killed, first) || (killed != NULL && first != NULL && scene_died_unasked(killed, first)))
		first = killed;
	if (lone && earlier(signalled, first))
		first = signalled;
	if (first == NULL && scene_first_ended(scene) == NULL)
		first = scene->first[MANNER_OBEYED];
	return first;
}

/* Others had been told to end before MEMBER failed: it failed because of that. */
static bool was_ending(const struct scene *scene, const struct member *member)
{
	const struct member *ended = scene_first_ended(scene);
	int64_t grace = member->manner == MANNER_KILLED ? KILL_GRACE_US : rules_lateness_us(member->failed);

	return ended != NULL && scene_before(scene, ended, member, grace);
}

static const struct member *first_peer(const struct scene *scene)
{
	const struct member *lost = scene->first[MANNER_PEER_LOST], *late = scene->first[MANNER_PEER_TIMEOUT];

	return earlier(lost, late) ? lost : late;
}

/* Whether the failure of OTHER may have begun before that of FIRST was told. */
static bool may_overlap(const struct scene *scene, const struct member *first, const struct member *other)
{
	return other != first && other->failed != NULL &&
		(other->manner == MANNER_OWN || (other->manner == MANNER_KILLED && !was_ending(scene, other))) &&
		other->at_us - rules_lateness_us(other->failed) <= first->at_us;
}

static bool any_overlap(const struct scene *scene, const struct member *first)
{
	for (size_t i = 0; i < scene->attempt->count; i++)
		if (may_overlap(scene, first, &scene->attempt->members[i]))
			return true;
	return false;
}

/* A fault or an abort is nobody else's doing, whatever else there is. */
static bool is_plain_fault(const struct member *member)
{
	enum event_cause cause = member->failed->end->end->event.cause;

	return cause == CAUSE_FAULT || cause == CAUSE_ABORT || cause == CAUSE_OOM;
}

static enum confidence confidence_in(const struct scene *scene, const struct member *first)
{
	const struct member *peer = first_peer(scene);

	if (scene->attempt->candidate_count > 1)
		return CONFIDENCE_UNSURE;
	if (first->manner != MANNER_OWN || scene->count[MANNER_NONE] > 0)
		return CONFIDENCE_LIKELY;
	if (first->failed->end->source == SOURCE_AGENT || (!is_plain_fault(first) && any_overlap(scene, first)))
		return CONFIDENCE_LIKELY;
	return peer != NULL && peer->at_us < first->at_us ? CONFIDENCE_LIKELY : CONFIDENCE_PROVEN;
}

/* What cannot be told apart from FIRST is a candidate as well. */
static void add_rivals(struct scene *scene, const struct member *first)
{
	for (size_t i = 0; i < scene->attempt->count; i++) {
		const struct member *member = &scene->attempt->members[i];

		if (member == first || member->failed == NULL)
			continue;
		if ((member->manner == MANNER_OWN || member->manner == MANNER_KILLED) &&
			scene_together(scene, first, member))
			add_member(scene, member);
		else if (first->manner == MANNER_KILLED && member->manner == MANNER_OWN && member->at_us < first->at_us)
			add_member(scene, member);
	}
}

static void blame_independent(struct scene *scene, const struct member *first)
{
	const struct member *peer = first_peer(scene);

	if (peer != NULL && scene_before(scene, peer, first, rules_lateness_us(first->failed)))
		add_member(scene, peer);
	add_member(scene, first);
	add_rivals(scene, first);
	for (size_t i = 0; i < scene->attempt->candidate_count; i++)
		scene->attempt->candidates[i].confidence = confidence_in(scene, first);
}

/* Everybody lost a peer, and one rank or one host has no end: it is the peer. */
static void blame_silent(struct scene *scene)
{
	struct attempt *attempt = scene->attempt;

	for (size_t i = 0; i < attempt->count; i++)
		if (attempt->members[i].manner == MANNER_NONE && attempt->members[i].leader != NULL)
			add_silent(scene, &attempt->members[i],
				"the others only say that a peer was gone, and this rank left no word of an end");
	for (size_t i = 0; i < attempt->candidate_count; i++)
		attempt->candidates[i].confidence = attempt->candidate_count == 1 ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE;
}

/* All others waited for it in vain, and it still ran when it was told to end. */
static const struct member *straggler(const struct scene *scene)
{
	const struct member *ended = scene->first[MANNER_TERMINATED];

	if (scene->count[MANNER_PEER_TIMEOUT] < 2 || scene->count[MANNER_TERMINATED] != 1)
		return NULL;
	if (scene->count[MANNER_PEER_TIMEOUT] + 1 != scene_seen(scene))
		return NULL;
	return ended;
}

static void blame_straggler(struct scene *scene, const struct member *late)
{
	add_member(scene, late);
	scene->attempt->candidates[0].confidence = CONFIDENCE_LIKELY;
	evidence_add(&scene->attempt->candidates[0],
		"all the others timed out waiting, and this rank, still running, had not come");
}

/* The launcher ended by itself, with a status of its own, and not because it was asked to. */
static bool launcher_decided(const struct scene *scene)
{
	const struct event *event = scene->report->root->end == NULL ? NULL : &scene->report->root->end->end->event;

	return event != NULL && event->state == NODE_FAILED && event->how != HOW_NONE &&
		(event->exit_code < 128 || event->exit_code == 128 + SIGKILL) &&
		scene->first[MANNER_INTERRUPTED] == NULL && scene->first[MANNER_SIGNALLED] == NULL;
}

/* MPI's launchers end a job in which a rank left without MPI_Finalize, be it with success. */
static const struct member *left_early(const struct scene *scene)
{
	const struct member *left = scene->first[MANNER_OK], *ended = scene->first[MANNER_TERMINATED];
	int64_t ended_us = ended != NULL ? ended->at_us : scene->report->root->end_us;

	if (scene->report->launcher != LAUNCHER_OPENMPI && scene->report->launcher != LAUNCHER_MPICH)
		return NULL;
	if (left == NULL || (ended == NULL && scene->count[MANNER_NONE] == 0) || !launcher_decided(scene))
		return NULL;
	return left->at_us <= ended_us && ended_us - left->at_us <= LEAVING_US ? left : NULL;
}

/* The launcher ended all others, of its own accord, and this one left no word: what it died of let it say none. */
static const struct member *died_unseen(const struct scene *scene)
{
	if (scene->first[MANNER_TERMINATED] == NULL || scene->count[MANNER_NONE] != 1 || !launcher_decided(scene))
		return NULL;
	return scene->first[MANNER_NONE];
}

static void blame_unseen(struct scene *scene, const struct member *silent)
{
	const struct process *root = scene->report->root;
	struct finding *finding;
	int code = root->end->end->event.exit_code;

	add_silent(scene, silent, "its launcher ended the others, and this rank alone left no word of an end");
	finding = &scene->attempt->candidates[0];
	finding->confidence = CONFIDENCE_UNSURE;
	if (code != 128 + SIGKILL && code != SIGKILL)
		return;
	finding->confidence = CONFIDENCE_LIKELY;
	finding->reason = "silent: likely SIGKILL, which lets nobody speak";
	evidence_add(finding, report_say(scene->report, "%s (pid %d) ended with status %d, which stands for SIGKILL",
		root->program, root->pid, code));
}

static void say_unseen(struct scene *scene)
{
	const struct process *root = scene->report->root;

	scene->attempt->explanation = report_say(scene->report,
		"no rank told of a failure, and some left no word of an end; %s (pid %d) ended with %s", root->program, root->pid,
		report_reason(scene->report, root));
}

static void blame_left(struct scene *scene, const struct member *left)
{
	struct finding *finding;

	add_member(scene, left);
	finding = &scene->attempt->candidates[0];
	finding->reason = "exit 0, before the others and likely without MPI_Finalize";
	finding->confidence = CONFIDENCE_LIKELY;
	evidence_add(finding, "its launcher ended the others shortly after, and nothing else had failed");
}

static void blame_peers(struct scene *scene, const struct member *first)
{
	struct attempt *attempt = scene->attempt;
	bool alone = scene->count[MANNER_PEER_LOST] + scene->count[MANNER_PEER_TIMEOUT] == 1;

	add_member(scene, first);
	for (size_t i = 0; i < attempt->count; i++) {
		const struct member *member = &attempt->members[i];

		if ((member->manner == MANNER_PEER_LOST || member->manner == MANNER_PEER_TIMEOUT) && member != first &&
			scene_together(scene, first, member))
			add_member(scene, member);
	}
	for (size_t i = 0; i < attempt->candidate_count; i++) {
		attempt->candidates[i].confidence = alone ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE;
		evidence_add(&attempt->candidates[i], alone ? "no other rank failed by itself" :
			"all that failed only say that a peer was gone: this is the earliest of them");
	}
}

/* By a fault or by SIGKILL: an exception or an exit of a launcher only tells of its ranks. */
static bool died_by_signal(const struct report *report, const struct process *process)
{
	enum manner manner = process->end == NULL ? MANNER_NONE : rules_manner(&report->job, process);

	return manner == MANNER_KILLED || (manner == MANNER_OWN && process->end->end->event.signal.number != 0);
}

/* A launcher that died before its ranks failed, so that they failed for lack of it. */
static const struct process *dead_launcher(const struct scene *scene, int64_t before_us)
{
	for (size_t i = 0; i < scene->attempt->count; i++) {
		const struct process *at = scene->attempt->members[i].leader;

		for (int depth = 0; at != NULL && depth < PROCESS_DEPTH_MOST; depth++, at = at->parent)
			if (at != scene->attempt->members[i].leader && !at->leader && died_by_signal(scene->report, at) &&
				at->end_us < before_us)
				return at;
	}
	return NULL;
}

static void blame_launcher(struct scene *scene, const struct process *launcher)
{
	add_process(scene, launcher);
	scene->attempt->candidates[0].confidence = CONFIDENCE_LIKELY;
	evidence_add(&scene->attempt->candidates[0], "it had launched the ranks, and none of them had failed before");
}

static const char *say_ended(struct report *report, const char *reason)
{
	return report_say(report, "nobody failed first: it was ended from outside (%s)", reason);
}

/* Nothing failed by itself: the waiting ones, who was ended, and who is not there. */
static void blame_dependent(struct scene *scene)
{
	const struct member *peer = first_peer(scene), *ended = scene_first_ended(scene), *late = straggler(scene);
	const struct member *left = peer == NULL ? left_early(scene) : NULL;
	const struct member *unseen = peer == NULL ? died_unseen(scene) : NULL;
	const struct member *first = peer != NULL && !was_ending(scene, peer) ? peer : ended;
	const struct process *launcher =
		first == NULL ? NULL : dead_launcher(scene, first->at_us + LAUNCHER_DEATH_US);

	if (launcher != NULL)
		blame_launcher(scene, launcher);
	else if (late != NULL)
		blame_straggler(scene, late);
	else if (left != NULL)
		blame_left(scene, left);
	else if (unseen != NULL)
		blame_unseen(scene, unseen);
	else if (first != NULL && first == peer && scene->count[MANNER_NONE] > 0)
		blame_silent(scene);
	else if (first != NULL && first == peer)
		blame_peers(scene, peer);
	else if (first != NULL)
		scene->attempt->explanation = say_ended(scene->report, first->reason);
	else if (scene->count[MANNER_NONE] > 0 && scene->report->root->end != NULL)
		say_unseen(scene);
}

static bool was_ended(enum manner manner, const struct event *event)
{
	return manner == MANNER_TERMINATED || manner == MANNER_INTERRUPTED || manner == MANNER_SIGNALLED ||
		(manner == MANNER_OBEYED && event->exit_code != 128 + SIGKILL);
}

/* A job without ranks, or whose ranks are all well: down from its first process. */
static void blame_process(struct scene *scene)
{
	struct report *report = scene->report;
	const struct process *process = chain_of_job(report->root);
	const struct event *event = &process->end->end->event;

	if (was_ended(rules_manner(&report->job, process), event)) {
		scene->attempt->explanation = say_ended(report, report_reason(report, process));
		return;
	}
	add_process(scene, process);
	scene->attempt->candidates[0].confidence = process->end->source == SOURCE_WORKER &&
			(process == report->root || rules_is_hard(event)) ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY;
	if (process != report->root)
		evidence_add(&scene->attempt->candidates[0], report_say(report, "%s (pid %d), which began the job, failed after it",
			report->root->program, report->root->pid));
}

/* No rank failed, and yet the job did. */
static bool only_others_failed(const struct scene *scene)
{
	const struct report *report = scene->report;

	return scene->count[MANNER_OK] == scene_seen(scene) &&
		scene->attempt == &report->attempts[report->attempt_count - 1] && report->outcome == OUTCOME_FAILED &&
		report->root->end != NULL && report->root->end->state == NODE_FAILED;
}

static enum outcome outcome_of(const struct scene *scene)
{
	size_t ok = scene->count[MANNER_OK], running = scene->count[MANNER_NONE], seen = scene_seen(scene);

	if (seen == 0)
		return scene->report->outcome;
	if (ok + running < seen || scene->attempt->has_root)
		return OUTCOME_FAILED;
	if (running == 0)
		return OUTCOME_SUCCEEDED;
	return scene->report->outcome == OUTCOME_SUCCEEDED ? OUTCOME_UNKNOWN : scene->report->outcome;
}

int attribute(struct report *report, struct attempt *attempt)
{
	struct scene scene = scene_of(report, attempt);
	const struct member *first = first_independent(&scene);

	attempt->candidates = report_alloc(report, CANDIDATES_MOST * sizeof *attempt->candidates);
	if (attempt->candidates == NULL)
		return -ENOMEM;
	if (report->outcome == OUTCOME_SUCCEEDED && report->attempt_count == 1)
		first = NULL;
	else if (only_others_failed(&scene))
		blame_process(&scene);
	else if (first != NULL && !was_ending(&scene, first))
		blame_independent(&scene, first);
	else
		blame_dependent(&scene);
	roles_set(&scene);
	for (size_t i = 0; i < attempt->candidate_count; i++)
		evidence_of_others(report, attempt, &attempt->candidates[i]);
	attempt->outcome = outcome_of(&scene);
	return 0;
}
