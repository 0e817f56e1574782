/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/proc.h"

#include "core/base/number.h"
#include "core/base/sys.h"
#include "core/base/text.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define EXITING 0x4 /* PF_EXITING of the kernel's task flags, which are the same since 2.6 */

/* With IS_LINE up to the end of a line, which spares the system call that finds the file's end. */
static ssize_t read_whole(const char *path, char *buffer, size_t size, bool is_line)
{
	int fd = sys_open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);
	size_t length = 0;
	ssize_t count = 0;
	int interrupted = 0;

	if (fd < 0)
		return fd;
	while (length < size - 1) {
		count = sys_read(fd, buffer + length, size - 1 - length);
		if (count == -EINTR && interrupted++ < SYS_INTERRUPTS_MAX)
			continue;
		if (count <= 0)
			break;
		length += (size_t)count;
		if (is_line && buffer[length - 1] == '\n')
			break;
	}
	sys_close(fd);
	if (count < 0)
		return count;
	buffer[length] = '\0';
	return (ssize_t)length;
}

ssize_t file_read(const char *path, char *buffer, size_t size)
{
	return read_whole(path, buffer, size, false);
}

/* Returns the start of the field behind COUNT blanks; NULL if there are fewer. */
static const char *skip_fields(const char *at, int count)
{
	for (; at != NULL && count > 0; at++) {
		if (*at == '\0')
			return NULL;
		count -= *at == ' ';
	}
	return at;
}

/*
 * Whether the first thread is about to terminate, by STATE, the state field of /proc/PID/stat, and
 * the fields of its flags and of its pending signals. The kernel turns a signal that terminates a
 * process into a SIGKILL for each of its threads.
 */
static bool is_ending(char state, const char *flags, const char *pending)
{
	return state != 'Z' && state != 'X' && flags != NULL && pending != NULL &&
	       ((number_prefix(flags) & EXITING) != 0 ||
		       (number_prefix(pending) & (1 << (SIGKILL - 1))) != 0);
}

/* The longest comm, that of a kernel's worker, and what stands before it. */
#define HEAD_MOST (sizeof "4194304 (" + 64)

int process_stat(pid_t pid, struct process_stat *ret_stat)
{
	struct process_stat stat = {0};
	char path[32], line[1024];
	const char *open, *close, *flags, *start, *pending, *status;
	ssize_t count;
	size_t length;

	text_format(path, sizeof path, pid == 0 ? "/proc/self/stat" : "/proc/%d/stat", pid);
	count = read_whole(path, line, sizeof line, true);
	if (count < 0)
		return -ESRCH;
	/* A comm may hold blanks and parentheses: it ends at the last ')'. */
	length = (size_t)count < HEAD_MOST ? (size_t)count : HEAD_MOST;
	open = memchr(line, '(', length);
	close = memrchr(line, ')', length);
	if (open == NULL || close == NULL || close < open || line + count < close + 5)
		return -EBADMSG;
	length = (size_t)(close - open) - 1;
	memcpy(stat.comm, open + 1, length < sizeof stat.comm ? length : sizeof stat.comm - 1);
	stat.state = close[2];
	stat.ppid = (pid_t)number_prefix(close + 4);
	flags = skip_fields(close + 2, 6); /* from field 3, state, to field 9 */
	start = skip_fields(flags, 13);	   /* field 22, starttime */
	if (start == NULL)
		return -EBADMSG;
	pending = skip_fields(start, 9);   /* field 31, signal */
	status = skip_fields(pending, 21); /* field 52, exit_code, since Linux 3.5 */
	stat.start_ticks = (uint64_t)number_prefix(start);
	stat.status = status == NULL ? 0 : (int)number_prefix(status);
	stat.is_ending = is_ending(stat.state, flags, pending);
	*ret_stat = stat;
	return 0;
}

bool process_is_stopped(pid_t pid)
{
	struct process_stat stat;

	return process_stat(pid, &stat) == 0 && stat.state == 'T';
}

void boot_id_read(char ret_id[BOOT_ID_SIZE])
{
	char line[BOOT_ID_SIZE + 1]; /* room for the newline, so that one read(2) is enough */

	ret_id[0] = '\0';
	if (file_read("/proc/sys/kernel/random/boot_id", line, sizeof line) >= BOOT_ID_SIZE - 1) {
		memcpy(ret_id, line, BOOT_ID_SIZE - 1);
		ret_id[BOOT_ID_SIZE - 1] = '\0';
	}
}

uint64_t proc_mask(const char *lines, const char *key)
{
	const char *at = strstr(lines, key);

	if (at == NULL)
		return 0;
	at += strlen(key);
	return number_take_hex(&at);
}
