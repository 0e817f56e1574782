/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_config.h"

#include "core/cli/cli.h"
#include "core/config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns 0 if FILE is a regular file that we can read. Only one process can read a pipe. */
static int check_file(const char *file)
{
	struct stat status;

	if (stat(file, &status) < 0 || access(file, R_OK) < 0)
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	return S_ISREG(status.st_mode) ? 0 : -EINVAL;
}

void config_refused(const char *file, const struct config_errors *errors, const char *now)
{
	size_t count = errors->count + errors->left_out;

	if (count == 1) {
		complain("%s; %s", errors->lines[0], now);
		return;
	}
	for (size_t i = 0; i < errors->count; i++)
		complain("%s", errors->lines[i]);
	if (count == 0)
		complain("%s: %s; %s", file, strerror(ENOMEM), now);
	else
		complain("%s: %zu errors; %s", file, count, now);
}

/* Returns 0, or -errno after the errors of FILE. Its warnings are left to `vigil check`. */
static int validate(const char *file)
{
	struct arena arena = {0};
	struct config_context context = {
		.validate_only = true, .run = {.rank = -1, .local_rank = -1, .pid = getpid()}};
	struct config_errors errors = {.path = file};
	struct logging *logging;
	int result = config_load(&arena, file, &context, &logging, &errors);

	if (result < 0)
		config_refused(file, &errors, "nothing was started");
	arena_release(&arena);
	return result;
}

int run_config_find(const char *file, char ret_path[PATH_MAX])
{
	int result;

	ret_path[0] = '\0';
	if (file == NULL)
		file = getenv("VIGIL_CONFIG");
	if (file == NULL || file[0] == '\0')
		return 0;
	result = check_file(file);
	if (result == 0 && realpath(file, ret_path) == NULL)
		result = -errno;
	if (result == 0)
		return validate(file);
	complain("%s: %s; nothing was started", file,
		result == -EINVAL ? "is not a regular file" : strerror(-result));
	return result;
}
