/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/output_tail.h"

#include "core/base/said.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether FD, which its path led to, is still OUTPUT's file. */
static bool is_still(int fd, const struct event_output *output, off_t *ret_end)
{
	struct stat status;

	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
		(uint64_t)status.st_ino != output->inode || status.st_size < output->offset)
		return false;
	*ret_end = output->offset > 0 ? output->offset : status.st_size;
	return true;
}

bool output_tail_read(const struct event_output *output, char *buffer)
{
	ssize_t got = -1;
	off_t end, start;
	int fd;

	if (output->kind != STREAM_FILE || output->path == NULL)
		return false;
	fd = open(output->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return false;
	if (is_still(fd, output, &end)) {
		start = output->start;
		if (start < end - (off_t)EVENT_SAID_MAX)
			start = end - (off_t)EVENT_SAID_MAX;
		if (start < end)
			got = pread(fd, buffer, (size_t)(end - start), start);
	}
	close(fd);
	return got > 0 && said_make_text(buffer, (size_t)got);
}
