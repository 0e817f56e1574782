/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/replaced.h"

#include "core/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE_OF_NEW 0666

/* FD gets the mode of the file that it replaces, else that of a new file. */
static int set_mode(int fd, const struct stat *old)
{
	mode_t mask = umask(0);

	umask(mask);
	return fchmod(fd, old != NULL ? old->st_mode & 07777 : MODE_OF_NEW & ~mask);
}

static int open_beside(struct replaced *file, const struct stat *old)
{
	sigset_t held;
	int fd, error;

	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGHUP);
	if (!text_format(file->beside, sizeof file->beside, "%s.XXXXXX", file->path))
		return -ENAMETOOLONG;
	sigprocmask(SIG_BLOCK, &held, &file->mask);
	fd = mkostemp(file->beside, O_CLOEXEC);
	if (fd >= 0 && set_mode(fd, old) == 0 && (file->to = fdopen(fd, "w")) != NULL)
		return 0;
	error = -errno;
	if (fd >= 0) {
		close(fd);
		unlink(file->beside);
	}
	sigprocmask(SIG_SETMASK, &file->mask, NULL);
	return error;
}

int replace_begin(struct replaced *file, const char *path)
{
	struct stat old;
	bool there = stat(path, &old) == 0;

	*file = (struct replaced){.kind = there ? REPLACED_FILE : REPLACED_NOTHING};
	if (!there && errno != ENOENT)
		return -errno;
	if (there && S_ISDIR(old.st_mode))
		return -EISDIR;
	if (there && !S_ISREG(old.st_mode)) {
		file->kind = REPLACED_STREAM;
		file->to = fopen(path, "we");
		return file->to == NULL ? -errno : 0;
	}
	if (there && realpath(path, file->path) == NULL)
		return -errno;
	if (!there && !text_format(file->path, sizeof file->path, "%s", path))
		return -ENAMETOOLONG;
	return open_beside(file, there ? &old : NULL);
}

/* Close TO; ERROR is what writing returned. Returns the first error. stdio does not keep the
 * reason of a failure; the flush may fail for the same reason again. */
static int close_stream(FILE *to, int error)
{
	bool failed = fflush(to) != 0 || ferror(to);

	if (error == 0 && failed)
		error = -EIO;
	if (fclose(to) != 0 && (error == 0 || error == -EIO))
		error = -errno;
	return error;
}

int replace_end(struct replaced *file, int error)
{
	error = close_stream(file->to, error);
	if (file->kind == REPLACED_STREAM)
		return error;
	if (error == 0 && rename(file->beside, file->path) < 0)
		error = -errno;
	if (error < 0)
		unlink(file->beside);
	sigprocmask(SIG_SETMASK, &file->mask, NULL);
	return error;
}
