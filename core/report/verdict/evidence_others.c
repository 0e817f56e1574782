/* SPDX-License-Identifier: Apache-2.0 */
/* What the other ranks did: evidence for a finding that its own process does not give. */
#include "core/report/verdict/evidence.h"

#include "core/report/job/ranks.h"
#include "core/report/job/thresholds.h"
#include "core/report/verdict/similar.h"

static size_t ranks_in_role(const struct attempt *attempt, enum role role, char *names, size_t size)
{
	struct rank_list list = {.text = ""};
	size_t count = 0;

	FOR_EACH_RESULT (result, attempt)
		if (result->role == role) {
			ranks_add(&list, result->rank);
			count++;
		}
	ranks_finish(&list);
	text_format(names, size, "%s%s", count == 1 ? "rank " : "ranks ", list.text);
	return count;
}

static void add_role(struct report *report, const struct attempt *attempt, struct finding *finding,
	enum role role, const char *did)
{
	char names[RANK_LIST_SIZE + 16];

	if (ranks_in_role(attempt, role, names, sizeof names) > 0)
		evidence_say(report, finding, "%s %s", names, did);
}

static const struct rank_result *next_failure(
	const struct attempt *attempt, const struct finding *finding)
{
	const struct rank_result *next = NULL;

	FOR_EACH_RESULT (result, attempt)
		if (result->ended != NULL && result->role != ROLE_CULPRIT &&
			result->at_us >= finding->at_us && result->failure_class != FAILURE_OK &&
			(next == NULL || result->at_us < next->at_us))
			next = result;
	return next;
}

static void add_concurrent_failures(
	struct report *report, const struct attempt *attempt, struct finding *finding)
{
	char names[RANK_LIST_SIZE + 16];
	size_t count = ranks_in_role(attempt, ROLE_CONCURRENT, names, sizeof names);

	if (count == 1 && attempt->concurrent_count == 1)
		evidence_say(report, finding,
			"%s had a fault of its own, too, %.1f ms later: it may be a second cause",
			names, (double)attempt->concurrent[0].after_us / 1000);
	else if (count > 0)
		evidence_say(report, finding,
			"%s had faults of their own, too, within %d ms: each may be a second cause",
			names, CONCURRENT_US / MILLISECONDS);
}

/* Adds the ranks that failed in the same way. Where there are several, and none failed in another
 * way, the cause is likely in what all ranks share. */
static void add_similar(
	struct report *report, const struct attempt *attempt, struct finding *finding)
{
	struct rank_list list = {.text = ""};
	size_t own, count = similar_ranks(attempt, finding, &list, &own);

	if (count > 0)
		evidence_say(report, finding, "rank%s %s failed in the same way, by %s%s",
			count == 1 ? "" : "s", list.text, count == 1 ? "itself" : "themselves",
			count > 1 && count == own
				? ": likely what all share is at fault (program, input, "
				  "environment), not this rank"
				: "");
}

/* Adds at which places those failed, where these differ. */
static void add_places(
	struct report *report, const struct attempt *attempt, struct finding *finding)
{
	struct place_list places = {.count = 0};
	char buffer[512];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	similar_places(attempt, finding, &places);
	if (places_write(&places, &text))
		evidence_say(report, finding, "their lines differ: %s", buffer);
}

void evidence_of_others(
	struct report *report, const struct attempt *attempt, struct finding *finding)
{
	const struct rank_result *next = next_failure(attempt, finding);
	bool has_time = finding->process != NULL && finding->process->termination != NULL;

	if (has_time && next != NULL && !finding->process->gone_when_asked)
		evidence_say(report, finding, "the next to fail was rank %ld, %.1f ms later by %s",
			(long)next->rank, (double)(next->at_us - finding->at_us) / 1000,
			next->ended->clock == finding->process->clock ? "the same clock"
								      : "another host's clock");
	if (has_time)
		add_concurrent_failures(report, attempt, finding);
	add_similar(report, attempt, finding);
	add_places(report, attempt, finding);
	add_role(report, attempt, finding, ROLE_PEER_LOSS, "failed after it");
	add_role(
		report, attempt, finding, ROLE_TERMINATED, "ended only after it, by others' doing");
	add_role(report, attempt, finding, ROLE_SILENT, "left no word of an end");
}
