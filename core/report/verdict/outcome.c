/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/verdict.h"

#include "core/base/grow.h"
#include "core/base/proc.h"
#include "core/report/job/monitors.h"
#include "core/report/job/rules.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* How many hosts that are not over are named, and room for their names. */
#define MISSING_NAMED 8
#define MISSING_SIZE 600

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

/* The command of MONITOR; NULL: nothing was heard of it. */
static const struct process *command_of(const struct job *job, const struct monitor_run *monitor)
{
	FOR_EACH_PROCESS (process, job)
		if (monitor_started(monitor, process) && was_seen(process))
			return process;
	return NULL;
}

/* PROCESS says more of how a run of several `vigil run`s ended than ROOT: it failed, and before
 * ROOT did; or none failed, and it began before ROOT. */
static bool is_more_of_a_joint_root(const struct process *process, const struct process *root)
{
	if (root == NULL || process_failed(process) != process_failed(root))
		return root == NULL || process_failed(process);
	if (process_failed(process))
		return process->ended_us < root->ended_us;
	return beginning(process) < beginning(root);
}

/* The command that stands for those of all `vigil run`s of the run; NULL: there is none. */
static const struct process *find_joint_root(const struct job *job)
{
	const struct process *root = NULL, *command;

	for (size_t i = 0; i < job->monitor_count; i++) {
		command = job->monitors[i].replaced ? NULL : command_of(job, &job->monitors[i]);
		if (command != NULL && is_more_of_a_joint_root(command, root))
			root = command;
	}
	return root;
}

static const struct process *find_root(const struct job *job)
{
	const struct process *root = find_joint_root(job);

	if (root != NULL)
		return root;

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
	if (report->root->termination != NULL && report->job.monitor_count < 2)
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

/* This machine, as it runs now. */
struct machine {
	char hostname[HOST_NAME_MAX + 1], boot_id[BOOT_ID_SIZE];
};

static struct machine this_machine(void)
{
	struct machine here = {.hostname = ""};

	boot_id_read(here.boot_id);
	gethostname(here.hostname, sizeof here.hostname - 1);
	return here;
}

/* The process PID, which began at START_TICKS, was of this machine, and is not there. */
static bool is_gone(const struct machine *here, const char *hostname, const char *boot_id,
	pid_t pid, uint64_t start_ticks)
{
	struct process_stat stat;

	return start_ticks != 0 && strcmp(hostname, here->hostname) == 0 &&
	       strcmp(boot_id, here->boot_id) == 0 &&
	       (process_stat(pid, &stat) < 0 || stat.start_ticks != start_ticks ||
		       stat.state == 'Z');
}

/* A process without a termination may still run: where events were lost, none does. */
static bool any_may_run(const struct report *report)
{
	struct machine here = this_machine();

	FOR_EACH_PROCESS (process, &report->job)
		if (process->termination == NULL && was_seen(process) &&
			!is_gone(&here, process->hostname, process->boot_id, process->pid,
				process->start_ticks))
			return true;
	return false;
}

/* Appends the hosts of REPORT's missing ones, of those that were killed if GONE, of the others if
 * not. Returns how many there are. */
static size_t add_missing(const struct report *report, bool gone, struct text *text)
{
	size_t count = 0;

	for (size_t i = 0; i < report->missing_count; i++) {
		if (report->missing[i].is_gone != gone)
			continue;
		if (count++ < MISSING_NAMED)
			text_printf(
				text, "%s%s", count == 1 ? "" : ", ", report->missing[i].hostname);
	}
	if (count > MISSING_NAMED)
		text_printf(text, " and %zu more", count - MISSING_NAMED);
	return count;
}

/* Sets the sentence about the hosts that are not over. */
static void say_missing(struct report *report)
{
	char running[MISSING_SIZE], killed[MISSING_SIZE];
	struct text some, others;
	size_t count, gone;

	text_init(&some, running, sizeof running);
	text_init(&others, killed, sizeof killed);
	count = add_missing(report, false, &some);
	gone = add_missing(report, true, &others);
	if (count == 1)
		report->missing_text = report_say(report, "1 of %zu hosts has not ended: %s",
			report->monitor_hosts, some.data);
	else if (count > 1)
		report->missing_text = report_say(report, "%zu of %zu hosts have not ended: %s",
			count, report->monitor_hosts, some.data);
	if (gone > 0)
		report->missing_text = report_say(report, "%s%svigil run was killed on %s",
			count == 0 ? "" : report->missing_text, count == 0 ? "" : "; ",
			others.data);
}

/* Sets the hosts whose `vigil run` has not ended, or was killed, as far as is known; the monitors
 * are sorted by host. */
static int set_missing_hosts(struct report *report)
{
	struct machine here = this_machine();
	size_t room = 0;

	for (size_t i = 0; i < report->job.monitor_count; i++) {
		const struct monitor_run *monitor = &report->job.monitors[i];
		const char *last = i == 0 ? "" : monitor[-1].hostname;

		report->monitor_hosts += strcmp(last, monitor->hostname) != 0;
		if (monitor->ended_us != INT64_MIN || monitor->replaced)
			continue;
		if (!grow(&report->missing, &room, report->missing_count, sizeof *report->missing))
			return -ENOMEM;
		report->missing[report->missing_count++] = (struct missing_host){
			monitor->hostname, is_gone(&here, monitor->hostname, monitor->boot_id,
						   monitor->pid, monitor->start_ticks)};
	}
	if (report->job.monitor_count > 1)
		say_missing(report);
	return 0;
}

/* Of a run of several `vigil run`s, whose first failure is the root's. */
static enum outcome outcome_of_all(const struct report *report)
{
	if (process_failed(report->root))
		return OUTCOME_FAILED;
	for (size_t i = 0; i < report->missing_count; i++)
		if (!report->missing[i].is_gone)
			return OUTCOME_RUNNING;
	return report->missing_count > 0 || report->root->termination == NULL ? OUTCOME_UNKNOWN
									      : OUTCOME_SUCCEEDED;
}

/* The launcher of MPI that was waited for succeeded although not one of the ranks did: Hydra does
 * that after a Ctrl-C, and where the status of a rank is lost. */
static bool hides_failures(const struct report *report)
{
	size_t failed = 0;

	if (report->root->termination == NULL || process_failed(report->root) ||
		!rules_name_is(NAME_LAUNCHER, report->root->program) ||
		rules_name_is(NAME_TIMER, report->root->program))
		return false;
	FOR_EACH_PROCESS (process, &report->job) {
		if (process->is_rank && !process_failed(process))
			return false;
		failed += process->is_rank;
	}
	return failed > 0;
}

static enum outcome outcome_of(const struct report *report)
{
	const struct process *root = report->root;

	if (report->job.monitor_count > 1)
		return outcome_of_all(report);
	if (root->termination != NULL && (root->agent_termination == NULL || root->is_rank) &&
		other_tree_failed(&report->job))
		return OUTCOME_FAILED;
	if (hides_failures(report))
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
	if (set_missing_hosts(report) < 0)
		return -ENOMEM;
	report->root = find_root(&report->job);
	count_processes(report);
	report->outcome = outcome_of(report);
	set_times(report);
	return set_hosts(report);
}
