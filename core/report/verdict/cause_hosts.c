/* SPDX-License-Identifier: Apache-2.0 */
/* Causes that lie in a host rather than in the program: only its ranks failed so. */
#include "core/report/verdict/verdict.h"

#include "core/report/job/ranks.h"
#include "core/report/verdict/cause_class.h"
#include "core/report/verdict/evidence.h"

#include <string.h>

/* A host may have what another one lacks: a module, a library, room on a disk, a GPU that works. */
static bool may_lie_in_host(enum cause_class class)
{
	switch (class) {
	case CLASS_HOST_OOM:
	case CLASS_CUDA_OOM:
	case CLASS_GPU_HARDWARE:
	case CLASS_SHM_FULL:
	case CLASS_DISK_FULL:
	case CLASS_QUOTA:
	case CLASS_FILE_LIMIT:
	case CLASS_PROCESS_LIMIT:
	case CLASS_IMPORT_ERROR:
	case CLASS_MISSING_LIBRARY:
	case CLASS_UNDEFINED_SYMBOL: return true;
	default: return false;
	}
}

static bool failed_so(
	const struct report *report, const struct rank_result *result, enum cause_class class)
{
	return result->ended != NULL && process_failed(result->ended) &&
	       cause_class_of(&report->job, result->ended).class == class;
}

/* Those of ATTEMPT's ranks that failed by CLASS, all on HOST; empty where one did elsewhere, or no
 * other host has a rank that was heard of. */
static struct rank_list ranks_only_on(const struct report *report, const struct attempt *attempt,
	const char *host, enum cause_class class)
{
	struct rank_list ranks = {.length = 0};
	bool others = false;

	FOR_EACH_RESULT (result, attempt) {
		bool here = result->process != NULL && strcmp(result->process->hostname, host) == 0;

		if (!here && failed_so(report, result, class))
			return (struct rank_list){.length = 0};
		if (here && failed_so(report, result, class))
			ranks_add(&ranks, result->rank);
		others |= result->process != NULL && !here;
	}
	if (!others)
		return (struct rank_list){.length = 0};
	ranks_finish(&ranks);
	return ranks;
}

void cause_hosts_set(struct report *report, struct attempt *attempt)
{
	FOR_EACH_CANDIDATE (finding, attempt) {
		const struct process *process = finding->process;
		enum cause_class class = cause_class_of(&report->job, process).class;
		struct rank_list ranks;

		if (process == NULL || !may_lie_in_host(class))
			continue;
		ranks = ranks_only_on(report, attempt, process->hostname, class);
		if (ranks.text[0] == '\0')
			continue;
		finding->only_on = process->hostname;
		evidence_say(report, finding,
			"only on host %s (rank%s %s): no rank of another host failed so",
			process->hostname, strpbrk(ranks.text, ",-") == NULL ? "" : "s",
			ranks.text);
	}
}
