/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/host/forwarding.h"

#include "core/events/wrapper.h"
#include "shim/base/real.h"
#include "shim/emit/forwarded.h"
#include "shim/emit/preload_settings.h"

#include <errno.h>

/* libc's functions. */
static struct {
	ssize_t (*read)(int fd, void *bytes, size_t count);
	ssize_t (*read_chk)(int fd, void *bytes, size_t count, size_t size);
} before;

/* A read from a terminal whose other side is gone fails with EIO. */
static ssize_t keep(int fd, const void *bytes, size_t count, ssize_t got)
{
	if (got >= 0 || errno == EIO)
		forwarded_keep(
			(struct forwarded_read){fd, bytes, got > 0 ? (size_t)got : 0, count});
	return got;
}

static ssize_t read_and_keep(int fd, void *bytes, size_t count)
{
	return keep(fd, bytes, count, before.read(fd, bytes, count));
}

static ssize_t read_chk_and_keep(int fd, void *bytes, size_t count, size_t size)
{
	return keep(fd, bytes, count, before.read_chk(fd, bytes, count, size));
}

void forwarding_begin(const char *program)
{
	if (!settings()->output || !program_forwards(program))
		return;
	forwarded_begin(program);
	before.read = real(read);
	before.read_chk = real(__read_chk);
	real_replace(read, read_and_keep);
	real_replace(__read_chk, read_chk_and_keep);
}
