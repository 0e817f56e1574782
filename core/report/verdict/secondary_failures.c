/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/secondary_failures.h"

#include "core/report/verdict/candidates.h"
#include "core/report/verdict/evidence.h"
#include "core/report/job/kills.h"
#include "core/report/job/thresholds.h"

#include <signal.h>
#include <string.h>

const char *attempt_say_ended(struct report *report, const char *reason)
{
	return report_say(report, "nobody failed first: it was ended from outside (%s)", reason);
}

/* The host of all silent ranks, where nothing at all left word of an end; NULL: there is no such
 * host.
 */
static const char *lost_host(const struct attempt_context *context)
{
	const struct report *report = context->report;
	const char *host = NULL;

	for (size_t i = 0; i < context->attempt->count; i++) {
		const struct rank_result *result = &context->attempt->results[i];

		if (result->failure_class != FAILURE_NONE || result->process == NULL)
			continue;
		if (host != NULL && strcmp(host, result->process->hostname) != 0)
			return NULL;
		host = result->process->hostname;
	}
	for (size_t i = 0; host != NULL && i < report->job.count; i++)
		if (report->job.processes[i].termination != NULL &&
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

static void say_lost_host(struct attempt_context *context, const char *host)
{
	struct report *report = context->report;

	context->attempt->explanation = report_say(report,
		"host %s is silent since %.1f s after the job began: nothing on it left word of an "
		"end",
		host, (double)(last_word_of(report, host) - report->began_us) / 1000000);
}

/* One that says so may have gone wrong by itself; and for one that the others waited for in vain, a
 * rank that was ended will do as well. */
static bool peers_agree(const struct attempt_context *context)
{
	return context->count[FAILURE_PEER_LOST] >= 2 ||
	       (context->count[FAILURE_PEER_TIMEOUT] >= 2 &&
		       context->count[FAILURE_TERMINATED] == 0);
}

/* Everybody lost a peer, and one rank or one host has no end: it is the peer. */
static void blame_silent(struct attempt_context *context)
{
	struct attempt *attempt = context->attempt;
	const char *host = lost_host(context);

	for (size_t i = 0; i < attempt->count; i++)
		if (attempt->results[i].failure_class == FAILURE_NONE &&
			attempt->results[i].process != NULL &&
			!context_was_killed_unreported(context, &attempt->results[i]))
			candidate_add_silent(context, &attempt->results[i],
				"the others only say that a peer was gone, and this rank left no "
				"word of an end");
	for (size_t i = 0; i < attempt->candidate_count; i++)
		attempt->candidates[i].confidence =
			attempt->candidate_count == 1 && (host != NULL || peers_agree(context))
				? CONFIDENCE_LIKELY
				: CONFIDENCE_UNSURE;
	if (host != NULL && context->report->host_count > 1)
		say_lost_host(context, host);
}

/* All others waited for it in vain, and it still ran when it was reported to end. */
static const struct rank_result *straggler(const struct attempt_context *context)
{
	const struct rank_result *ended = context->first[FAILURE_TERMINATED];

	if (context->count[FAILURE_PEER_TIMEOUT] < 2 || context->count[FAILURE_TERMINATED] != 1)
		return NULL;
	if (context->count[FAILURE_PEER_TIMEOUT] + 1 != context_ranks_seen(context))
		return NULL;
	return ended;
}

static void blame_straggler(struct attempt_context *context, const struct rank_result *late)
{
	candidate_add(context, late);
	context->attempt->candidates[0].confidence = CONFIDENCE_LIKELY;
	evidence_add(&context->attempt->candidates[0],
		"all the others timed out waiting, and this rank, still running, had not come");
}

/* The launcher ended by itself, with a status of its own, and not because it was asked to. */
static bool launcher_decided(const struct attempt_context *context)
{
	const struct event *event =
		context->root->termination == NULL ? NULL : termination_event(context->root);

	return event != NULL && event->state == NODE_FAILED && event->how != HOW_NONE &&
	       rules_failure_class(&context->report->job, context->root) != FAILURE_INTERRUPTED &&
	       (event->exit_code < 128 || event->exit_code == 128 + SIGKILL) &&
	       context->first[FAILURE_INTERRUPTED] == NULL &&
	       context->first[FAILURE_SIGNALLED] == NULL;
}

/* Hydra kills the ranks, and then may end as if all had been well. */
static bool launcher_killed(const struct attempt_context *context, const struct rank_result *ended)
{
	const struct process *root = context->root;

	return ended != NULL && ended->ended->kill_request != NULL && root->termination != NULL &&
	       root->termination->state == NODE_SUCCEEDED &&
	       rules_requested_by_launcher(&context->report->job, ended->ended);
}

/* MPI's launchers end a job in which a rank left without MPI_Finalize, be it with success. */
static const struct rank_result *left_early(const struct attempt_context *context)
{
	const struct rank_result *left = context->first[FAILURE_OK],
				 *ended = context->first[FAILURE_TERMINATED];
	int64_t ended_us = ended != NULL ? ended->at_us : context->root->ended_us;

	if (context->report->launcher != LAUNCHER_OPENMPI &&
		context->report->launcher != LAUNCHER_MPICH)
		return NULL;
	if (left == NULL || (ended == NULL && context->count[FAILURE_NONE] == 0) ||
		(!launcher_decided(context) && !launcher_killed(context, ended)))
		return NULL;
	return left->at_us <= ended_us && ended_us - left->at_us <= LEFT_EARLY_US ? left : NULL;
}

/* The launcher ended all others, of its own accord, and this one left no word: what it died of let
 * it say none. */
static const struct rank_result *died_unseen(const struct attempt_context *context)
{
	if (context->first[FAILURE_TERMINATED] == NULL || context->count[FAILURE_NONE] != 1 ||
		!launcher_decided(context) ||
		context_was_killed_unreported(context, context->first[FAILURE_NONE]))
		return NULL;
	return context->first[FAILURE_NONE];
}

/* Then a status that stands for SIGKILL may be theirs. */
static bool others_were_killed(const struct attempt_context *context)
{
	for (size_t i = 0; i < context->attempt->count; i++) {
		const struct process *failed = context->attempt->results[i].ended;

		if (failed != NULL && termination_event(failed)->signal.number == SIGKILL)
			return true;
	}
	return false;
}

static void blame_unseen(struct attempt_context *context, const struct rank_result *silent)
{
	const struct process *root = context->root;
	struct finding *finding;
	int code = termination_event(root)->exit_code;

	candidate_add_silent(context, silent,
		"its launcher ended the others, and this rank alone left no word of an end");
	finding = &context->attempt->candidates[0];
	finding->confidence = CONFIDENCE_UNSURE;
	if ((code != 128 + SIGKILL && code != SIGKILL) || others_were_killed(context))
		return;
	finding->confidence = CONFIDENCE_LIKELY;
	finding->reason = "silent: likely SIGKILL, which lets nobody speak";
	evidence_add(finding, report_say(context->report,
				      "%s (pid %d) ended with status %d, which stands for SIGKILL",
				      root->program, root->pid, code));
}

static void say_unseen(struct attempt_context *context)
{
	const struct process *root = context->root;

	context->attempt->explanation = report_say(context->report,
		"no rank told of a failure, and some left no word of an end; %s (pid %d) ended "
		"with %s",
		root->program, root->pid, report_reason(context->report, root));
}

/* What was to end it when its time was over did so: nobody need have been dead before. */
static bool ran_out_of_time(const struct rank_result *result)
{
	return result->ended->parent != NULL && result->ended->parent->termination != NULL &&
	       rules_ran_out_of_time(result->ended->parent, result->ended);
}

/* It killed all of its ranks, as MPICH does when one is gone, and was not itself asked to end. */
static bool launcher_ended_all(
	const struct attempt_context *context, const struct rank_result *first)
{
	const struct process *root = context->root;

	return launcher_decided(context) && !rules_is_wrapper(root->program) &&
	       !ran_out_of_time(first) &&
	       context->count[FAILURE_TERMINATED] == context_ranks_seen(context);
}

static void say_all_ended(struct attempt_context *context, const struct rank_result *first)
{
	context->attempt->explanation = report_say(context->report,
		"no rank is known to have failed first: the launcher ended them all (%s), and one "
		"may have been dead before that",
		first->reason);
}

/* What began the launch had been reported to end before it ended its ranks. */
static bool launcher_was_requested(
	const struct attempt_context *context, const struct rank_result *first)
{
	const struct process *root = context->root;

	return root->kill_request != NULL && !kill_is_own(root) &&
	       root->clock == first->ended->clock && root->kill_request_us <= first->at_us;
}

static void say_launcher_requested(struct attempt_context *context)
{
	const struct process *root = context->root;
	const struct kill_record *kill = root->kill_request->kill;
	char name[16];

	context->attempt->explanation = report_say(context->report,
		"nobody failed first: %s (pid %d) was told to end, by %s from %s (pid %d)",
		root->program, root->pid, event_signal_name(kill->number, name),
		report_doer(context->report, root, kill->reporter.pid, kill->reporter.comm),
		kill->reporter.pid);
}

static void blame_left(struct attempt_context *context, const struct rank_result *left)
{
	struct finding *finding;

	candidate_add(context, left);
	finding = &context->attempt->candidates[0];
	finding->reason = "exit 0, before the others and likely without MPI_Finalize";
	finding->confidence = CONFIDENCE_LIKELY;
	evidence_add(finding,
		"its launcher ended the others shortly after, and nothing else had failed");
}

void blame_early_leaver(struct attempt_context *context)
{
	const struct rank_result *left = left_early(context);

	if (left != NULL)
		blame_left(context, left);
}

/* All were seen, each has an end, and nobody was ended whom it can have waited for in vain. */
static bool speaks_for_all(const struct attempt_context *context, const struct rank_result *first)
{
	return context_ranks_seen(context) == context->attempt->count &&
	       context->count[FAILURE_SIGNALLED] == 0 && context->count[FAILURE_KILLED] == 0 &&
	       context->count[FAILURE_NONE] == 0 && context->count[FAILURE_INTERRUPTED] == 0 &&
	       (first->failure_class == FAILURE_PEER_LOST ||
		       context->count[FAILURE_TERMINATED] == 0);
}

static void blame_peers(struct attempt_context *context, const struct rank_result *first)
{
	struct attempt *attempt = context->attempt;
	bool alone = context->count[FAILURE_PEER_LOST] + context->count[FAILURE_PEER_TIMEOUT] == 1;

	candidate_add(context, first);
	for (size_t i = 0; i < attempt->count; i++) {
		const struct rank_result *result = &attempt->results[i];

		if ((result->failure_class == FAILURE_PEER_LOST ||
			    result->failure_class == FAILURE_PEER_TIMEOUT) &&
			result != first && context_together(context, first, result))
			candidate_add(context, result);
	}
	for (size_t i = 0; i < attempt->candidate_count; i++) {
		attempt->candidates[i].confidence = alone && speaks_for_all(context, first)
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
static const struct rank_result *left_its_peers(
	const struct attempt_context *context, const struct rank_result *peer)
{
	const struct rank_result *left = context->first[FAILURE_OK];

	if (left == NULL || context->count[FAILURE_OK] != 1 ||
		left->ended->termination->source != SOURCE_WORKER ||
		context->count[FAILURE_PEER_LOST] + 1 != context->attempt->count ||
		context_ranks_seen(context) != context->attempt->count)
		return NULL;
	return context_before(context, peer, left, rules_lateness_us(left->ended)) ? NULL : left;
}

/* Of two ranks, either may have gone wrong. */
static void blame_left_peers(struct attempt_context *context, const struct rank_result *left,
	const struct rank_result *peer)
{
	bool agreed = context->count[FAILURE_PEER_LOST] > 1;

	candidate_add(context, left);
	context->attempt->candidates[0].reason = "exit 0, while the others still counted on it";
	evidence_add(&context->attempt->candidates[0],
		"all the others lost a peer, and this rank alone had left, with success");
	if (!agreed)
		candidate_add(context, peer);
	for (size_t i = 0; i < context->attempt->candidate_count; i++)
		context->attempt->candidates[i].confidence =
			agreed ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE;
}

static void blame_silent_or_peers(struct attempt_context *context, const struct rank_result *peer)
{
	const struct rank_result *left = left_its_peers(context, peer);

	if (left != NULL)
		blame_left_peers(context, left, peer);
	else if (context->count[FAILURE_NONE] > 0)
		blame_silent(context);
	if (!context->attempt->has_root)
		blame_peers(context, peer);
}

/* By a fault or by SIGKILL: an exception or an exit of a launcher only reports its ranks. */
static bool died_by_signal(const struct report *report, const struct process *process)
{
	enum failure_class failure_class = process->termination == NULL
						   ? FAILURE_NONE
						   : rules_failure_class(&report->job, process);

	return failure_class == FAILURE_KILLED ||
	       (failure_class == FAILURE_OWN &&
		       (termination_event(process)->signal.number != 0 ||
			       termination_event(process)->cause == CAUSE_FAULT));
}

/* A launcher that died before its ranks failed, so that they failed for lack of it. */
static const struct process *dead_launcher(const struct attempt_context *context, int64_t before_us)
{
	for (size_t i = 0; i < context->attempt->count; i++) {
		const struct process *at = context->attempt->results[i].process;

		for (int depth = 0; at != NULL && depth < PROCESS_DEPTH_MOST;
			depth++, at = at->parent)
			if (at != context->attempt->results[i].process && !at->is_rank &&
				died_by_signal(context->report, at) && at->ended_us < before_us)
				return at;
	}
	return NULL;
}

static void blame_launcher(struct attempt_context *context, const struct process *launcher)
{
	candidate_add_process(context, launcher);
	context->attempt->candidates[0].confidence = CONFIDENCE_LIKELY;
	evidence_add(&context->attempt->candidates[0],
		"it had launched the ranks, and none of them had failed before");
}

/* Nothing failed by itself: the waiting ones, who was ended, and who is not there. */
void blame_secondary(struct attempt_context *context)
{
	const struct rank_result *peer = context_first_peer(context),
				 *ended = context_first_ended(context), *late = straggler(context);
	const struct rank_result *left = peer == NULL ? left_early(context) : NULL;
	const struct rank_result *unseen = peer == NULL ? died_unseen(context) : NULL;
	const struct rank_result *first =
		peer != NULL && !context_was_ending(context, peer) ? peer : ended;
	const struct process *launcher = dead_launcher(
		context, first == NULL ? INT64_MAX : first->at_us + LAUNCHER_DEATH_US);

	if (launcher != NULL)
		blame_launcher(context, launcher);
	else if (late != NULL)
		blame_straggler(context, late);
	else if (left != NULL)
		blame_left(context, left);
	else if (unseen != NULL)
		blame_unseen(context, unseen);
	else if (first != NULL && first == peer)
		blame_silent_or_peers(context, peer);
	else if (first != NULL && launcher_was_requested(context, first))
		say_launcher_requested(context);
	else if (first != NULL && launcher_ended_all(context, first))
		say_all_ended(context, first);
	else if (first != NULL)
		context->attempt->explanation = attempt_say_ended(context->report, first->reason);
	else if (context->count[FAILURE_NONE] > 0 && context->root->termination != NULL)
		say_unseen(context);
}
