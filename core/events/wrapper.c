/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/wrapper.h"

#include "core/base/names.h"

static const char *const shells[] = {
	"sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "busybox"};

static const char *const starters[] = {"timeout", "time", "nice", "ionice", "chrt", "taskset",
	"nohup", "env", "stdbuf", "setsid", "xvfb-run", "sudo", "su", "runuser", "setpriv",
	"numactl", "catchsegv", "strace", "ltrace", "nsys", "ncu", "perf", "tini", "dumb-init"};

bool program_is_shell(const char *program)
{
	return names_find(shells, NAMES_COUNT(shells), program) >= 0;
}

bool program_is_starter(const char *program)
{
	return names_find(starters, NAMES_COUNT(starters), program) >= 0;
}
