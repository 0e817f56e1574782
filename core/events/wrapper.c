/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/wrapper.h"

#include <stddef.h>
#include <string.h>

/* In place, not by pointers: nothing for the loader to relocate. */
#define NAME_SIZE sizeof "catchsegv"

static const char shells[][NAME_SIZE] = {
	"sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "busybox"};

static const char starters[][NAME_SIZE] = {"timeout", "time", "nice", "ionice", "chrt", "taskset",
	"nohup", "env", "stdbuf", "setsid", "xvfb-run", "sudo", "su", "runuser", "setpriv",
	"numactl", "catchsegv", "strace", "ltrace", "nsys", "ncu", "perf", "tini", "dumb-init"};

static bool in_table(const char *name, const char (*table)[NAME_SIZE], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i], name) == 0)
			return true;
	return false;
}

bool program_is_shell(const char *program)
{
	return in_table(program, shells, sizeof shells / sizeof *shells);
}

bool program_is_starter(const char *program)
{
	return in_table(program, starters, sizeof starters / sizeof *starters);
}
