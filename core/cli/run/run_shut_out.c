/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_shut_out.h"

#include "core/cli/cli.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

uid_t user_of_process(pid_t pid)
{
	struct stat status;
	char path[32];

	snprintf(path, sizeof path, "/proc/%d", pid);
	return stat(path, &status) == 0 ? status.st_uid : UID_UNKNOWN;
}

/* By the mode alone: whether USER is in the directory's group is not asked. */
static bool may_write(const char *directory, uid_t user)
{
	struct stat status;

	return user == 0 || stat(directory, &status) < 0 || status.st_uid == user ||
	       (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

void shut_out_note(struct shut_out *shut_out, uid_t user)
{
	if (user != UID_UNKNOWN && user != geteuid() && !may_write(shut_out->directory, user))
		shut_out->user = user;
}

void shut_out_complain(const struct shut_out *shut_out)
{
	if (shut_out->user != UID_UNKNOWN)
		complain("%s: user %u, as whom processes of this run ran, may not write there: how "
			 "they fared is only known from outside (make a directory that all may "
			 "write to, mode 1777, and name it by -d)",
			shut_out->directory, shut_out->user);
}
