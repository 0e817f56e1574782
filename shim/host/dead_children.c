/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/host/dead_children.h"

#include "core/base/clock.h"
#include "core/base/number.h"
#include "core/base/proc.h"
#include "core/base/sys.h"
#include "core/base/text.h"
#include "shim/base/process_state.h"
#include "shim/base/sandbox.h"
#include "shim/base/stack.h"

#include <sys/wait.h>

/* How long a look may take, and all looks of a process: one that kills its children one by one does
 * not pay for all of them each time. */
#define LOOK_US 400
#define LOOKS_US 4000

/* Room for the pids of 512 children. */
#define LIST_SIZE 4096

/* Whether a signal has killed PID: it is a zombie, or exits. A process whose first thread alone has
 * ended is a zombie, too, and alive; but its status is 0. */
static bool is_killed(pid_t pid)
{
	struct process_stat stat;

	return process_stat(pid, &stat) == 0 && (stat.state == 'Z' || stat.is_ending) &&
	       WIFSIGNALED(stat.status);
}

/* The number that *AT begins with, and *AT behind the blank that follows it; 0: there is none. */
static pid_t take_pid(const char **at)
{
	pid_t pid = (pid_t)number_take(at, SIZE_MAX);

	*at += **at == ' ';
	return pid;
}

static bool lists(const char *children, pid_t wanted)
{
	pid_t pid;

	while ((pid = take_pid(&children)) > 0)
		if (pid == wanted)
			return true;
	return false;
}

static void note_killed(const char *children)
{
	int64_t begin_us = instant_mono_us();
	int count = 0;
	pid_t pid;

	while (count < DEAD_CHILDREN_MAX && (pid = take_pid(&children)) > 0 &&
		instant_mono_us() - begin_us < LOOK_US)
		if (is_killed(pid))
			atomic_store(&process_words.dead_children[count++], pid);
	atomic_store(&process_words.dead_us, begin_us);
	atomic_store(&process_words.dead_count, count);
	atomic_fetch_add(&process_words.dead_looks_us, (int)(instant_mono_us() - begin_us));
}

static void look(void *of)
{
	const pid_t *pid = of;
	char path[48], children[LIST_SIZE];

	text_format(path, sizeof path, "/proc/self/task/%d/children", sys_gettid());
	if (file_read(path, children, sizeof children) > 0 && lists(children, *pid))
		note_killed(children);
}

void dead_children_look(pid_t pid)
{
	if (sandbox_allows_more() && atomic_load(&process_words.dead_looks_us) < LOOKS_US)
		stack_call(look, &pid);
}

bool dead_children_has(pid_t pid, int64_t *ret_us)
{
	int count = atomic_load(&process_words.dead_count);

	for (int i = 0; i < count; i++)
		if (atomic_load(&process_words.dead_children[i]) == pid) {
			*ret_us = atomic_load(&process_words.dead_us);
			return true;
		}
	return false;
}

void dead_children_forget(void)
{
	if (atomic_load(&process_words.dead_count) != 0)
		atomic_store(&process_words.dead_count, 0);
}
