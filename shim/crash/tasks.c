/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/crash/tasks.h"

#include "core/base/number.h"
#include "core/base/proc.h"
#include "core/base/sys.h"
#include "core/base/text.h"
#include "shim/base/process_state.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

/* The kernel's struct linux_dirent64, which no header declares. */
struct directory_entry {
	uint64_t inode, offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

bool tasks_each(void (*each)(pid_t tid))
{
	_Alignas(struct directory_entry) char entries[4096];
	const struct directory_entry *entry;
	char path[32];
	long count, at;
	pid_t tid;
	int fd;

	text_format(path, sizeof path, "/proc/%d/task", atomic_load(&process_words.owner));
	fd = sys_open(path, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return false;
	while ((count = sys_call(SYS_getdents64, fd, (long)entries, sizeof entries, 0, 0, 0)) > 0)
		for (at = 0; at < count; at += entry->size) {
			entry = (const void *)(entries + at);
			tid = (pid_t)number_prefix(entry->name);
			if (tid > 0)
				each(tid);
		}
	sys_close(fd);
	return true;
}

static bool is_yama_relational(void)
{
	char scope[4];

	return file_read("/proc/sys/kernel/yama/ptrace_scope", scope, sizeof scope) > 0 &&
	       scope[0] == '1';
}

bool tasks_allow_ptrace(void)
{
	return is_yama_relational() && sys_call(SYS_prctl, PR_SET_PTRACER,
					       atomic_load(&process_words.owner), 0, 0, 0, 0) == 0;
}

void tasks_forbid_ptrace(void)
{
	sys_call(SYS_prctl, PR_SET_PTRACER, 0, 0, 0, 0, 0);
}

ssize_t task_read(pid_t tid, const char *file, char *buffer, size_t size)
{
	char path[48];

	text_format(path, sizeof path, "/proc/%d/task/%d/%s", atomic_load(&process_words.owner),
		tid, file);
	return file_read(path, buffer, size);
}

/* The number behind the last "0x" before END. That number is cut off from LINE. */
static uint64_t last_number(char *line, char **end)
{
	const char *at = *end;

	while (at > line && at[-1] != 'x')
		at--;
	*end = at > line + 1 ? line + (at - line) - 2 : line;
	**end = '\0';
	return number_take_hex(&at);
}

/* "202 0x55… 0x189 0x0 0x0 0x0 0xffffffff 0x7f4d97d67e30 0x7f4d97df1f16": proc(5). */
enum task_state task_where(pid_t tid, uint64_t *ret_sp, uint64_t *ret_pc)
{
	char line[256], *end;
	ssize_t length = task_read(tid, "syscall", line, sizeof line);

	if (length <= 0)
		return length == -EPERM || length == -EACCES ? TASK_REFUSED : TASK_GONE;
	if (line[0] == 'r')
		return TASK_RUNS;
	end = line + strlen(line);
	*ret_pc = last_number(line, &end);
	*ret_sp = last_number(line, &end);
	return TASK_WAITS;
}

/* What stands behind KEY in thread TID's status, which is read to LINES; "" where /proc does not
 * say. */
static const char *status_of(pid_t tid, const char *key, char (*lines)[2048])
{
	const char *at = NULL;

	if (task_read(tid, "status", *lines, sizeof *lines) > 0)
		at = strstr(*lines, key);
	return at == NULL ? "" : at + strlen(key);
}

uint64_t task_blocked(pid_t tid)
{
	char lines[2048];
	const char *mask = status_of(tid, "\nSigBlk:\t", &lines);

	return number_take_hex(&mask);
}

pid_t task_tracer(pid_t tid)
{
	char lines[2048];

	return (pid_t)number_prefix(status_of(tid, "\nTracerPid:\t", &lines));
}

bool task_name(pid_t tid, char name[TASK_NAME_SIZE])
{
	ssize_t length = task_read(tid, "comm", name, TASK_NAME_SIZE);

	if (length <= 0)
		name[0] = '\0';
	else if (name[length - 1] == '\n')
		name[length - 1] = '\0';
	return length > 0;
}
