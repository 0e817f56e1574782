/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_members.h"

#include "core/base/grow.h"
#include "core/base/hash.h"
#include "core/base/number.h"
#include "core/base/order.h"
#include "core/base/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has_exe(const char *process, const char *exe)
{
	char path[64], own[4096];
	ssize_t length;

	snprintf(path, sizeof path, "/proc/%s/exe", process);
	length = readlink(path, own, sizeof own - 1);
	own[length > 0 ? length : 0] = '\0';
	return length > 0 && strcmp(own, exe) == 0;
}

/* Adds process PID. Returns false where there is no memory. */
static bool add(struct members *members, const struct tracking *tracking, pid_t pid, pid_t monitor)
{
	struct process_stat stat;

	if (process_stat(pid, &stat) < 0)
		return true;
	if (!grow(&members->list, &members->room, members->count, sizeof *members->list))
		return false;
	members->list[members->count] = (struct member){
		.pid = pid,
		.ppid = stat.ppid,
		.start_ticks = stat.start_ticks,
		.descends = pid == monitor || tracked_find(tracking, pid, stat.start_ticks) != NULL,
		.is_member = stat.state != 'Z' && stat.state != 'X',
	};
	memcpy(members->list[members->count++].comm, stat.comm, sizeof stat.comm);
	return true;
}

static int compare_pids(const void *a, const void *b)
{
	const struct member *one = a, *other = b;

	return COMPARE(one->pid, other->pid);
}

/* Whether the parent of process AT is the job's. */
static bool is_below(const struct members *members, size_t at)
{
	const struct member wanted = {.pid = members->list[at].ppid};
	const struct member *found =
		bsearch(&wanted, members->list, members->count, sizeof wanted, compare_pids);

	return found != NULL && found->descends;
}

/* Keeps as members those processes that are the job's, and no vigil. */
static void choose(struct members *members)
{
	char exe[4096], name[16];
	ssize_t length = readlink("/proc/self/exe", exe, sizeof exe - 1);
	bool again = true;

	exe[length > 0 ? length : 0] = '\0';
	while (again) {
		again = false;
		for (size_t i = 0; i < members->count; i++)
			if (!members->list[i].descends && is_below(members, i))
				again = members->list[i].descends = true;
	}
	for (size_t i = 0; i < members->count; i++) {
		snprintf(name, sizeof name, "%d", (int)members->list[i].pid);
		members->list[i].is_member &= members->list[i].descends && !has_exe(name, exe);
		members->member_count += members->list[i].is_member;
	}
}

/* Sets the list of MEMBERS. Returns false where it is not known. */
static bool find(struct members *members, const struct tracking *tracking, pid_t monitor)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	bool good = processes != NULL;

	while (good && (entry = readdir(processes)) != NULL)
		if (is_digit(entry->d_name[0]))
			good = add(members, tracking, (pid_t)number_prefix(entry->d_name), monitor);
	if (processes != NULL)
		closedir(processes);
	if (!good)
		return false;
	qsort(members->list, members->count, sizeof *members->list, compare_pids);
	choose(members);
	return members->member_count > 0;
}

/* Adds thread TID of PID. Returns false where it runs, or something from outside may let it. */
static bool add_thread(struct members *members, pid_t pid, pid_t tid)
{
	struct member_thread thread = {.pid = pid, .tid = tid};
	struct live_look look;
	int error = live_thread_look(pid, tid, &look);

	if (error < 0)
		return error == -ESRCH;
	thread.wait = wait_of(pid, tid, &look);
	if (thread.wait.kind == WAIT_OPEN ||
		!grow(&members->threads, &members->thread_room, members->thread_count,
			sizeof *members->threads))
		return false;
	members->threads[members->thread_count++] = thread;
	members->mark = hash_bytes(members->mark, &thread.tid, sizeof thread.tid);
	members->mark = hash_bytes(members->mark, look.seen, strlen(look.seen));
	return true;
}

static bool add_threads(struct members *members, pid_t pid)
{
	char path[64];
	struct dirent *entry;
	bool good = true;
	DIR *tasks;

	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	if (tasks == NULL)
		return false;
	while (good && (entry = readdir(tasks)) != NULL)
		if (is_digit(entry->d_name[0]))
			good = add_thread(members, pid, (pid_t)number_prefix(entry->d_name));
	closedir(tasks);
	return good;
}

/* Whether a process that is known of goes on by itself: that costs little to see, and most do. */
static bool any_goes_on(const struct tracking *tracking)
{
	const struct tracked *process = NULL;
	struct live_look look;

	while ((process = tracked_next(tracking, process)) != NULL)
		if (live_thread_look(process->pid, process->pid, &look) == 0 &&
			wait_of(process->pid, process->pid, &look).kind == WAIT_OPEN)
			return true;
	return false;
}

bool members_wait(struct members *members, const struct tracking *tracking, pid_t monitor)
{
	*members = (struct members){.mark = HASH_BEGIN};
	if (any_goes_on(tracking) || !find(members, tracking, monitor))
		return false;
	FOR_EACH_MEMBER(member, members)
	if (!add_threads(members, member->pid))
		return false;
	return members->thread_count > 0;
}

/* Whether descriptor NAME of process PID is an end of PIPE, and the one that is not waiting. */
static bool is_other_side(pid_t pid, const char *name, const struct pipe_end *pipe)
{
	char path[320], text[256];
	const char *flags;
	struct stat status;
	uint64_t mode;

	snprintf(path, sizeof path, "/proc/%d/fd/%s", (int)pid, name);
	if (!pipe->is_named && (readlink(path, text, 5) < 5 || memcmp(text, "pipe:", 5) != 0))
		return false;
	if (stat(path, &status) < 0 || status.st_dev != pipe->device ||
		status.st_ino != pipe->inode)
		return false;
	snprintf(path, sizeof path, "/proc/%d/fdinfo/%s", (int)pid, name);
	if (file_read(path, text, sizeof text) <= 0 || (flags = strstr(text, "flags:")) == NULL)
		return true; /* it may be */
	mode = strtoul(flags + strlen("flags:"), NULL, 8) & O_ACCMODE;
	return mode == O_RDWR || mode == (pipe->is_writer ? O_WRONLY : O_RDONLY);
}

/* Whether process PID has the other side of PIPE. */
static bool has_other_side(pid_t pid, const struct pipe_end *pipe)
{
	char path[64];
	struct dirent *entry;
	bool found = false;
	DIR *files;

	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	files = opendir(path);
	while (files != NULL && !found && (entry = readdir(files)) != NULL)
		found = is_digit(entry->d_name[0]) && is_other_side(pid, entry->d_name, pipe);
	if (files != NULL)
		closedir(files);
	return found;
}

static bool has_outsiders(const struct members *members, const struct member_thread *waits,
	const struct pipe_end *pipe)
{
	size_t insiders = 0;

	for (size_t i = 0; i < members->count; i++) {
		pid_t pid = members->list[i].pid;

		if (pid == getpid() || pid == waits->pid || !has_other_side(pid, pipe))
			continue;
		if (!members->list[i].is_member)
			return true;
		insiders++;
	}
	return waits->wait.kind == WAIT_PIPES && insiders == 0;
}

bool members_are_outsiders(const struct members *members, const struct member_thread *waits)
{
	for (size_t i = 0; i < waits->wait.count; i++)
		if (has_outsiders(members, waits, &waits->wait.pipes[i]))
			return true;
	return false;
}

void members_release(struct members *members)
{
	free(members->list);
	free(members->threads);
	*members = (struct members){.list = NULL};
}
