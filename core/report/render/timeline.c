/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/timeline.h"

static int64_t at_least(int64_t us, int64_t least)
{
	return us > least ? us : least;
}

/* How long after the first event of PROCESS RECORD came, by a clock that has the times of both. */
static int64_t after_first(const struct process *process, const struct event_record *record)
{
	if (record->mono_us > 0 && process->first->mono_us > 0)
		return record->mono_us - process->first->mono_us;
	return record->time_us - process->first->time_us;
}

struct timeline timeline_of(
	const struct report *report, const struct process *process, const struct process *failed)
{
	bool ended = failed != NULL && failed->termination != NULL;
	int64_t end_us = ended ? failed->ended_us : process->last_us;
	bool begins = process->began_us != BEGAN_UNKNOWN;
	struct timeline timeline = {.has_running = begins && process->running != NULL};

	timeline.began_us = at_least((begins ? process->began_us : end_us) - report->began_us, 0);
	timeline.running_us = timeline.began_us;
	if (timeline.has_running)
		timeline.running_us += at_least(after_first(process, process->running), 0);
	timeline.ended_us = at_least(end_us - report->began_us, timeline.running_us);
	return timeline;
}
