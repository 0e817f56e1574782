/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_kernel_log.h"

#include "core/base/clock.h"
#include "core/base/number.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One read gives one record; the kernel's are not longer. */
#define RECORD_SIZE 8192

#define LINES_MOST 64

/* The facility of the kernel's own records is 0, those that programs write have another one; the
 * lowest three bits of a prefix are the level. */
#define FACILITY_SHIFT 3

/* The inode of the initial pid namespace: PROC_PID_INIT_INO of Linux's include/linux/proc_ns.h. */
#define INITIAL_NAMESPACE "pid:[4026531836]"

static bool is_initial_namespace(void)
{
	char link[sizeof INITIAL_NAMESPACE + 8];
	ssize_t length = readlink("/proc/self/ns/pid", link, sizeof link - 1);

	link[length > 0 ? length : 0] = '\0';
	return strcmp(link, INITIAL_NAMESPACE) == 0;
}

void kernel_log_open(struct kernel_log *ret_log, const char *path)
{
	*ret_log = (struct kernel_log){-1, LINES_MOST, instant_mono_us()};
	if (!is_initial_namespace())
		return;
	ret_log->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (ret_log->fd >= 0)
		lseek(ret_log->fd, 0, SEEK_END);
}

/* When the kernel logged LINE, by its clock, which is CLOCK_MONOTONIC but for a little; now, where
 * it says what cannot be. */
static int64_t time_of(const struct kernel_log *log, const char *line)
{
	const char *comma = strchr(line, ',');
	int64_t at_us, now_us = instant_mono_us();

	comma = comma == NULL ? NULL : strchr(comma + 1, ',');
	at_us = comma == NULL ? 0 : number_prefix(comma + 1);
	return at_us < log->opened_us || at_us > now_us ? now_us : at_us;
}

/* LINE is "PREFIX,NUMBER,TIME,FLAGS[,…];TEXT"; those that begin with a blank belong to the one
 * before, and say nothing about a process. */
static void take_line(
	struct kernel_log *log, const char *line, kernel_log_taker *take, void *context)
{
	const char *semicolon = strchr(line, ';');
	char text[KERNEL_TEXT_SIZE];
	struct kernel_line parsed;

	if (semicolon == NULL || !is_digit(line[0]) || number_prefix(line) >> FACILITY_SHIFT != 0)
		return;
	snprintf(text, sizeof text, "%s", semicolon + 1);
	parsed = kernel_line_parse(text);
	if (parsed.kind == KERNEL_LINE_OTHER || log->left == 0)
		return;
	log->left--;
	take(context, &parsed, text, time_of(log, line));
}

bool kernel_log_read(struct kernel_log *log, kernel_log_taker *take, void *context)
{
	char record[RECORD_SIZE], *rest, *line;
	ssize_t count;

	while (log->fd >= 0) {
		count = read(log->fd, record, sizeof record - 1);
		/* EPIPE: records were lost before they were read */
		if (count < 0 && (errno == EINTR || errno == EPIPE))
			continue;
		if (count <= 0)
			return count < 0 && errno == EAGAIN;
		record[count] = '\0';
		for (rest = record; (line = strsep(&rest, "\n")) != NULL;)
			take_line(log, line, take, context);
	}
	return false;
}

void kernel_log_close(struct kernel_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}
