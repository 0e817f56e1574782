/* SPDX-License-Identifier: Apache-2.0 */
/* The first line of the report for people: how the job ended, who failed first. */
#include "core/report/render/render.h"

#include "core/report/job/ranks.h"
#include "core/report/render/page.h"

#define LIST_MOST 24

#define MILLISECOND 1000

void page_add_delta(struct text *line, int64_t us)
{
	int64_t size = us < 0 ? -us : us;

	text_add(line, us < 0 ? "-" : "+");
	if (size < MILLISECOND)
		text_printf(line, "0.%ld ms", (long)(size / 100));
	else
		page_add_duration(line, size);
}

/* "rank 3", "rank 1 or rank 3", "one of ranks 0,8-11". */
static void add_candidates(struct text *line, const struct attempt *attempt)
{
	struct rank_list list = {.length = 0};

	if (attempt->candidate_count > 2 && attempt->count > 0) {
		FOR_EACH_RESULT (result, attempt)
			if (result->role == ROLE_CULPRIT)
				ranks_add(&list, result->rank);
		ranks_finish(&list);
		if (list.length <= LIST_MOST && !list.full)
			text_printf(line, "one of ranks %s", list.text);
		else
			text_printf(line, "one of %zu ranks", attempt->candidate_count);
		return;
	}
	FOR_EACH_CANDIDATE (candidate, attempt) {
		text_add(line, candidate == attempt->candidates ? "" : " or ");
		subject_add(line, candidate->rank, candidate->process);
	}
}

/* ", rank 3 by itself +3 ms", ", 7 more by themselves soon after". */
static void add_concurrent_failures(struct text *line, const struct attempt *attempt)
{
	const struct finding *first = attempt->concurrent;

	if (attempt->concurrent_count == 0 || attempt->candidate_count > 1)
		return;
	text_add(line, ", ");
	if (attempt->concurrent_count > 1) {
		text_printf(line, "%zu more by themselves soon after", attempt->concurrent_count);
		return;
	}
	subject_add(line, first->rank, first->process);
	text_add(line, " by itself ");
	page_add_delta(line, first->after_us);
}

/* RESULT is of a rank that was lost with the host of ATTEMPT: of more than there are candidates. */
static bool is_lost(const struct attempt *attempt, const struct rank_result *result)
{
	return attempt_has_candidate(attempt, result->rank) ||
	       (result->ended == NULL && result->process != NULL &&
		       strcmp(result->process->hostname, attempt->lost_host) == 0);
}

/* "host n2 was lost first, with ranks 2,3 (likely)" */
static void add_lost_host(struct text *line, const struct attempt *attempt)
{
	struct rank_list list = {.length = 0};
	size_t count = 0;

	FOR_EACH_RESULT (result, attempt)
		if (is_lost(attempt, result)) {
			ranks_add(&list, result->rank);
			count++;
		}
	ranks_finish(&list);
	text_printf(line, "host %s was lost first, with ", attempt->lost_host);
	if (list.length <= LIST_MOST && !list.full)
		text_printf(line, "%s %s", count == 1 ? "rank" : "ranks", list.text);
	else
		text_printf(line, "%zu ranks", count);
}

void page_add_verdict(struct text *line, const struct attempt *attempt)
{
	if (!attempt->has_root) {
		text_add(
			line, attempt->count > 0 ? "no rank failed first" : "nothing failed first");
		return;
	}
	if (attempt->common.count > 0) {
		text_printf(line, "%s%zu ranks failed alike (%s a common cause)",
			attempt->common.count == 2 ? "the " : "all ", attempt->common.count,
			confidence_name(attempt->candidates[0].confidence));
		return;
	}
	if (attempt->lost_host != NULL) {
		add_lost_host(line, attempt);
	} else {
		add_candidates(line, attempt);
		text_add(line, " failed first");
	}
	text_printf(line, " (%s)", confidence_name(attempt->candidates[0].confidence));
	add_concurrent_failures(line, attempt);
}

void page_add_crashes(struct text *line, const struct report *report)
{
	text_printf(line, "%zu process%s crashed", report->crash_count,
		report->crash_count == 1 ? "" : "es");
}

void render_headline(const struct report *report, struct text *line)
{
	const struct attempt *last = &report->attempts[report->attempt_count - 1];
	static const char *const verbs[] = {
		[OUTCOME_SUCCEEDED] = "succeeded after ",
		[OUTCOME_FAILED] = "failed after ",
		[OUTCOME_RUNNING] = "has not ended; its last event came after ",
		[OUTCOME_UNKNOWN] = "has no known end; last heard of after ",
	};

	text_printf(line, "vigil: job %s%s%s", report->job.run_id,
		report->job.run_id[0] == '\0' ? "" : " ", verbs[report->outcome]);
	page_add_duration(line, report->ended_us - report->began_us);
	if (report->outcome != OUTCOME_SUCCEEDED &&
		(last->has_root || report->outcome == OUTCOME_FAILED)) {
		text_add(line, ": ");
		if (report->launch_count > 1)
			text_printf(line, "in launch %zu, ", last->launch + 1);
		page_add_verdict(line, last);
	} else if (report->outcome == OUTCOME_SUCCEEDED && last->number > 0) {
		text_printf(line, ", in attempt %ld", (long)last->number);
	}
	if (report->outcome == OUTCOME_SUCCEEDED && report->crash_count > 0) {
		text_add(line, ", and yet ");
		page_add_crashes(line, report);
	}
}
