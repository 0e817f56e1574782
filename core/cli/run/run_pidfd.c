/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_pidfd.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How many descriptors are left for other files than pidfds. */
#define RESERVED 16

/* The first version of the kernel's struct pidfd_info and its ioctl, from Linux 6.15's
 * include/uapi/linux/pidfd.h. Kernels with a longer version accept this one. */
struct exit_info {
	uint64_t mask; /* the members that we want, and on return those that the kernel has set */
	uint64_t cgroup;
	uint32_t pid, tgid, ppid;
	uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t exit_code; /* a wait status */
};
_Static_assert(sizeof(struct exit_info) == 64, "the kernel's PIDFD_INFO_SIZE_VER0");

#define GET_INFO _IOWR(0xFF, 11, struct exit_info)
#define INFO_EXIT ((uint64_t)1 << 3)

int pidfd_raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_max > INT_MAX	   ? INT_MAX
	       : limit.rlim_max > RESERVED ? (int)limit.rlim_max - RESERVED
					   : 0;
}

bool process_is_there(pid_t pid, uint64_t start_ticks)
{
	struct process_stat stat;

	return process_stat(pid, &stat) == 0 && stat.start_ticks == start_ticks;
}

int pidfd_of(pid_t pid, uint64_t start_ticks, int below)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int error = EMFILE;

	if (pidfd < 0)
		return -errno;
	if (pidfd < below) {
		/* Only an open pidfd keeps the pid from being given to another process. */
		if (process_is_there(pid, start_ticks))
			return pidfd;
		error = ESRCH;
	}
	close(pidfd);
	return -error;
}

int pidfd_status(int pidfd)
{
	struct exit_info info = {.mask = INFO_EXIT};

	if (pidfd < 0 || ioctl(pidfd, GET_INFO, &info) < 0 || (info.mask & INFO_EXIT) == 0)
		return STATUS_UNKNOWN;
	return info.exit_code;
}

int zombie_status(pid_t pid, uint64_t start_ticks)
{
	struct process_stat stat;

	if (process_stat(pid, &stat) < 0 || stat.state != 'Z' || stat.start_ticks != start_ticks)
		return STATUS_UNKNOWN;
	return stat.status;
}

uid_t process_user(pid_t pid)
{
	struct stat status;
	char path[32];

	snprintf(path, sizeof path, "/proc/%d", pid);
	return stat(path, &status) == 0 ? status.st_uid : UID_UNKNOWN;
}
