/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/live_refusal.h"

#include "core/base/number.h"
#include "core/base/proc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The number behind KEY in the status of PID, "self" or a number; -1: there is none. */
static int64_t status_number(const char *pid, const char *key)
{
	char path[64], wanted[32], status[8192];
	const char *at;

	snprintf(path, sizeof path, "/proc/%s/status", pid);
	snprintf(wanted, sizeof wanted, "\n%s:\t", key);
	if (file_read(path, status, sizeof status) < 0)
		return -1;
	at = strstr(status, wanted);
	return at == NULL ? -1 : number_prefix(at + strlen(wanted));
}

static int64_t yama_scope(void)
{
	char scope[32];

	if (file_read("/proc/sys/kernel/yama/ptrace_scope", scope, sizeof scope) < 0)
		return 0;
	return number_prefix(scope);
}

/* /proc belongs to root where the process may not be dumped. */
static bool is_dumpable(const char *pid, int64_t uid)
{
	char path[64];
	struct stat owner;

	snprintf(path, sizeof path, "/proc/%s/maps", pid);
	return stat(path, &owner) == 0 && owner.st_uid == (uid_t)uid;
}

static void add_refused(struct text *text, const char *pid)
{
	int64_t uid = status_number(pid, "Uid"), scope = yama_scope();

	if (geteuid() != 0 && uid != (int64_t)geteuid())
		text_printf(text, "belongs to user %ld; look at it as that user, or as root",
			(long)uid);
	else if (geteuid() != 0 && !is_dumpable(pid, uid))
		text_add(text, "may not be looked at by its user, as it is not dumpable (prctl(2), "
			       "PR_SET_DUMPABLE: it changed its user, or its program is not "
			       "readable); look at it as root");
	else if (scope >= 3)
		text_add(text, "may not be looked at by anybody, as kernel.yama.ptrace_scope is "
			       "3, until the next boot");
	else if (scope == 2)
		text_add(text, "may be looked at by root alone, as kernel.yama.ptrace_scope is 2");
	else if (scope == 1 && geteuid() != 0)
		text_add(text, "may be looked at by its ancestors alone, as "
			       "kernel.yama.ptrace_scope is 1; look at it as root, or set that to "
			       "0: sysctl kernel.yama.ptrace_scope=0");
	else if (status_number("self", "Seccomp") > 0)
		text_add(text, "is out of reach, as a seccomp filter refuses process_vm_readv(2) "
			       "here; allow it, as the capability SYS_PTRACE of a container does");
	else
		text_add(text, "may not be looked at; the capability SYS_PTRACE is missing, or a "
			       "security module refuses it");
}

void live_refusal_add(struct text *text, pid_t pid, int error)
{
	char number[16];

	snprintf(number, sizeof number, "%d", (int)pid);
	if (error == -ESRCH || error == -ENOENT)
		text_add(text, "no such process");
	else if (error == -EPERM || error == -EACCES)
		add_refused(text, number);
	else if (error == -ENOSYS)
		text_add(text, "is out of reach, as process_vm_readv(2) is not there, or a seccomp "
			       "filter refuses it");
	else
		text_printf(text, "cannot be looked at: %s", strerror(-error));
}
