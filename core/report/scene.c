/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/scene.h"

/* A waiter sees a SIGKILL's work at once; a launcher that kills after it has asked waits longer
 * than this. */
#define KILL_GRACE_US 50000

/* Of several launches, each has a launcher of its own; the job's first process waits for all. */
static const struct process *root_of(const struct report *report, const struct attempt *attempt)
{
	const struct process *at = NULL;

	for (size_t i = 0; report->launch_count > 1 && at == NULL && i < attempt->count; i++)
		if (attempt->members[i].leader != NULL)
			at = attempt->members[i].leader->parent;
	if (at == NULL)
		return report->root;
	for (int depth = 0; depth < PROCESS_DEPTH_MOST; depth++) {
		if (at == report->root || at->parent == NULL ||
			!rules_is_launcher(at->parent->program))
			break;
		at = at->parent;
	}
	return at;
}

struct scene scene_of(struct report *report, struct attempt *attempt)
{
	struct scene scene = {
		.report = report, .attempt = attempt, .root = root_of(report, attempt)};

	for (size_t i = 0; i < attempt->count; i++) {
		const struct member *member = &attempt->members[i];
		const struct member **first = &scene.first[member->manner];

		if (member->leader == NULL)
			continue;
		scene.count[member->manner]++;
		if (*first == NULL || member->at_us < (*first)->at_us)
			*first = member;
	}
	return scene;
}

size_t scene_seen(const struct scene *scene)
{
	size_t seen = 0;

	for (int manner = 0; manner < MANNER_COUNT_; manner++)
		seen += scene->count[manner];
	return seen;
}

const struct member *scene_first_ended(const struct scene *scene)
{
	static const enum manner ended[] = {
		MANNER_TERMINATED, MANNER_INTERRUPTED, MANNER_SIGNALLED};
	const struct member *first = NULL;

	for (size_t i = 0; i < sizeof ended / sizeof *ended; i++) {
		const struct member *member = scene->first[ended[i]];

		if (ended[i] == MANNER_SIGNALLED && scene->count[MANNER_SIGNALLED] == 1 &&
			scene_seen(scene) > 1)
			continue;
		if (member != NULL && (first == NULL || member->at_us < first->at_us))
			first = member;
	}
	return first;
}

bool scene_before(const struct scene *scene, const struct member *one, const struct member *other,
	int64_t grace_us)
{
	if (one->failed->clock != other->failed->clock)
		grace_us += scene->report->request.skew_us;
	return one->at_us < other->at_us - grace_us;
}

bool scene_together(const struct scene *scene, const struct member *one, const struct member *other)
{
	return !process_ordered(one->failed, one->at_us, other->failed, other->at_us,
		scene->report->request.skew_us);
}

bool scene_died_unasked(const struct member *killed, const struct member *other)
{
	const struct event_record *one = killed->failed->agent_end, *two = other->failed->agent_end;

	return one != NULL && two != NULL && killed->failed->clock == other->failed->clock &&
	       one->mono_us > 0 && one->mono_us < two->mono_us;
}

bool scene_earlier(const struct member *one, const struct member *than)
{
	return one != NULL && (than == NULL || one->at_us < than->at_us);
}

bool scene_was_asked(const struct scene *scene, const struct member *member)
{
	const struct process *process = member->failed;

	return process->asked != NULL && rules_asked_by_launcher(&scene->report->job, process) &&
	       process->asked_us < member->at_us - rules_lateness_us(process);
}

bool scene_was_ending(const struct scene *scene, const struct member *member)
{
	const struct member *ended = scene_first_ended(scene);
	int64_t grace =
		member->manner == MANNER_KILLED ? KILL_GRACE_US : rules_lateness_us(member->failed);

	if (member->manner == MANNER_PEER_LOST)
		grace = 0; /* late or not: who was ended before it was its peer */
	return scene_was_asked(scene, member) ||
	       (ended != NULL && scene_before(scene, ended, member, grace));
}

bool scene_was_killed_unheard(const struct scene *scene, const struct member *member)
{
	return member->manner == MANNER_NONE && member->leader != NULL &&
	       member->leader->asked != NULL &&
	       rules_asked_by_launcher(&scene->report->job, member->leader);
}

const struct member *scene_first_peer(const struct scene *scene)
{
	const struct member *lost = scene->first[MANNER_PEER_LOST],
			    *late = scene->first[MANNER_PEER_TIMEOUT];

	return scene_earlier(lost, late) ? lost : late;
}
