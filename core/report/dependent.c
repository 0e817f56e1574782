/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/dependent.h"

#include "core/report/candidates.h"
#include "core/report/evidence.h"
#include "core/report/kills.h"

#include <signal.h>
#include <string.h>

/* A launcher's death is reported by who waits for it: at most so much later than the failures of those
 * that it took with it. */
#define LAUNCHER_DEATH_US 200000

/* Open MPI asks after a second, and a little is lost on the way. */
#define LEAVING_US 3000000

const char *attempt_say_ended(struct report *report, const char *reason)
{
	return report_say(report, "nobody failed first: it was ended from outside (%s)", reason);
}

/* The host of all silent ranks, where nothing at all left word of an end; NULL: there is no such
 * host.
 */
static const char *lost_host(const struct scene *scene)
{
	const struct report *report = scene->report;
	const char *host = NULL;

	for (size_t i = 0; i < scene->attempt->count; i++) {
		const struct member *member = &scene->attempt->members[i];

		if (member->manner != MANNER_NONE || member->leader == NULL)
			continue;
		if (host != NULL && strcmp(host, member->leader->hostname) != 0)
			return NULL;
		host = member->leader->hostname;
	}
	for (size_t i = 0; host != NULL && i < report->job.count; i++)
		if (report->job.processes[i].end != NULL &&
			strcmp(report->job.processes[i].hostname, host) == 0)
			return NULL;
	return host;
}

static int64_t last_word_of(const struct report *report, const char *host)
{
	int64_t last_us = report->began_us;

	for (size_t i = 0; i < report->job.count; i++)
		if (strcmp(report->job.processes[i].hostname, host) == 0 &&
			report->job.processes[i].last_us > last_us)
			last_us = report->job.processes[i].last_us;
	return last_us;
}

static void say_lost_host(struct scene *scene, const char *host)
{
	struct report *report = scene->report;

	scene->attempt->explanation = report_say(report,
		"host %s is silent since %.1f s after the job began: nothing on it left word of an "
		"end",
		host, (double)(last_word_of(report, host) - report->began_us) / 1000000);
}

/* One that says so may have gone wrong by itself; and for one that the others waited for in vain, a
 * rank that was ended will do as well. */
static bool peers_agree(const struct scene *scene)
{
	return scene->count[MANNER_PEER_LOST] >= 2 ||
	       (scene->count[MANNER_PEER_TIMEOUT] >= 2 && scene->count[MANNER_TERMINATED] == 0);
}

/* Everybody lost a peer, and one rank or one host has no end: it is the peer. */
static void blame_silent(struct scene *scene)
{
	struct attempt *attempt = scene->attempt;
	const char *host = lost_host(scene);

	for (size_t i = 0; i < attempt->count; i++)
		if (attempt->members[i].manner == MANNER_NONE &&
			attempt->members[i].leader != NULL &&
			!scene_was_killed_unheard(scene, &attempt->members[i]))
			candidate_add_silent(scene, &attempt->members[i],
				"the others only say that a peer was gone, and this rank left no "
				"word of an end");
	for (size_t i = 0; i < attempt->candidate_count; i++)
		attempt->candidates[i].confidence =
			attempt->candidate_count == 1 && (host != NULL || peers_agree(scene))
				? CONFIDENCE_LIKELY
				: CONFIDENCE_UNSURE;
	if (host != NULL && scene->report->host_count > 1)
		say_lost_host(scene, host);
}

/* All others waited for it in vain, and it still ran when it was reported to end. */
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
	candidate_add(scene, late);
	scene->attempt->candidates[0].confidence = CONFIDENCE_LIKELY;
	evidence_add(&scene->attempt->candidates[0],
		"all the others timed out waiting, and this rank, still running, had not come");
}

/* The launcher ended by itself, with a status of its own, and not because it was asked to. */
static bool launcher_decided(const struct scene *scene)
{
	const struct event *event =
		scene->root->end == NULL ? NULL : &scene->root->end->end->event;

	return event != NULL && event->state == NODE_FAILED && event->how != HOW_NONE &&
	       rules_manner(&scene->report->job, scene->root) != MANNER_INTERRUPTED &&
	       (event->exit_code < 128 || event->exit_code == 128 + SIGKILL) &&
	       scene->first[MANNER_INTERRUPTED] == NULL && scene->first[MANNER_SIGNALLED] == NULL;
}

/* Hydra kills the ranks, and then may end as if all had been well. */
static bool launcher_killed(const struct scene *scene, const struct member *ended)
{
	const struct process *root = scene->root;

	return ended != NULL && ended->failed->asked != NULL && root->end != NULL &&
	       root->end->state == NODE_SUCCEEDED &&
	       rules_asked_by_launcher(&scene->report->job, ended->failed);
}

/* MPI's launchers end a job in which a rank left without MPI_Finalize, be it with success. */
static const struct member *left_early(const struct scene *scene)
{
	const struct member *left = scene->first[MANNER_OK],
			    *ended = scene->first[MANNER_TERMINATED];
	int64_t ended_us = ended != NULL ? ended->at_us : scene->root->end_us;

	if (scene->report->launcher != LAUNCHER_OPENMPI &&
		scene->report->launcher != LAUNCHER_MPICH)
		return NULL;
	if (left == NULL || (ended == NULL && scene->count[MANNER_NONE] == 0) ||
		(!launcher_decided(scene) && !launcher_killed(scene, ended)))
		return NULL;
	return left->at_us <= ended_us && ended_us - left->at_us <= LEAVING_US ? left : NULL;
}

/* The launcher ended all others, of its own accord, and this one left no word: what it died of let
 * it say none. */
static const struct member *died_unseen(const struct scene *scene)
{
	if (scene->first[MANNER_TERMINATED] == NULL || scene->count[MANNER_NONE] != 1 ||
		!launcher_decided(scene) ||
		scene_was_killed_unheard(scene, scene->first[MANNER_NONE]))
		return NULL;
	return scene->first[MANNER_NONE];
}

/* Then a status that stands for SIGKILL may be theirs. */
static bool others_were_killed(const struct scene *scene)
{
	for (size_t i = 0; i < scene->attempt->count; i++) {
		const struct process *failed = scene->attempt->members[i].failed;

		if (failed != NULL && failed->end->end->event.signal.number == SIGKILL)
			return true;
	}
	return false;
}

static void blame_unseen(struct scene *scene, const struct member *silent)
{
	const struct process *root = scene->root;
	struct finding *finding;
	int code = root->end->end->event.exit_code;

	candidate_add_silent(scene, silent,
		"its launcher ended the others, and this rank alone left no word of an end");
	finding = &scene->attempt->candidates[0];
	finding->confidence = CONFIDENCE_UNSURE;
	if ((code != 128 + SIGKILL && code != SIGKILL) || others_were_killed(scene))
		return;
	finding->confidence = CONFIDENCE_LIKELY;
	finding->reason = "silent: likely SIGKILL, which lets nobody speak";
	evidence_add(finding, report_say(scene->report,
				      "%s (pid %d) ended with status %d, which stands for SIGKILL",
				      root->program, root->pid, code));
}

static void say_unseen(struct scene *scene)
{
	const struct process *root = scene->root;

	scene->attempt->explanation = report_say(scene->report,
		"no rank told of a failure, and some left no word of an end; %s (pid %d) ended "
		"with %s",
		root->program, root->pid, report_reason(scene->report, root));
}

/* What was to end it when its time was over did so: nobody need have been dead before. */
static bool ran_out_of_time(const struct member *member)
{
	return member->failed->parent != NULL && member->failed->parent->end != NULL &&
	       rules_ran_out_of_time(member->failed->parent, member->failed);
}

/* It killed all of its ranks, as MPICH does when one is gone, and was not itself asked to end. */
static bool launcher_ended_all(const struct scene *scene, const struct member *first)
{
	const struct process *root = scene->root;

	return launcher_decided(scene) && !rules_is_wrapper(root->program) &&
	       !ran_out_of_time(first) &&
	       scene->count[MANNER_TERMINATED] == scene_seen(scene);
}

static void say_all_ended(struct scene *scene, const struct member *first)
{
	scene->attempt->explanation = report_say(scene->report,
		"no rank is known to have failed first: the launcher ended them all (%s), and one "
		"may have been dead before that",
		first->reason);
}

/* What began the launch had been reported to end before it ended its ranks. */
static bool launcher_was_asked(const struct scene *scene, const struct member *first)
{
	const struct process *root = scene->root;

	return root->asked != NULL && !kills_itself(root) &&
	       root->clock == first->failed->clock && root->asked_us <= first->at_us;
}

static void say_launcher_asked(struct scene *scene)
{
	const struct process *root = scene->root;
	const struct kill_record *kill = root->asked->kill;
	char name[16];

	scene->attempt->explanation = report_say(scene->report,
		"nobody failed first: %s (pid %d) was told to end, by %s from %s (pid %d)",
		root->program, root->pid, event_signal_name(kill->number, name),
		report_doer(scene->report, root, kill->reporter.pid, kill->reporter.comm),
		kill->reporter.pid);
}

static void blame_left(struct scene *scene, const struct member *left)
{
	struct finding *finding;

	candidate_add(scene, left);
	finding = &scene->attempt->candidates[0];
	finding->reason = "exit 0, before the others and likely without MPI_Finalize";
	finding->confidence = CONFIDENCE_LIKELY;
	evidence_add(finding,
		"its launcher ended the others shortly after, and nothing else had failed");
}

void blame_early_leaver(struct scene *scene)
{
	const struct member *left = left_early(scene);

	if (left != NULL)
		blame_left(scene, left);
}

/* All were seen, each has an end, and nobody was ended whom it can have waited for in vain. */
static bool speaks_for_all(const struct scene *scene, const struct member *first)
{
	return scene_seen(scene) == scene->attempt->count && scene->count[MANNER_SIGNALLED] == 0 &&
	       scene->count[MANNER_KILLED] == 0 && scene->count[MANNER_NONE] == 0 &&
	       scene->count[MANNER_INTERRUPTED] == 0 &&
	       (first->manner == MANNER_PEER_LOST || scene->count[MANNER_TERMINATED] == 0);
}

static void blame_peers(struct scene *scene, const struct member *first)
{
	struct attempt *attempt = scene->attempt;
	bool alone = scene->count[MANNER_PEER_LOST] + scene->count[MANNER_PEER_TIMEOUT] == 1;

	candidate_add(scene, first);
	for (size_t i = 0; i < attempt->count; i++) {
		const struct member *member = &attempt->members[i];

		if ((member->manner == MANNER_PEER_LOST || member->manner == MANNER_PEER_TIMEOUT) &&
			member != first && scene_together(scene, first, member))
			candidate_add(scene, member);
	}
	for (size_t i = 0; i < attempt->candidate_count; i++) {
		attempt->candidates[i].confidence = alone && speaks_for_all(scene, first)
							    ? CONFIDENCE_LIKELY
							    : CONFIDENCE_UNSURE;
		evidence_add(
			&attempt->candidates[i], alone ? "no other rank failed by itself"
						       : "all that failed only say that a peer was "
							 "gone: this is the earliest of them");
	}
}

/* It ended with success while all others still counted on it: how it let go of them is reported a
 * little later. */
static const struct member *left_its_peers(const struct scene *scene, const struct member *peer)
{
	const struct member *left = scene->first[MANNER_OK];

	if (left == NULL || scene->count[MANNER_OK] != 1 ||
		left->failed->end->source != SOURCE_WORKER ||
		scene->count[MANNER_PEER_LOST] + 1 != scene->attempt->count ||
		scene_seen(scene) != scene->attempt->count)
		return NULL;
	return scene_before(scene, peer, left, rules_lateness_us(left->failed)) ? NULL : left;
}

/* Of two ranks, either may have gone wrong. */
static void blame_left_peers(
	struct scene *scene, const struct member *left, const struct member *peer)
{
	bool agreed = scene->count[MANNER_PEER_LOST] > 1;

	candidate_add(scene, left);
	scene->attempt->candidates[0].reason = "exit 0, while the others still counted on it";
	evidence_add(&scene->attempt->candidates[0],
		"all the others lost a peer, and this rank alone had left, with success");
	if (!agreed)
		candidate_add(scene, peer);
	for (size_t i = 0; i < scene->attempt->candidate_count; i++)
		scene->attempt->candidates[i].confidence =
			agreed ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE;
}

static void blame_silent_or_peers(struct scene *scene, const struct member *peer)
{
	const struct member *left = left_its_peers(scene, peer);

	if (left != NULL)
		blame_left_peers(scene, left, peer);
	else if (scene->count[MANNER_NONE] > 0)
		blame_silent(scene);
	if (!scene->attempt->has_root)
		blame_peers(scene, peer);
}

/* By a fault or by SIGKILL: an exception or an exit of a launcher only reports its ranks. */
static bool died_by_signal(const struct report *report, const struct process *process)
{
	enum manner manner =
		process->end == NULL ? MANNER_NONE : rules_manner(&report->job, process);

	return manner == MANNER_KILLED ||
	       (manner == MANNER_OWN && (process->end->end->event.signal.number != 0 ||
						process->end->end->event.cause == CAUSE_FAULT));
}

/* A launcher that died before its ranks failed, so that they failed for lack of it. */
static const struct process *dead_launcher(const struct scene *scene, int64_t before_us)
{
	for (size_t i = 0; i < scene->attempt->count; i++) {
		const struct process *at = scene->attempt->members[i].leader;

		for (int depth = 0; at != NULL && depth < PROCESS_DEPTH_MOST;
			depth++, at = at->parent)
			if (at != scene->attempt->members[i].leader && !at->leader &&
				died_by_signal(scene->report, at) && at->end_us < before_us)
				return at;
	}
	return NULL;
}

static void blame_launcher(struct scene *scene, const struct process *launcher)
{
	candidate_add_process(scene, launcher);
	scene->attempt->candidates[0].confidence = CONFIDENCE_LIKELY;
	evidence_add(&scene->attempt->candidates[0],
		"it had launched the ranks, and none of them had failed before");
}

/* Nothing failed by itself: the waiting ones, who was ended, and who is not there. */
void blame_dependent(struct scene *scene)
{
	const struct member *peer = scene_first_peer(scene), *ended = scene_first_ended(scene),
			    *late = straggler(scene);
	const struct member *left = peer == NULL ? left_early(scene) : NULL;
	const struct member *unseen = peer == NULL ? died_unseen(scene) : NULL;
	const struct member *first = peer != NULL && !scene_was_ending(scene, peer) ? peer : ended;
	const struct process *launcher = dead_launcher(
		scene, first == NULL ? INT64_MAX : first->at_us + LAUNCHER_DEATH_US);

	if (launcher != NULL)
		blame_launcher(scene, launcher);
	else if (late != NULL)
		blame_straggler(scene, late);
	else if (left != NULL)
		blame_left(scene, left);
	else if (unseen != NULL)
		blame_unseen(scene, unseen);
	else if (first != NULL && first == peer)
		blame_silent_or_peers(scene, peer);
	else if (first != NULL && launcher_was_asked(scene, first))
		say_launcher_asked(scene);
	else if (first != NULL && launcher_ended_all(scene, first))
		say_all_ended(scene, first);
	else if (first != NULL)
		scene->attempt->explanation = attempt_say_ended(scene->report, first->reason);
	else if (scene->count[MANNER_NONE] > 0 && scene->root->end != NULL)
		say_unseen(scene);
}
