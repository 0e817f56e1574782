/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_descent.h"

#include "core/base/number.h"
#include "core/cli/run/run_pidfd.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

/* The kernel's name of every `vigil run`. */
#define OWN_COMM "vigil"

/* No real chain of parents is longer. */
#define DEPTH_MOST 256

/* A number that means nothing here is nobody's parent. */
static bool is_known(const struct known_table *known, pid_t pid)
{
	const struct known *found = known_find(known, pid, 0);

	return found != NULL && found->state != KNOWN_LOST;
}

bool descends_from_us(const struct known_table *known, pid_t pid)
{
	struct process_stat stat;

	for (int depth = 0; pid > 0 && depth < DEPTH_MOST; depth++) {
		if (pid == getpid() || is_known(known, pid))
			return true;
		if (process_stat(pid, &stat) < 0 || strcmp(stat.comm, OWN_COMM) == 0)
			return false;
		pid = stat.ppid;
	}
	return false;
}

bool descends_from_none(pid_t pid)
{
	struct process_stat stat;

	for (int depth = 0; pid > 0 && depth < DEPTH_MOST; depth++) {
		if (process_stat(pid, &stat) < 0 || strcmp(stat.comm, OWN_COMM) == 0)
			return false;
		pid = stat.ppid;
	}
	return pid == 0;
}

bool somebody_began_at(uint64_t start_ticks)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	bool found = false;

	while (directory != NULL && !found && (entry = readdir(directory)) != NULL) {
		pid_t pid = (pid_t)number_prefix(entry->d_name);

		found = pid > 0 && process_is_there(pid, start_ticks);
	}
	if (directory != NULL)
		closedir(directory);
	return found;
}
