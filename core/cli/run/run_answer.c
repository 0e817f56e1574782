/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_answer.h"

#include "core/base/clock.h"
#include "core/base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define LOOK_US 1000000
#define BUSY_US 20000 /* while a helper works */

/* What the helper is to do. */
struct task {
	struct stacks_request request;
	const struct tracking *tracking;
	const char *part; /* the name of the file in the run directory */
};

/* Whether request ID is a new one, which it is no more afterwards. */
static bool is_new(struct answering *answering, const char *id)
{
	for (size_t i = 0; i < ANSWERS_KEPT; i++)
		if (strcmp(answering->done[i], id) == 0)
			return false;
	memcpy(answering->done[answering->next_done++ % ANSWERS_KEPT], id, STACKS_ID_SIZE);
	return true;
}

/* The processes that go on, with commas between them; "": there are none. malloc'ed. */
static char *list_pids(const struct tracking *tracking)
{
	const struct tracked *process = NULL;
	size_t size = 0;
	char *list = NULL;
	FILE *to = open_memstream(&list, &size);

	if (to == NULL)
		return NULL;
	while ((process = tracked_next(tracking, process)) != NULL)
		if (process->state <= TRACKED_UNPOLLED)
			fprintf(to, "%s%d", ftell(to) == 0 ? "" : ",", (int)process->pid);
	fclose(to);
	return list;
}

/* The helper's work: becomes `vigil stacks`, which writes to the file. SOCKET, which it keeps,
 * shows the monitor when it has ended. */
static void answer(int socket, const void *argument)
{
	const struct task *task = argument;
	char samples[48], interval[64], *pids = list_pids(task->tracking);
	int directory = open(task->tracking->rundir->absolute, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int output = openat(
		directory, task->part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	sigset_t none;

	if (output < 0 || pids == NULL)
		return;
	if (pids[0] == '\0') {
		dprintf(output, "{\"schema\":\"vigil.stacks/1\",\"processes\":[]}\n");
		return;
	}
	snprintf(samples, sizeof samples, "--samples=%ld", (long)task->request.samples);
	snprintf(interval, sizeof interval, "--interval=%ld.%03ld",
		(long)task->request.interval_ms / 1000, (long)task->request.interval_ms % 1000);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	unsetenv("LD_PRELOAD");
	dup2(output, STDOUT_FILENO);
	fcntl(socket, F_SETFD, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execl("/proc/self/exe", "vigil", "stacks", "--json", "--pid", pids, samples, interval,
		(char *)NULL);
}

/* Start answering the request in the file NAME of DIRECTORY, unless it was. */
static void begin(struct answering *answering, const struct tracking *tracking, int directory,
	const char *name)
{
	struct task task = {.tracking = tracking, .part = answering->part};

	if (!stacks_request_read(directory, name, &task.request) ||
		strcmp(task.request.boot, tracking->agent->boot_id) == 0 ||
		!is_new(answering, task.request.id))
		return;
	text_format(answering->request, sizeof answering->request, "%s", name);
	stacks_answer_name(answering->name, task.request.id, tracking->agent->hostname, getpid());
	snprintf(answering->part, sizeof answering->part, "%s" STACKS_PART_SUFFIX, answering->name);
	answering->is_busy =
		helper_start(&answering->helper, "vigil-stacks", answer, &task, false) == 0;
}

/* Search DIRECTORY, which is closed, for a request. */
static void search(struct answering *answering, const struct tracking *tracking, int directory)
{
	DIR *files = fdopendir(directory);
	struct dirent *entry;

	if (files == NULL) {
		close(directory);
		return;
	}
	while (!answering->is_busy && (entry = readdir(files)) != NULL)
		if (strncmp(entry->d_name, STACKS_REQUEST_PREFIX, strlen(STACKS_REQUEST_PREFIX)) ==
			0)
			begin(answering, tracking, dirfd(files), entry->d_name);
	closedir(files);
}

/* Where the helper has ended, its answer is whole; where the request is gone, so is the answer. */
static void attend(struct answering *answering, const char *path)
{
	int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool is_over = helper_is_over(&answering->helper);
	bool is_wanted = faccessat(directory, answering->request, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	if (is_over || !is_wanted) {
		helper_end(&answering->helper, 0);
		answering->is_busy = false;
		answering->is_changed = true; /* there may be another request */
		if (is_over && is_wanted)
			renameat(directory, answering->part, directory, answering->name);
		else
			unlinkat(directory, answering->part, 0);
	}
	if (directory >= 0)
		close(directory);
}

static void look(struct answering *answering, const struct tracking *tracking)
{
	/* Of a directory that is opened, a file server is asked when it has changed. */
	int directory =
		open(tracking->rundir->absolute, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	struct stat stat;
	bool was_changed;

	if (directory < 0)
		return;
	was_changed = answering->is_changed;
	answering->is_changed = fstat(directory, &stat) == 0 &&
				(stat.st_mtim.tv_sec != answering->changed.tv_sec ||
					stat.st_mtim.tv_nsec != answering->changed.tv_nsec);
	if (!was_changed && !answering->is_changed) {
		close(directory);
		return;
	}
	answering->changed = stat.st_mtim;
	search(answering, tracking, directory);
}

/* The kernel reports every change of the directory PATH (inotify(7)), as all of its hosts are in
 * this kernel. */
static bool is_local(const char *path)
{
	static const long types[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
		F2FS_SUPER_MAGIC, TMPFS_MAGIC, RAMFS_MAGIC, OVERLAYFS_SUPER_MAGIC};
	struct statfs system;

	if (statfs(path, &system) != 0)
		return false;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if ((long)system.f_type == types[i])
			return true;
	return false;
}

void answer_begin(struct answering *answering, const struct tracking *tracking)
{
	*answering = (struct answering){.is_local = is_local(tracking->rundir->absolute)};
}

int answer_look(struct answering *answering, const struct tracking *tracking, int timeout)
{
	int64_t now = instant_mono_us(), left;

	if (now >= answering->look_at_us) {
		if (answering->is_busy)
			attend(answering, tracking->rundir->absolute);
		if (!answering->is_busy)
			look(answering, tracking);
		if (answering->is_busy)
			answering->look_at_us = now + BUSY_US;
		else
			answering->look_at_us = answering->is_local ? 0 : now + LOOK_US;
	}
	if (answering->look_at_us == 0)
		return timeout;
	left = (answering->look_at_us - now + 999) / 1000;
	return timeout >= 0 && timeout < left ? timeout : (int)left;
}

void answer_end(struct answering *answering, const struct tracking *tracking)
{
	char path[PATH_MAX + NAME_MAX + 16];

	if (!answering->is_busy)
		return;
	helper_end(&answering->helper, 0);
	answering->is_busy = false;
	snprintf(path, sizeof path, "%s/%s", tracking->rundir->absolute, answering->part);
	unlink(path);
}
