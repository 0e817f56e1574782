/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/config.h"

#include "core/base/error_text.h"
#include "core/base/sys.h"
#include "core/config/dict/dict_config.h"
#include "core/config/factory/factory.h"
#include "core/config/ini/file_config.h"
#include "core/config/yaml/yaml.h"

#include <errno.h>
#include <string.h>

static int whole_file_error(struct config_errors *errors, int error, const char *what)
{
	char buffer[ERROR_TEXT_SIZE];

	config_error_at(errors, 0, 0, "%s", what == NULL ? error_text(error, buffer) : what);
	return error;
}

static int check_file(
	int fd, struct config_errors *errors, size_t *ret_size, const char **ret_distrust)
{
	struct stat stat;
	int error = sys_fstat(fd, &stat);

	if (error < 0)
		return whole_file_error(errors, error, NULL);
	if (S_ISDIR(stat.st_mode))
		return whole_file_error(errors, -EISDIR, NULL);
	if (!S_ISREG(stat.st_mode))
		return whole_file_error(errors, -EINVAL, "is not a regular file");
	if (stat.st_size > (off_t)CONFIG_SIZE_MOST)
		return whole_file_error(errors, -EFBIG, "is larger than 1 MiB");
	*ret_size = (size_t)stat.st_size;
	*ret_distrust = factory_distrust(&stat);
	return 0;
}

/* A file in /proc has size 0 whatever it holds: up to 64 KiB of it are read. */
static int read_all(int fd, struct arena *arena, struct config_errors *errors, char **ret_text,
	size_t *ret_length, const char **ret_distrust)
{
	size_t size = 0, length = 0;
	int error = check_file(fd, errors, &size, ret_distrust);
	ssize_t count = 0;
	int interrupted = 0;
	char *text;

	if (error < 0)
		return error;
	size = size == 0 ? 65536 : size;
	text = arena_alloc(arena, size + 1);
	if (text == NULL)
		return -ENOMEM;
	while (length < size) {
		count = sys_read(fd, text + length, size - length);
		if (count <= 0 && (count != -EINTR || interrupted++ >= SYS_INTERRUPTS_MAX))
			break;
		length += count > 0 ? (size_t)count : 0;
	}
	if (count < 0)
		return whole_file_error(errors, (int)count, NULL);
	if (length == 0)
		config_python(errors, "RuntimeError: %s is an empty file", errors->path);
	if (length == 0)
		return whole_file_error(errors, -EINVAL, "is an empty file");
	*ret_text = text;
	*ret_length = length;
	return 0;
}

static bool ends_with(const char *string, const char *end)
{
	size_t length = strlen(string), end_length = strlen(end);

	return length >= end_length && strcmp(string + length - end_length, end) == 0;
}

/* Whether the file is INI, by its name or by the section that it begins with. */
static bool is_ini(const char *path, const char *text, size_t length)
{
	static const char *const sections[] = {
		"[loggers]", "[handlers]", "[formatters]", "[vigil]", "[DEFAULT]"};

	if (ends_with(path, ".ini") || ends_with(path, ".conf") || ends_with(path, ".cfg"))
		return true;
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
		if (length >= strlen(sections[i]) &&
			strncmp(text, sections[i], strlen(sections[i])) == 0)
			return true;
	return false;
}

int config_parse(struct arena *arena, char *text, size_t length,
	const struct config_context *context, struct logging **ret_logging,
	struct config_errors *errors)
{
	struct value *value;
	int error = yaml_read(arena, text, length, errors, &value);

	return error < 0 ? error : dict_config(arena, value, context, ret_logging, errors);
}

static int refuse_to_open(struct config_errors *errors, const char *path, int error)
{
	char buffer[ERROR_TEXT_SIZE];

	if (error == -ENOENT && is_ini(path, "", 0))
		config_python(errors, "FileNotFoundError: %s doesn't exist", path);
	config_python(errors, "%s: [Errno %d] %s: '%s'",
		error == -ENOENT   ? "FileNotFoundError"
		: error == -EACCES ? "PermissionError"
				   : "OSError",
		-error, error_text(error, buffer), path);
	return whole_file_error(errors, error, NULL);
}

int config_load(struct arena *arena, const char *path, const struct config_context *context,
	struct logging **ret_logging, struct config_errors *errors)
{
	/* O_NONBLOCK: opening a FIFO that nobody writes to would block the program for ever. */
	int fd = sys_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct config_context own = *context;
	char *text = NULL;
	size_t length = 0;
	int error;

	if (errors->arena == NULL)
		errors->arena = arena;
	if (errors->path == NULL)
		errors->path = path;
	if (fd < 0)
		return refuse_to_open(errors, path, fd);
	error = read_all(fd, arena, errors, &text, &length, &own.distrust);
	sys_close(fd);
	if (error < 0)
		return error;
	if (is_ini(path, text, length))
		return file_config(arena, text, length, &own, ret_logging, errors);
	return config_parse(arena, text, length, &own, ret_logging, errors);
}
