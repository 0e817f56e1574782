/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict where no rank failed by itself, but ranks lost peers, were ended, or have no
 * termination. The table at the end of the file has the rules in their order: the first rule that
 * finds a rank decides who is to blame, or why nobody is.
 */
#include "core/report/verdict/secondary.h"

#include "core/report/job/kills.h"
#include "core/report/job/thresholds.h"
#include "core/report/verdict/collectives.h"
#include "core/report/verdict/evidence.h"
#include "core/report/verdict/launcher_end.h"
#include "core/report/verdict/straggler.h"

#include <signal.h>
#include <string.h>

#define LEFT_EVIDENCE "its launcher ended the others shortly after, and nothing else had failed"

static void set_confidence(struct attempt *attempt, bool likely)
{
	FOR_EACH_CANDIDATE (candidate, attempt)
		candidate->confidence = likely ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE;
}

/* Makes RESULT, which has a termination, the one candidate. */
static void blame(
	const struct secondary *secondary, const struct rank_result *result, const char *evidence)
{
	candidate_add(secondary->context, result);
	evidence_add(&secondary->context->attempt->candidates[0], evidence);
	set_confidence(secondary->context->attempt, true);
}

/* A launcher of RESULT that died so early that the ranks failed for lack of it, or NULL. */
static const struct process *dead_launcher(
	const struct secondary *secondary, const struct rank_result *result)
{
	int64_t before_us =
		secondary->first == NULL ? INT64_MAX : secondary->first->at_us + LAUNCHER_DEATH_US;

	return result->process == NULL
		       ? NULL
		       : launcher_that_died(secondary->context,
				 result->process->parent ?: launcher_of(secondary->context),
				 before_us);
}

static const struct rank_result *lost_launcher(const struct secondary *secondary)
{
	FOR_EACH_RESULT (result, secondary->context->attempt)
		if (dead_launcher(secondary, result) != NULL)
			return result;
	return NULL;
}

static void blame_launcher(
	const struct secondary *secondary, const struct rank_result *result, const char *evidence)
{
	struct chain chain = {.cause = dead_launcher(secondary, result)};

	candidate_add_process(secondary->context, &chain);
	evidence_add(&secondary->context->attempt->candidates[0], evidence);
	set_confidence(secondary->context->attempt, true);
}

/* The rank for which all others waited in vain. That a connection was closed is not for want of one
 * that comes late; other words may mean that. */
static const struct rank_result *straggler(const struct secondary *secondary)
{
	const struct attempt_context *context = secondary->context;
	const struct rank_result *found = straggler_of(context), *peer = secondary->peer;

	if (found != NULL || peer == NULL || secondary->first != peer ||
		(context->count[FAILURE_PEER_TIMEOUT] == 0 && !rules_is_worded(peer->ended)))
		return found;
	return straggler_by_stack(context, peer);
}

static void blame_straggler(const struct secondary *secondary, const struct rank_result *straggler,
	const char *evidence)
{
	blame(secondary, straggler, evidence);
	straggler_explain(secondary->context, straggler, secondary->peer);
}

/* The launcher killed the ranks and succeeded, as Hydra may. */
static bool launcher_killed(const struct attempt_context *context, const struct rank_result *ended)
{
	const struct process *root = context->root;

	return ended != NULL && root->termination != NULL &&
	       root->termination->state == NODE_SUCCEEDED &&
	       rules_requested_by_launcher(&context->report->job, ended->ended);
}

/* The rank for whose exit without MPI_Finalize MPI's launcher ended the job, or NULL. */
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

static const struct rank_result *left_without_a_loss(const struct secondary *secondary)
{
	return secondary->peer == NULL ? left_early(secondary->context) : NULL;
}

static void blame_left(
	const struct secondary *secondary, const struct rank_result *left, const char *evidence)
{
	blame(secondary, left, evidence);
	secondary->context->attempt->candidates[0].reason =
		"exit 0, before the others and likely without MPI_Finalize";
}

/* How many ranks were never heard of. */
static size_t unseen(const struct attempt_context *context)
{
	return context->attempt->count - context->seen;
}

/* The one rank that reported no termination although the launcher had decided to end all others: it
 * died in a way that no process can report. NULL: there is none. */
static const struct rank_result *died_unseen(const struct secondary *secondary)
{
	const struct attempt_context *context = secondary->context;

	if (secondary->peer != NULL || context->first[FAILURE_TERMINATED] == NULL ||
		context->count[FAILURE_NONE] != 1 || unseen(context) > 0 ||
		!launcher_decided(context) ||
		context_was_killed_unreported(context, context->first[FAILURE_NONE]))
		return NULL;
	return context->first[FAILURE_NONE];
}

/* Other ranks were killed: a launcher's status that stands for SIGKILL may be theirs. */
static bool others_were_killed(const struct attempt *attempt)
{
	FOR_EACH_RESULT (result, attempt)
		if (result->ended != NULL &&
			termination_event(result->ended)->signal.number == SIGKILL)
			return true;
	return false;
}

static void blame_unseen(
	const struct secondary *secondary, const struct rank_result *silent, const char *evidence)
{
	struct attempt_context *context = secondary->context;
	struct finding *finding = &context->attempt->candidates[0];
	int code = termination_event(context->root)->exit_code;

	candidate_add_silent(context, silent, evidence);
	finding->confidence = CONFIDENCE_UNSURE;
	if ((signal_of_status(code) != SIGKILL && code != SIGKILL) ||
		others_were_killed(context->attempt))
		return;
	finding->confidence = CONFIDENCE_LIKELY;
	finding->reason = "silent: likely SIGKILL, which lets nobody speak";
	evidence_say(context->report, finding,
		"%s (pid %d) ended with status %d, which stands for SIGKILL",
		context->root->program, context->root->pid, code);
}

/* The first rank that lost a peer, unless a rank was ended before; NULL: there is none. */
static const struct rank_result *lost_peer(const struct secondary *secondary)
{
	return secondary->first == secondary->peer ? secondary->peer : NULL;
}

/* Enough ranks report a lost peer. One such rank alone may be wrong itself; and ranks that waited
 * in vain may have waited for a rank that was ended. */
static bool peers_agree(const struct attempt_context *context)
{
	return context->count[FAILURE_PEER_LOST] >= 2 ||
	       (context->count[FAILURE_PEER_TIMEOUT] >= 2 &&
		       context->count[FAILURE_TERMINATED] == 0);
}

/* The first lost peer, where ranks have no termination, or were never heard of. */
static const struct rank_result *lost_silent_peer(const struct secondary *secondary)
{
	const struct attempt_context *context = secondary->context;

	return (context->count[FAILURE_NONE] > 0 || unseen(context) > 0) &&
			       unseen(context) <= CANDIDATES_MOST
		       ? lost_peer(secondary)
		       : NULL;
}

/* Too many were never heard of to name them. */
static const struct rank_result *lost_one_of_many(const struct secondary *secondary)
{
	return unseen(secondary->context) > CANDIDATES_MOST ? lost_peer(secondary) : NULL;
}

static const char *explain_many(const struct secondary *secondary)
{
	return report_say(secondary->context->report,
		"it is not known who failed first: the ranks that were heard of only say that a "
		"peer was gone, likely one of those that were not (rank %ld: %s)",
		(long)secondary->peer->rank, secondary->peer->reason);
}

void add_silent(struct attempt_context *context, const char *evidence)
{
	FOR_EACH_RESULT (result, context->attempt)
		if (result->failure_class == FAILURE_NONE &&
			!context_was_killed_unreported(context, result))
			candidate_add_silent(context, result, evidence);
}

void blame_host(struct attempt *attempt, const char *host)
{
	attempt->lost_host = host;
	set_confidence(attempt, true);
}

/* The candidates were likely lost with HOST, where all of them were on it. */
static void blame_silent_host(struct attempt *attempt, const char *host)
{
	FOR_EACH_CANDIDATE (candidate, attempt)
		if (candidate->process == NULL || strcmp(candidate->process->hostname, host) != 0)
			return;
	if (attempt->candidate_count > 1)
		blame_host(attempt, host);
	else /* it may have died alone */
		set_confidence(attempt, true);
}

/* Blames the ranks without a termination: one rank, or one host, is likely the lost peer. */
static void blame_silent(
	const struct secondary *secondary, const struct rank_result *peer, const char *evidence)
{
	struct attempt_context *context = secondary->context;
	struct attempt *attempt = context->attempt;
	const char *host = lost_host(context);

	(void)peer;
	add_silent(context, evidence);
	set_confidence(attempt, attempt->candidate_count == 1 && peers_agree(context));
	if (host != NULL)
		blame_silent_host(attempt, host);
	attempt->explanation = explain_lost_host(context);
}

/* Blames the ranks that have no termination, or were never heard of. Their launcher may as well
 * have been requested to end; but no request of that makes it end with a status that stands for a
 * fault.
 */
static void blame_missing(
	const struct secondary *secondary, const struct rank_result *ended, const char *evidence)
{
	struct attempt_context *context = secondary->context;
	const struct process *root = context->root;
	int code = root->termination == NULL ? 0 : termination_event(root)->exit_code;
	int number = signal_of_status(code);
	bool is_fault = number != 0 && !signal_requests_end(number);
	const char *host = lost_with_all(context, ended);

	add_silent(context, evidence);
	if (is_fault)
		evidence_say(context->report, &context->attempt->candidates[0],
			"%s (pid %d) ended with status %d, which stands for %s", root->program,
			root->pid, code, report_signal(context->report, number));
	set_confidence(context->attempt, is_fault && context->attempt->candidate_count == 1);
	if (host != NULL)
		blame_silent_host(context->attempt, host);
	context->attempt->explanation = explain_lost_host(context);
}

/* The rank that is behind in its collectives by dumps, where others waited in vain. */
static const struct rank_result *behind_in_collectives(const struct secondary *secondary)
{
	return secondary->peer == NULL ? NULL : collectives_behind(secondary->context);
}

static void blame_behind(
	const struct secondary *secondary, const struct rank_result *behind, const char *evidence)
{
	struct attempt_context *context = secondary->context;
	struct attempt *attempt = context->attempt;

	if (behind->ended != NULL)
		candidate_add(context, behind);
	else
		candidate_add_silent(context, behind, evidence);
	evidence_add(&attempt->candidates[0], evidence);
	set_confidence(attempt, attempt->collectives.is_sure);
	attempt->explanation = report_say(context->report,
		"rank %ld %s; rank %ld was the first to report that: %s", (long)behind->rank,
		collectives_blame(attempt), (long)secondary->peer->rank, secondary->peer->reason);
}

/* The first lost peer, where no other rank lost one. */
static const struct rank_result *lost_peer_alone(const struct secondary *secondary)
{
	const size_t *count = secondary->context->count;

	return count[FAILURE_PEER_LOST] + count[FAILURE_PEER_TIMEOUT] == 1 ? lost_peer(secondary)
									   : NULL;
}

/* Every rank was seen and has a termination, and none was ended for which FIRST can have waited in
 * vain. */
static bool speaks_for_all(const struct attempt_context *context, const struct rank_result *first)
{
	return context->seen == context->attempt->count && context->count[FAILURE_SIGNALLED] == 0 &&
	       context->count[FAILURE_KILLED] == 0 && context->count[FAILURE_NONE] == 0 &&
	       context->count[FAILURE_INTERRUPTED] == 0 &&
	       (first->failure_class == FAILURE_PEER_LOST ||
		       context->count[FAILURE_TERMINATED] == 0);
}

static void blame_peers(
	const struct secondary *secondary, const struct rank_result *first, const char *evidence)
{
	struct attempt_context *context = secondary->context;
	struct attempt *attempt = context->attempt;

	candidate_add(context, first);
	FOR_EACH_RESULT (result, attempt)
		if ((result->failure_class == FAILURE_PEER_LOST ||
			    result->failure_class == FAILURE_PEER_TIMEOUT) &&
			context_together(context, first, result))
			candidate_add(context, result);
	FOR_EACH_CANDIDATE (candidate, attempt)
		evidence_add(candidate, evidence);
	set_confidence(
		attempt, lost_peer_alone(secondary) != NULL && speaks_for_all(context, first));
}

/* The one rank that succeeded, while all other ranks lost their peer; its success may be reported a
 * little after the losses. NULL: there is none. */
static const struct rank_result *left_its_peers(const struct secondary *secondary)
{
	const struct attempt_context *context = secondary->context;
	const struct rank_result *left = context->first[FAILURE_OK], *peer = lost_peer(secondary);

	if (left == NULL || peer == NULL || context->count[FAILURE_OK] != 1 ||
		left->ended->termination->source != SOURCE_WORKER ||
		context->count[FAILURE_PEER_LOST] + context->count[FAILURE_PEER_TIMEOUT] + 1 !=
			context->attempt->count ||
		context->seen != context->attempt->count)
		return NULL;
	return context_before(context, peer, left, rules_lateness_us(left->ended)) ? NULL : left;
}

/* Blames LEFT, and where only one other rank lost its peer, that one: either may be wrong. */
static void blame_left_peers(
	const struct secondary *secondary, const struct rank_result *left, const char *evidence)
{
	struct attempt_context *context = secondary->context;
	bool agreed = context->attempt->count > 2;

	candidate_add(context, left);
	context->attempt->candidates[0].reason = "exit 0, while the others still counted on it";
	evidence_add(&context->attempt->candidates[0], evidence);
	if (!agreed)
		candidate_add(context, secondary->peer);
	set_confidence(context->attempt, agreed);
}

/* A rule applies where it finds a rank, and nobody is blamed yet: it adds candidates, the first of
 * which gets EVIDENCE, or explains why there are none. */
static const struct {
	const struct rank_result *(*find)(const struct secondary *secondary);
	void (*blame)(const struct secondary *secondary, const struct rank_result *found,
		const char *evidence);
	const char *evidence;
	const char *(*explain)(const struct secondary *secondary);
} rules[] = {
	{.find = lost_launcher,
		.blame = blame_launcher,
		.evidence = "it had launched the ranks, and none of them had failed before"},
	{.find = straggler,
		.blame = blame_straggler,
		.evidence = "all the others timed out waiting, or still waited, and this rank, "
			    "still running, had not come"},
	{.find = left_without_a_loss, .blame = blame_left, .evidence = LEFT_EVIDENCE},
	{.find = died_unseen,
		.blame = blame_unseen,
		.evidence = "its launcher ended the others, and this rank alone left no word of an "
			    "end"},
	{.find = left_its_peers,
		.blame = blame_left_peers,
		.evidence =
			"all the others lost a peer, and this rank alone had left, with success"},
	{.find = lost_silent_peer,
		.blame = blame_silent,
		.evidence = "the others only say that a peer was gone, and this rank left no word "
			    "of an end"},
	{.find = behind_in_collectives,
		.blame = blame_behind,
		.evidence = "the others waited in vain, and dumps of collectives show that this "
			    "rank was behind"},
	{.find = lost_one_of_many, .explain = explain_many},
	{.find = lost_peer_alone,
		.blame = blame_peers,
		.evidence = "no other rank failed by itself"},
	{.find = lost_peer,
		.blame = blame_peers,
		.evidence = "all that failed only say that a peer was gone: this is the earliest "
			    "of them"},
	{.find = ended_on_request, .explain = explain_request},
	{.find = lost_its_launcher, .explain = explain_lost_launcher},
	{.find = ended_for_unheard,
		.blame = blame_unheard_rank,
		.evidence = "its launcher ended the ranks that were heard of only after it"},
	{.find = ended_for_few,
		.blame = blame_missing,
		.evidence = "its launcher ended the ranks that were heard of, and none of these "
			    "had failed"},
	{.find = ended_for_missing, .explain = explain_missing},
	{.find = ended_by_launcher, .explain = explain_launcher},
	{.find = ended_rank, .explain = explain_outside},
	{.find = killed_together, .explain = explain_killed},
	{.find = not_terminated, .explain = explain_not_terminated},
};

/* By dumps, another rank than those that are blamed is behind. */
static bool dumps_contradict(const struct attempt_context *context)
{
	const struct rank_result *behind = collectives_behind(context);

	return context->attempt->has_root && behind != NULL &&
	       !attempt_has_candidate(context->attempt, behind->rank);
}

void blame_secondary(struct attempt_context *context)
{
	const struct rank_result *peer = context_first_peer(context);
	struct secondary secondary = {.context = context, .peer = peer};

	secondary.first = peer != NULL && !context_was_ending(context, peer)
				  ? peer
				  : context_first_ended(context);
	for (size_t i = 0; i < sizeof rules / sizeof *rules && !context->attempt->has_root; i++) {
		const struct rank_result *found = rules[i].find(&secondary);

		if (found != NULL && rules[i].explain != NULL) {
			context->attempt->explanation = rules[i].explain(&secondary);
			return;
		}
		if (found != NULL)
			rules[i].blame(&secondary, found, rules[i].evidence);
	}
	if (dumps_contradict(context))
		set_confidence(context->attempt, false);
}

void blame_early_leaver(struct attempt_context *context)
{
	const struct rank_result *left = left_early(context);

	if (left != NULL)
		blame_left(&(struct secondary){.context = context}, left, LEFT_EVIDENCE);
}
