/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/wrapper.h"

#include "core/base/names.h"

/* In place, not by pointers: nothing for the loader to relocate. */
#define NAME_SIZE sizeof "catchsegv"

static const char shells[][NAME_SIZE] = {
	"sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "busybox"};

static const char starters[][NAME_SIZE] = {"timeout", "time", "nice", "ionice", "chrt", "taskset",
	"nohup", "env", "stdbuf", "setsid", "xvfb-run", "sudo", "su", "runuser", "setpriv",
	"numactl", "catchsegv", "strace", "ltrace", "nsys", "ncu", "perf", "tini", "dumb-init"};

bool program_is_shell(const char *program)
{
	return names_find(NAMES(shells), program) >= 0;
}

bool program_is_starter(const char *program)
{
	return names_find(NAMES(starters), program) >= 0;
}
