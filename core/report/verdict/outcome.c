/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/verdict.h"

#include "core/base/grow.h"
#include "core/base/proc.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* When PROCESS began; where that is unknown, when its first child did, or its termination was. */
static int64_t beginning(const struct process *process)
{
	int64_t earliest = process->ended_us;

	if (process->began_us != BEGAN_UNKNOWN)
		return process->began_us;
	for (const struct process *child = process->child; child != NULL; child = child->sibling)
		if (child->began_us != BEGAN_UNKNOWN && child->began_us < earliest)
			earliest = child->began_us;
	return earliest;
}

/* PROCESS is a better root than ROOT. The root is the process that `vigil run` waited for, the
 * first of them, as it may also wait for orphans; where it waited for none, the first process. */
static bool is_more_of_a_root(const struct process *process, const struct process *root)
{
	bool waited = process->agent_termination != NULL;

	if (root == NULL || waited != (root->agent_termination != NULL))
		return root == NULL || waited;
	return beginning(process) < beginning(root);
}

/* PROCESS reported an event, or its waiter a termination. A signal sent to its pid proves nothing:
 * the process may have been gone. */
static bool was_seen(const struct process *process)
{
	return process->init != NULL || process->running != NULL || process->termination != NULL;
}

static const struct process *find_root(const struct job *job)
{
	const struct process *root = NULL;

	FOR_EACH_PROCESS (process, job)
		if (process->parent == NULL && was_seen(process) &&
			is_more_of_a_root(process, root))
			root = process;
	return root == NULL ? &job->processes[0] : root; /* only forged events have no root */
}

static void set_times(struct report *report)
{
	report->began_us = beginning(report->root);
	report->ended_us = report->root->ended_us;
	if (report->root->termination != NULL)
		return;
	report->ended_us = INT64_MIN;
	FOR_EACH_PROCESS (process, &report->job)
		if (process->last_us > report->ended_us)
			report->ended_us = process->last_us;
}

static void count_processes(struct report *report)
{
	FOR_EACH_PROCESS (process, &report->job) {
		report->unfinished += process->termination == NULL && was_seen(process);
		report->failed += process_failed(process);
	}
}

/* A tree of processes failed. Trees of other hosts and launches count where nobody waited for the
 * root, or where the root is only a rank whose launcher reported nothing. */
static bool other_tree_failed(const struct job *job)
{
	FOR_EACH_PROCESS (process, job)
		if (process->parent == NULL && (process->is_rank || process->child != NULL) &&
			process_failed(process))
			return true;
	return false;
}

/* PROCESS was of this machine, as it runs now, and is not there. */
static bool is_gone(const struct process *process, const char *hostname, const char *boot_id)
{
	struct process_stat stat;

	return process->start_ticks != 0 && strcmp(process->hostname, hostname) == 0 &&
	       strcmp(process->boot_id, boot_id) == 0 &&
	       (process_stat(process->pid, &stat) < 0 || stat.start_ticks != process->start_ticks ||
		       stat.state == 'Z');
}

/* A process without a termination may still run: where events were lost, none does. */
static bool any_may_run(const struct report *report)
{
	char hostname[HOST_NAME_MAX + 1] = "", boot_id[BOOT_ID_SIZE];

	boot_id_read(boot_id);
	if (gethostname(hostname, sizeof hostname - 1) < 0)
		return true;
	FOR_EACH_PROCESS (process, &report->job)
		if (process->termination == NULL && was_seen(process) &&
			!is_gone(process, hostname, boot_id))
			return true;
	return false;
}

static enum outcome outcome_of(const struct report *report)
{
	const struct process *root = report->root;

	if (root->termination != NULL && (root->agent_termination == NULL || root->is_rank) &&
		other_tree_failed(&report->job))
		return OUTCOME_FAILED;
	if (root->termination != NULL)
		return root->termination->state == NODE_SUCCEEDED ? OUTCOME_SUCCEEDED
								  : OUTCOME_FAILED;
	return (report->unfinished > 1 || report->failed == 0) && any_may_run(report)
		       ? OUTCOME_RUNNING
		       : OUTCOME_UNKNOWN;
}

/* Sets the hosts of the processes, which are sorted by host. */
static int set_hosts(struct report *report)
{
	size_t room = 0;

	FOR_EACH_PROCESS (process, &report->job) {
		const char *host = process->hostname;

		if (report->host_count > 0 &&
			strcmp(host, report->hosts[report->host_count - 1]) == 0)
			continue;
		if (!grow(&report->hosts, &room, report->host_count, sizeof *report->hosts))
			return -ENOMEM;
		report->hosts[report->host_count++] = host;
	}
	return 0;
}

int outcome_set(struct report *report)
{
	report->root = find_root(&report->job);
	count_processes(report);
	report->outcome = outcome_of(report);
	set_times(report);
	return set_hosts(report);
}
