/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/live_task.h"

#include "core/base/number.h"
#include "core/base/proc.h"

#include <stdio.h>
#include <string.h>

ssize_t live_task_read(pid_t pid, pid_t tid, const char *file, char *buffer, size_t size)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task/%d/%s", (int)pid, (int)tid, file);
	return file_read(path, buffer, size);
}

pid_t live_task_inner(pid_t tid)
{
	static const char key[] = "\nNSpid:\t";
	char status[8192], *at, *end, *tab;

	if (live_task_read(tid, tid, "status", status, sizeof status) < 0)
		return tid;
	at = strstr(status, key);
	end = at == NULL ? NULL : strchr(at + 1, '\n');
	if (end == NULL)
		return tid;
	*end = '\0';
	tab = strrchr(at, '\t'); /* the innermost namespace's number is the last one */
	return (pid_t)number_prefix(tab + 1);
}

int64_t live_task_waits(pid_t pid, pid_t tid)
{
	static const char key[] = "\nvoluntary_ctxt_switches:\t";
	char status[8192];
	const char *at;

	if (live_task_read(pid, tid, "status", status, sizeof status) < 0)
		return -1;
	at = strstr(status, key);
	return at == NULL ? -1 : number_prefix(at + sizeof key - 1);
}

bool live_task_runs_on(const struct live_running *running)
{
	char place[256];

	return live_task_waits(running->pid, running->tid) == running->waits &&
	       live_task_read(running->pid, running->tid, "syscall", place, sizeof place) > 0 &&
	       strchr(place, ' ') == NULL;
}
