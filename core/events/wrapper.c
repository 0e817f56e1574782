/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/wrapper.h"

#include "core/base/names.h"
#include "core/base/number.h"
#include "core/base/text.h"

/* In place, not by pointers: nothing for the loader to relocate. */
#define NAME_SIZE sizeof "catchsegv"

static const char shells[][NAME_SIZE] = {
	"sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "busybox"};

static const char starters[][NAME_SIZE] = {"timeout", "time", "nice", "ionice", "chrt", "taskset",
	"nohup", "env", "stdbuf", "setsid", "xvfb-run", "sudo", "su", "runuser", "setpriv",
	"numactl", "catchsegv", "strace", "ltrace", "nsys", "ncu", "perf", "tini", "dumb-init"};

static const char interpreters[][NAME_SIZE] = {"python", "perl", "ruby", "lua", "tclsh"};

static const char launchers[][NAME_SIZE] = {"orterun", "prterun", "prte", "prun", "mpirun",
	"mpiexec", "srun", "aprun", "jsrun", "flux"};

/* Whether PROGRAM is one of COUNT NAMES, or one with a version or a kind: "python3.11",
 * "mpiexec.hydra". */
static bool has_name(const char (*names)[NAME_SIZE], size_t count, const char *program)
{
	for (size_t i = 0; i < count; i++) {
		const char *rest = text_after(program, names[i]);

		if (rest != NULL && (*rest == '\0' || *rest == '.' || is_digit(*rest)))
			return true;
	}
	return false;
}

bool program_is_interpreter(const char *program)
{
	return program_is_shell(program) ||
	       has_name(interpreters, sizeof interpreters / sizeof *interpreters, program);
}

bool program_is_launcher(const char *program)
{
	return has_name(launchers, sizeof launchers / sizeof *launchers, program);
}

bool program_forwards(const char *program)
{
	static const char daemons[][sizeof "hydra_pmi_proxy"] = {
		"orted", "prted", "hydra_pmi_proxy"};

	return program_is_launcher(program) || names_find(NAMES(daemons), program) >= 0;
}

bool program_is_shell(const char *program)
{
	return names_find(NAMES(shells), program) >= 0;
}

bool program_is_starter(const char *program)
{
	return names_find(NAMES(starters), program) >= 0;
}
