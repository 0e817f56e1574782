/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration by the public API: basicConfig(), and whole files. */
#include "core/api/api.h"

#include "core/api/run_context.h"
#include "core/base/color.h"
#include "core/base/log_file.h"
#include "core/config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Check CONFIG in Python's order. Returns 0, or -EINVAL with Python's error. */
static int check_basic(const struct vigil_basic_config *config)
{
	bool mode = config->filemode != NULL && strcmp(config->filemode, "a") != 0 &&
		    strcmp(config->filemode, "w") != 0;

	if (config->handlers == NULL && config->stream != 0 && config->filename != NULL)
		return api_fail(
			-EINVAL, "'stream' and 'filename' should not be specified together");
	if (config->handlers != NULL && (config->stream != 0 || config->filename != NULL))
		return api_fail(-EINVAL,
			"'stream' or 'filename' should not be specified together with 'handlers'");
	return mode ? api_fail(-EINVAL, "invalid mode: '%s'", config->filemode) : 0;
}

static int basic_formatter(
	const struct vigil_basic_config *config, struct vigil_formatter **ret_formatter)
{
	static const char *const formats[] = {
		[STYLE_PERCENT] = "%(levelname)s:%(name)s:%(message)s",
		[STYLE_BRACE] = "{levelname}:{name}:{message}",
		[STYLE_DOLLAR] = "${levelname}:${name}:${message}",
	};
	struct vigil_formatter_options options = {
		.format = config->format, .datefmt = config->datefmt, .style = config->style};
	enum format_style style;
	int error = api_style(config->style, &style);

	if (error < 0)
		return error;
	if (options.format == NULL)
		options.format = formats[style];
	return vigil_formatter_new(&options, ret_formatter);
}

static int basic_handler(
	const struct vigil_basic_config *config, struct vigil_handler **ret_handler)
{
	bool anew = config->filemode != NULL && strcmp(config->filemode, "w") == 0;

	if (config->filename != NULL)
		return vigil_file_handler_new(
			config->filename, anew ? VIGIL_FILE_TRUNCATE : 0, ret_handler);
	return vigil_stream_handler_new(config->stream == 0 ? 2 : config->stream, ret_handler);
}

static void drop_handlers(struct vigil_logger *root)
{
	struct vigil_handler *handler;

	while (vigil_logger_handlers(root, &handler, 1) > 0) {
		vigil_logger_remove_handler(root, handler);
		vigil_handler_close(handler);
	}
}

/* Add HANDLER to the root logger, with FORMATTER if it has none. */
static int add_basic(
	struct vigil_logger *root, struct vigil_handler *handler, struct vigil_formatter *formatter)
{
	if (api_handler(handler)->formatter == NULL)
		vigil_handler_set_formatter(handler, formatter);
	return vigil_logger_add_handler(root, handler);
}

static int add_all(const struct vigil_basic_config *config, struct vigil_logger *root)
{
	struct vigil_formatter *formatter = NULL;
	struct vigil_handler *handler;
	int error = basic_formatter(config, &formatter);

	if (error < 0)
		return error;
	if (config->handlers == NULL) {
		error = basic_handler(config, &handler);
		return error < 0 ? error : add_basic(root, handler, formatter);
	}
	for (size_t i = 0; config->handlers[i] != NULL && error == 0; i++)
		error = add_basic(root, config->handlers[i], formatter);
	return error;
}

static int configure_basic(const struct vigil_basic_config *config, struct vigil_logger *root)
{
	int error = 0, level = config->level_number;

	if (config->force)
		drop_handlers(root);
	if (vigil_logger_handlers(root, NULL, 0) > 0)
		return 0;
	error = check_basic(config);
	if (error == 0)
		error = add_all(config, root);
	if (error == 0 && config->level != NULL)
		error = vigil_level_parse(config->level, &level);
	if (error == 0 && level != VIGIL_NOTSET)
		vigil_set_level(root, level);
	return error;
}

int vigil_basic_configure(const struct vigil_basic_config *config)
{
	static const struct vigil_basic_config none;
	struct vigil_logger *root = vigil_get_logger(NULL);
	int error;

	if (root == NULL)
		return api_fail(-ENOMEM, NULL);
	api_lock();
	error = configure_basic(config == NULL ? &none : config, root);
	api_unlock();
	return error;
}

struct vigil_logger *vigil_basic_root(void)
{
	struct vigil_logger *root = vigil_get_logger(NULL);

	if (root != NULL && vigil_logger_handlers(root, NULL, 0) == 0)
		vigil_basic_configure(NULL);
	return root;
}

/* Set vigil_error_text() to all errors, one a line. Returns ERROR. */
static int fail(const struct config_errors *errors, int error)
{
	char buffer[8192];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	for (size_t i = 0; i < errors->count; i++)
		text_printf(&text, "%s%s", i == 0 ? "" : "\n", errors->lines[i]);
	if (errors->left_out > 0)
		text_printf(&text, "\n%s: and %zu more", errors->path, errors->left_out);
	return api_fail(error, errors->count == 0 ? NULL : "%s", buffer);
}

/* Load the file at PATH, or TEXT where PATH is NULL. */
static int load(const char *path, const char *text)
{
	struct config_errors errors = {.path = path == NULL ? "<text>" : path};
	struct run_identity identity;
	struct config_context context = {
		.zone = timezone_variables(environ),
		.color = color_where(environ),
		.loader = &api_loader,
		.log_file_flags = LOG_FILE_BURST | LOG_FILE_PLAIN,
		.run = run_context_of_process(&identity),
	};
	struct logging *logging;
	char *copy;
	int error;

	if ((path == NULL && text == NULL) || api_hierarchy() == NULL)
		return api_fail(-EINVAL, NULL);
	context.living = api_hierarchy();
	api_lock();
	errors.arena = api_arena();
	copy = arena_strdup(api_arena(), path == NULL ? text : path);
	if (copy == NULL)
		error = -ENOMEM;
	else if (path != NULL)
		error = config_load(api_arena(), copy, &context, &logging, &errors);
	else
		error = config_parse(api_arena(), copy, strlen(copy), &context, &logging, &errors);
	api_unlock();
	return error < 0 ? fail(&errors, error) : 0;
}

int vigil_config_load(const char *path)
{
	return load(path, NULL);
}

int vigil_config_parse(const char *text)
{
	return load(NULL, text);
}
