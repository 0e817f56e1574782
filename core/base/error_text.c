/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error_text.h"

#include "core/base/text.h"

#include <errno.h>
#include <stddef.h>

/* The errors of files and sockets in glibc's words, and Python's exception if that is not OSError.
 */
static const struct {
	int error;
	const char *text, *class;
} texts[] = {
	{EPERM, "Operation not permitted", "PermissionError"},
	{ENOENT, "No such file or directory", "FileNotFoundError"},
	{EINTR, "Interrupted system call", "InterruptedError"},
	{EIO, "Input/output error", NULL},
	{ENXIO, "No such device or address", NULL},
	{EBADF, "Bad file descriptor", NULL},
	{EAGAIN, "Resource temporarily unavailable", "BlockingIOError"},
	{ENOMEM, "Cannot allocate memory", NULL},
	{EACCES, "Permission denied", "PermissionError"},
	{EEXIST, "File exists", "FileExistsError"},
	{ENODEV, "No such device", NULL},
	{ENOTDIR, "Not a directory", "NotADirectoryError"},
	{EISDIR, "Is a directory", "IsADirectoryError"},
	{EINVAL, "Invalid argument", NULL},
	{ENFILE, "Too many open files in system", NULL},
	{EMFILE, "Too many open files", NULL},
	{ETXTBSY, "Text file busy", NULL},
	{EFBIG, "File too large", NULL},
	{ENOSPC, "No space left on device", NULL},
	{EROFS, "Read-only file system", NULL},
	{EPIPE, "Broken pipe", "BrokenPipeError"},
	{EBUSY, "Device or resource busy", NULL},
	{ENAMETOOLONG, "File name too long", NULL},
	{ELOOP, "Too many levels of symbolic links", NULL},
	{EMSGSIZE, "Message too long", NULL},
	{ECONNREFUSED, "Connection refused", "ConnectionRefusedError"},
	{ECONNRESET, "Connection reset by peer", "ConnectionResetError"},
	{ETIMEDOUT, "Connection timed out", "TimeoutError"},
	{EHOSTDOWN, "Host is down", NULL},
	{EHOSTUNREACH, "No route to host", NULL},
	{ENETUNREACH, "Network is unreachable", NULL},
	{EDQUOT, "Disk quota exceeded", NULL},
	{ESTALE, "Stale file handle", NULL},
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

const char *error_class(int error)
{
	if (error < 0)
		error = -error;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i].error == error && texts[i].class != NULL)
			return texts[i].class;
	return "OSError";
}
