/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run_config.h"

#include "core/cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Returns 0 if FILE can be read as a file; a pipe, such as a shell's <(…), could be read by one
 * process of the job only.
 */
static int look_at(const char *file)
{
	struct stat status;

	if (stat(file, &status) < 0 || access(file, R_OK) < 0)
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	return S_ISREG(status.st_mode) ? 0 : -EINVAL;
}

int run_config_read(const char *file, struct run_config *ret_config)
{
	int result;

	ret_config->path[0] = '\0';
	if (file == NULL)
		file = getenv("VIGIL_CONFIG");
	if (file == NULL || file[0] == '\0')
		return 0;
	result = look_at(file);
	if (result == 0 && realpath(file, ret_config->path) == NULL)
		result = -errno;
	if (result < 0)
		complain("%s: %s; nothing was started", file,
			result == -EINVAL ? "is not a regular file" : strerror(-result));
	return result;
}
