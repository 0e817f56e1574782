/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_copy.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

/* Room for some ten thousand events. */
#define COPY_MOST ((size_t)16 * 1024 * 1024)

void run_copy_begin(struct run_copy *copy)
{
	*copy = (struct run_copy){.fd = memfd_create("vigil-events", MFD_CLOEXEC)};
}

void run_copy_add(struct run_copy *copy, const char *line, size_t count)
{
	char newline = '\n';
	struct iovec parts[] = {{(void *)(uintptr_t)line, count}, {&newline, 1}};
	ssize_t written;

	if (copy->fd < 0 || copy->size + count > COPY_MOST)
		return;
	written = writev(copy->fd, parts, 2);
	if (written > 0)
		copy->size += (size_t)written;
}

const char *run_copy_loss(const char *directory)
{
	struct statvfs system;

	if (statvfs(directory, &system) < 0)
		return strerror(errno);
	if ((system.f_flag & ST_RDONLY) != 0)
		return strerror(EROFS);
	return system.f_bavail == 0 || (system.f_files > 0 && system.f_favail == 0)
		       ? strerror(ENOSPC)
		       : "";
}
