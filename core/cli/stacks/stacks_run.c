/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/stacks/stacks_run.h"

#include "core/base/grow.h"
#include "core/base/proc.h"
#include "core/cli/cli.h"
#include "core/report/job/job.h"

#include <errno.h>
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

/* Names the hosts of JOB, whose processes are in the order of their hosts, that have processes
 * which have not ended, and are not the one of BOOT. */
static size_t name_other_hosts(const struct job *job, const char *boot)
{
	size_t all = 0, count = 0;

	FOR_EACH_PROCESS (process, job) {
		size_t index = (size_t)(process - job->processes) + 1;
		bool is_last =
			index == job->count || strcmp(process[1].hostname, process->hostname) != 0;

		count += process->termination == NULL && strcmp(process->boot_id, boot) != 0;
		if (!is_last || count == 0)
			continue;
		complain("host %s: %zu process%s of the run cannot be reached from this host",
			process->hostname, count, count == 1 ? "" : "es");
		all += count;
		count = 0;
	}
	return all;
}

static int add_job(struct stacks_targets *targets, const struct job *job)
{
	char boot[BOOT_ID_SIZE];
	int error = 0;

	boot_id_read(boot);
	FOR_EACH_PROCESS (process, job)
		if (error == 0 && process->termination == NULL &&
			strcmp(process->boot_id, boot) == 0 && goes_on(process))
			error = stacks_targets_add(targets, process->pid,
				process->is_rank ? process->rank : RANK_UNKNOWN);
	if (error == 0)
		targets->elsewhere += name_other_hosts(job, boot);
	return error;
}

int stacks_targets_add_run(struct stacks_targets *targets, const char *directory)
{
	struct reading reading = {.count = 0};
	struct job job = {.count = 0};
	size_t before = targets->count;
	int error = read_path(&reading, directory);

	if (error == 0)
		error = job_make(&reading, NULL, &job);
	if (error == 0)
		error = add_job(targets, &job);
	if (error == 0 && targets->count == before && targets->elsewhere == 0)
		error = -ESRCH;
	if (error == -ENODATA)
		complain("%s: no events of a run", directory);
	else if (error == -ESRCH)
		complain("%s: no process of the run goes on", directory);
	else if (error < 0)
		complain("%s: %s", directory,
			reading.refused == NULL ? strerror(-error) : reading.refused);
	job_release(&job);
	reading_release(&reading);
	return error;
}
