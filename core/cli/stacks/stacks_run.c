/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/stacks/stacks_run.h"

#include "core/base/grow.h"
#include "core/base/number.h"
#include "core/base/proc.h"
#include "core/base/text.h"
#include "core/cli/cli.h"
#include "core/live/live_task.h"
#include "core/report/job/job.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int stacks_targets_add(struct stacks_targets *targets, pid_t pid, int64_t rank)
{
	for (size_t i = 0; i < targets->count; i++)
		if (targets->list[i].pid == pid)
			return 0;
	if (!grow(&targets->list, &targets->room, targets->count, sizeof *targets->list))
		return -ENOMEM;
	targets->list[targets->count++] = (struct stacks_target){pid, rank};
	return 0;
}

/* Whether PROCESS, of this boot, goes on: its pid may belong to another process by now. */
static bool goes_on(const struct process *process)
{
	struct process_stat stat;

	return process->start_ticks != 0 && process_stat(process->pid, &stat) == 0 &&
	       stat.start_ticks == process->start_ticks;
}

/* The process here that has the number and the start of PROCESS in a pid namespace of its own, as
 * one of a container has; 0: there is none. */
static pid_t find_in_namespaces(const struct process *process)
{
	DIR *processes = opendir("/proc");
	struct process_stat stat;
	struct dirent *entry;
	pid_t found = 0, pid;

	if (processes == NULL || process->start_ticks == 0)
		return processes == NULL ? 0 : (closedir(processes), 0);
	while (found == 0 && (entry = readdir(processes)) != NULL) {
		if (!is_digit(entry->d_name[0]))
			continue;
		pid = (pid_t)number_prefix(entry->d_name);
		if (live_task_inner(pid) == process->pid && pid != process->pid &&
			process_stat(pid, &stat) == 0 && stat.start_ticks == process->start_ticks)
			found = pid;
	}
	closedir(processes);
	return found;
}

/* Returns 0 or -ENOMEM. */
static int add_elsewhere(struct stacks_targets *targets, const struct process *process)
{
	struct stacks_elsewhere *added;

	if (!grow(&targets->elsewhere, &targets->elsewhere_room, targets->elsewhere_count,
		    sizeof *targets->elsewhere))
		return -ENOMEM;
	added = &targets->elsewhere[targets->elsewhere_count++];
	*added = (struct stacks_elsewhere){
		.pid = process->pid, .rank = process->is_rank ? process->rank : RANK_UNKNOWN};
	text_format(added->host, sizeof added->host, "%s", process->hostname);
	return 0;
}

static int add_job(struct stacks_targets *targets, const struct job *job)
{
	char boot[BOOT_ID_SIZE];
	int error = 0;
	pid_t pid;

	boot_id_read(boot);
	FOR_EACH_PROCESS (process, job) {
		if (error < 0 || process->termination != NULL)
			continue;
		if (strcmp(process->boot_id, boot) != 0)
			error = add_elsewhere(targets, process);
		else if ((pid = goes_on(process) ? process->pid : find_in_namespaces(process)) > 0)
			error = stacks_targets_add(
				targets, pid, process->is_rank ? process->rank : RANK_UNKNOWN);
	}
	return error;
}

int stacks_targets_add_run(struct stacks_targets *targets, const char *directory, const char *shown)
{
	struct reading reading = {.count = 0};
	struct job job = {.count = 0};
	size_t before = targets->count;
	int error = read_path(&reading, directory);

	if (error == 0)
		error = job_make(&reading, NULL, &job);
	if (error == 0)
		error = add_job(targets, &job);
	if (error == 0 && targets->count == before && targets->elsewhere_count == 0)
		error = -ESRCH;
	if (error == -ENODATA)
		complain("%s: no events of a run", shown);
	else if (error == -ESRCH)
		complain("%s: no process of the run goes on", shown);
	else if (error < 0)
		complain("%s: %s", shown,
			reading.refused == NULL ? strerror(-error) : reading.refused);
	job_release(&job);
	reading_release(&reading);
	return error;
}

void stacks_targets_release(struct stacks_targets *targets)
{
	free(targets->list);
	free(targets->elsewhere);
	*targets = (struct stacks_targets){.count = 0};
}
