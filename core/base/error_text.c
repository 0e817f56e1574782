/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error_text.h"

#include "core/base/text.h"

#include <errno.h>

/* What opening, reading and writing files can end with, in glibc's words. */
static const struct {
	int error;
	const char *text;
} texts[] = {
	{EPERM, "Operation not permitted"},
	{ENOENT, "No such file or directory"},
	{EINTR, "Interrupted system call"},
	{EIO, "Input/output error"},
	{ENXIO, "No such device or address"},
	{EBADF, "Bad file descriptor"},
	{EAGAIN, "Resource temporarily unavailable"},
	{ENOMEM, "Cannot allocate memory"},
	{EACCES, "Permission denied"},
	{ENODEV, "No such device"},
	{ENOTDIR, "Not a directory"},
	{EISDIR, "Is a directory"},
	{EINVAL, "Invalid argument"},
	{ENFILE, "Too many open files in system"},
	{EMFILE, "Too many open files"},
	{ETXTBSY, "Text file busy"},
	{EFBIG, "File too large"},
	{ENOSPC, "No space left on device"},
	{EROFS, "Read-only file system"},
	{EPIPE, "Broken pipe"},
	{ENAMETOOLONG, "File name too long"},
	{ELOOP, "Too many levels of symbolic links"},
	{EDQUOT, "Disk quota exceeded"},
	{ESTALE, "Stale file handle"},
};

const char *error_text(int error, char buffer[ERROR_TEXT_SIZE])
{
	if (error < 0)
		error = -error;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i].error == error)
			return texts[i].text;
	text_format(buffer, ERROR_TEXT_SIZE, "errno %d", error);
	return buffer;
}
