/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/stacks/stacks_ask.h"

#include "core/base/clock.h"
#include "core/base/order.h"
#include "core/cli/stacks/stacks_json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_US 20000

/* No host has more to say. */
#define ANSWER_MOST ((off_t)1 << 30)

static sigset_t held_signals(void)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGHUP);
	return held;
}

void stacks_ask_begin(
	struct stacks_ask *ask, const char *directory, int64_t samples, int64_t interval_ms)
{
	sigset_t held = held_signals();

	*ask = (struct stacks_ask){
		.directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.began_at_ms = instant_mono_ms(),
		.request = {.samples = samples, .interval_ms = interval_ms},
	};
	if (ask->directory < 0) {
		ask->error = -errno;
		return;
	}
	sigprocmask(SIG_BLOCK, &held, &ask->mask);
	ask->error = stacks_request_make(ask->directory, &ask->request);
	if (ask->error < 0) {
		close(ask->directory);
		ask->directory = -1;
		sigprocmask(SIG_SETMASK, &ask->mask, NULL);
	}
}

bool stacks_ask_is_interrupted(const struct stacks_ask *ask)
{
	sigset_t pending;

	return ask->directory >= 0 && sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
		       sigismember(&pending, SIGHUP));
}

/* Gives PROCESS, of an answer, its rank. Returns whether it was asked for, and is not there yet. */
static bool note_process(struct stacks_targets *targets, struct stacks_process *process)
{
	for (size_t i = 0; i < targets->elsewhere_count; i++) {
		struct stacks_elsewhere *known = &targets->elsewhere[i];

		if (known->pid != process->pid || known->is_shown ||
			strcmp(known->host, process->host) != 0)
			continue;
		known->is_shown = true;
		process->rank = known->rank;
		return true;
	}
	return false;
}

/* Keeps of the processes of SET from index BEFORE on those that were asked for. */
static void keep_known(struct stacks_targets *targets, struct stacks_set *set, size_t before)
{
	size_t kept = before;

	for (size_t i = before; i < set->count; i++)
		if (note_process(targets, &set->list[i]))
			set->list[kept++] = set->list[i];
		else
			free(set->list[i].threads);
	set->count = kept;
}

/* Adds the answer NAME of HOST. Returns 0 or -ENOMEM. */
static int take(struct stacks_ask *ask, struct stacks_set *set, struct stacks_targets *targets,
	const char *name, const char *host)
{
	int fd = openat(ask->directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	size_t before = set->count;
	void *bytes = MAP_FAILED;
	struct stat stat;
	int error = 0;

	if (fd < 0)
		return 0;
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_size > 0 &&
		stat.st_size < ANSWER_MOST)
		bytes = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes != MAP_FAILED) {
		error = stacks_json_read(set, bytes, (size_t)stat.st_size, host);
		munmap(bytes, (size_t)stat.st_size);
	}
	close(fd);
	unlinkat(ask->directory, name, 0);
	keep_known(targets, set, before);
	return error == -ENOMEM ? error : 0;
}

/* Takes the answers that are there, and in *RET_BUSY whether a host is at work. Returns 0 or
 * -ENOMEM. */
static int take_all(struct stacks_ask *ask, struct stacks_set *set, struct stacks_targets *targets,
	bool *ret_busy)
{
	int fd = openat(ask->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = 0;
	DIR *files = fd < 0 ? NULL : fdopendir(fd);
	char host[NAME_MAX + 1];
	struct dirent *entry;
	bool is_whole;

	*ret_busy = false;
	if (files == NULL)
		return fd < 0 ? 0 : (close(fd), -ENOMEM);
	while (error == 0 && (entry = readdir(files)) != NULL) {
		if (!stacks_answer_parse(entry->d_name, ask->request.id, host, &is_whole))
			continue;
		*ret_busy |= !is_whole;
		if (is_whole)
			error = take(ask, set, targets, entry->d_name, host);
	}
	closedir(files);
	return error;
}

static bool is_all_shown(const struct stacks_targets *targets)
{
	for (size_t i = 0; i < targets->elsewhere_count; i++)
		if (!targets->elsewhere[i].is_shown)
			return false;
	return true;
}

/* By rank, then by host, ours before others, and pid: answers come in any order. */
static int compare_processes(const void *a, const void *b)
{
	const struct stacks_process *one = a, *other = b;
	const char *host = one->host == NULL ? "" : one->host,
		   *others = other->host == NULL ? "" : other->host;

	return COMPARE(one->rank, other->rank)
		       ?: strcmp(host, others) ?: COMPARE(one->pid, other->pid);
}

int stacks_ask_end(struct stacks_ask *ask, struct stacks_set *set, struct stacks_targets *targets)
{
	int64_t silent_by = ask->began_at_ms + STACKS_SILENT_MS,
		busy_by = ask->began_at_ms + STACKS_BUSY_MS +
			  (ask->request.samples - 1) * ask->request.interval_ms;
	bool busy = true;
	int error = 0;

	if (ask->directory < 0)
		return 0;
	while (error == 0 && !is_all_shown(targets) && !stacks_ask_is_interrupted(ask) &&
		instant_mono_ms() < (busy ? busy_by : silent_by)) {
		error = take_all(ask, set, targets, &busy);
		usleep(LOOK_US);
	}
	if (set->count > 0)
		qsort(set->list, set->count, sizeof *set->list, compare_processes);
	stacks_request_remove(ask->directory, ask->request.id);
	close(ask->directory);
	ask->directory = -1;
	sigprocmask(SIG_SETMASK, &ask->mask, NULL);
	return error;
}
