/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/emit/exec_failure.h"

#include "core/base/memory.h"
#include "core/base/sys.h"
#include "shim/base/late_memory.h"
#include "shim/base/process_state.h"
#include "shim/emit/emit.h"
#include "core/events/program_file.h"

#include <errno.h>
#include <string.h>

#define BEING_WRITTEN (-1)

/* What an event points to. Two threads may wait for vfork children at once, each of which failed in
 * exec: then both events may have the same path. */
static char failed_path[sizeof process_words.failed_exec.path] LARGE_STATIC;

void exec_failure_note(int number, const char *path, char *const *envp)
{
	struct failed_exec *failed = &process_words.failed_exec;
	struct memory_reader reader = {.next = 0};

	/* EFAULT: there is no path, or it cannot be read. A filter refuses the call without a look.
	 */
	if (number == EFAULT || path == NULL || !process_has_begun() ||
		atomic_exchange(&failed->pid, BEING_WRITTEN) == BEING_WRITTEN)
		return;
	failed->number = number;
	failed->at_us = instant_now().mono_us;
	failed->environment = envp;
	atomic_store(&failed->pid,
		memory_read_string(&reader, (uintptr_t)path, failed->path, sizeof failed->path)
			? sys_getpid()
			: 0);
}

void exec_failure_forget(void)
{
	pid_t own;

	if (atomic_load(&process_words.failed_exec.pid) <= 0)
		return;
	own = sys_getpid();
	atomic_compare_exchange_strong(&process_words.failed_exec.pid, &own, 0);
}

/* Take what PID has noted, unless it did so too long ago. */
static bool take(struct event_exec *exec, pid_t pid)
{
	struct failed_exec *failed = &process_words.failed_exec;
	pid_t noted = pid;
	bool taken;

	if (!atomic_compare_exchange_strong(&failed->pid, &noted, BEING_WRITTEN))
		return false;
	taken = instant_now().mono_us - failed->at_us <= EXEC_FAILURE_US;
	if (taken) {
		memcpy(failed_path, failed->path, sizeof failed_path);
		*exec = (struct event_exec){.path = failed_path, .number = failed->number};
	}
	atomic_store(&failed->pid, 0);
	return taken;
}

bool exec_failure_fill(struct event *event)
{
	char *const *environment = process_words.failed_exec.environment;

	if (!take(&event->exec, event->pid))
		return false;
	emit_take_rank(event, environment);
	if (strchr(failed_path, '/') != NULL) /* else it was looked for in PATH */
		program_file_explain(&event->exec);
	return true;
}

bool exec_failure_fill_child(struct event *event, pid_t child)
{
	bool taken = event->how != HOW_NONE && event->exit_code != 0 && take(&event->exec, child);

	atomic_store(&process_words.has_waited, 1);
	if (taken && failed_path[0] == '/') /* the child may have had another directory */
		program_file_explain(&event->exec);
	if (!taken && atomic_load(&process_words.failed_exec.pid) > 0)
		atomic_store(&process_words.failed_exec.pid, 0);
	return taken;
}
