/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error_text.h"

#include "core/base/text.h"

#include <errno.h>
#include <stddef.h>

/* The errors of files and sockets in glibc's words, and Python's exception where it is not OSError.
 * In place, not by pointers: nothing for the loader to relocate. */
static const struct {
	int error;
	char text[40], class[24];
} texts[] = {
	{EPERM, "Operation not permitted", "PermissionError"},
	{ENOENT, "No such file or directory", "FileNotFoundError"},
	{EINTR, "Interrupted system call", "InterruptedError"},
	{EIO, "Input/output error", ""},
	{ENXIO, "No such device or address", ""},
	{E2BIG, "Argument list too long", ""},
	{ENOEXEC, "Exec format error", ""},
	{EBADF, "Bad file descriptor", ""},
	{EAGAIN, "Resource temporarily unavailable", "BlockingIOError"},
	{ENOMEM, "Cannot allocate memory", ""},
	{EACCES, "Permission denied", "PermissionError"},
	{EEXIST, "File exists", "FileExistsError"},
	{ENODEV, "No such device", ""},
	{ENOTDIR, "Not a directory", "NotADirectoryError"},
	{EISDIR, "Is a directory", "IsADirectoryError"},
	{EINVAL, "Invalid argument", ""},
	{ENFILE, "Too many open files in system", ""},
	{EMFILE, "Too many open files", ""},
	{ETXTBSY, "Text file busy", ""},
	{EFBIG, "File too large", ""},
	{ENOSPC, "No space left on device", ""},
	{EROFS, "Read-only file system", ""},
	{EPIPE, "Broken pipe", "BrokenPipeError"},
	{EBUSY, "Device or resource busy", ""},
	{ENAMETOOLONG, "File name too long", ""},
	{ELOOP, "Too many levels of symbolic links", ""},
	{ELIBBAD, "Accessing a corrupted shared library", ""},
	{EMSGSIZE, "Message too long", ""},
	{ECONNREFUSED, "Connection refused", "ConnectionRefusedError"},
	{ECONNRESET, "Connection reset by peer", "ConnectionResetError"},
	{ETIMEDOUT, "Connection timed out", "TimeoutError"},
	{EHOSTDOWN, "Host is down", ""},
	{EHOSTUNREACH, "No route to host", ""},
	{ENETUNREACH, "Network is unreachable", ""},
	{EDQUOT, "Disk quota exceeded", ""},
	{ESTALE, "Stale file handle", ""},
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
		if (texts[i].error == error && texts[i].class[0] != '\0')
			return texts[i].class;
	return "OSError";
}
