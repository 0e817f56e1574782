/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_preload.h"

#include "core/cli/cli.h"
#include "core/cli/run/run_program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define RELATIVE "/../lib/vigil/libvigil.so"

static int refuse(const char *path, const char *reason, int error)
{
	complain("%s: %s; nothing was started", path, reason);
	return -error;
}

/* The directory that the running command's file is in; where /proc is not mounted, by what
 * execve(2) was given. */
static int own_directory(char directory[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", directory, PATH_MAX - 1);
	const char *given = (const char *)getauxval(AT_EXECFN);

	if (length >= 0)
		directory[length] = '\0';
	else if (given == NULL || realpath(given, directory) == NULL)
		return refuse("/proc/self/exe", strerror(errno), errno);
	*strrchr(directory, '/') = '\0';
	return 0;
}

int preload_find(char ret_path[PATH_MAX])
{
	char directory[PATH_MAX], path[PATH_MAX + sizeof RELATIVE];
	int result = own_directory(directory);

	if (result < 0)
		return result;
	snprintf(path, sizeof path, "%s" RELATIVE, directory);
	if (realpath(path, directory) == NULL || access(directory, R_OK) < 0)
		return refuse(path, strerror(errno), errno);
	if (program_elf_class(directory) == 0)
		return refuse(path, "is not a shared library", ENOEXEC);
	if (strpbrk(directory, " :") !=
		NULL) /* ld.so(8): both separate entries, and nothing quotes them */
		return refuse(directory,
			"LD_PRELOAD cannot name a path with a blank or a colon in it", EINVAL);
	memcpy(ret_path, directory, PATH_MAX);
	return 0;
}

int preload_fits(const char *preload, const char *program)
{
	int own = program_elf_class(preload), other = program_elf_class(program);

	if (other == 0 || other == own)
		return 0;
	complain("%s: is a %d-bit program and %s a %d-bit library; nothing was started", program,
		other, preload, own);
	return -ENOEXEC;
}
