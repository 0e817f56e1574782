/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/configure.h"

#include "core/base/arena.h"
#include "core/base/proc.h"
#include "core/base/sys.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/yaml_memory.h"
#include "core/events/event_log.h"
#include "core/logging/logger.h"
#include "shim/loader.h"
#include "shim/yaml_guard.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* The largest environment of a parent that is looked at. */
#define ENVIRON_MAX ((size_t)256 * 1024)

static bool is_set(const char *value)
{
	return value != NULL && value[0] != '\0';
}

/* One reading of a config: what config_load() takes and gives. */
struct load {
	struct arena *arena;
	const char *path;
	struct config_context context;
	struct logging *logging;
	struct config_errors errors;
};

static int load_config(void *argument)
{
	struct load *load = argument;

	return config_load(load->arena, load->path, &load->context, &load->logging, &load->errors);
}

/* Whether the parent was started with the same config: then it has said what is wrong with it. */
static bool parent_has_said(struct arena *arena, pid_t parent, const char *config)
{
	static const char name[] = "VIGIL_CONFIG=";
	char path[40], *block = arena_alloc(arena, ENVIRON_MAX);
	ssize_t size;

	text_format(path, sizeof path, "/proc/%d/environ", parent);
	size = block == NULL ? -ENOMEM : file_read(path, block, ENVIRON_MAX);
	for (ssize_t at = 0; at < size; at += (ssize_t)strlen(block + at) + 1)
		if (strncmp(block + at, name, sizeof name - 1) == 0)
			return strcmp(block + at + sizeof name - 1, config) == 0;
	return false;
}

static void say_once(const struct load *load)
{
	struct arena scratch = { 0 };
	struct text text;
	char line[1024];

	if (!parent_has_said(
		    &scratch, (pid_t)sys_try(SYS_getppid, 0, 0, 0, 0, 0, 0), load->path)) {
		text_init(&text, line, sizeof line - 64);
		text_printf(&text, "vigil: %s",
			load->errors.count > 0 ? load->errors.lines[0] : load->path);
		text.size = sizeof line;
		text_add(&text, "; this config is not used, the job goes on\n");
		sys_write(STDERR_FILENO, text.data, text.length);
	}
	arena_release(&scratch);
}

/* The user's tree; NULL when there is none, or none that is sound, or it has to wait. */
static struct logging *load(struct arena *arena, const struct configure_from *from,
	struct config_settings *ret_settings, bool *ret_waits)
{
	struct arena parser = { 0 };
	struct load loaded = {
		.arena = arena,
		.path = from->config,
		.context = { .run = from->run,
			.zone = from->zone,
			.color = from->color,
			.settings = ret_settings,
			.loader = &loader,
			.factories_wait = !from->factories },
		.errors.arena = &parser,
	};
	int result;

	yaml_memory_use(&parser);
	result = yaml_guarded(load_config, &loaded, -EINVAL);
	yaml_memory_use(NULL);
	*ret_waits = result == -EAGAIN;
	if (result != 0 && result != -EAGAIN)
		say_once(&loaded);
	arena_release(&parser);
	return result == 0 ? loaded.logging : NULL;
}

static const struct logger *logger_of(
	struct logging *logging, enum event_source source, const char *program)
{
	char name[320];

	event_logger_name(source, program, name, sizeof name);
	return logging_get(logging, name);
}

struct configured configure(const struct configure_from *from)
{
	static struct arena arena;
	struct configured configured = { 0 };
	struct logging *logging = NULL;

	settings_default(&configured.settings);
	if (is_set(from->config))
		logging = load(&arena, from, &configured.settings, &configured.waits);
	if (logging == NULL)
		logging = logging_new(&arena);
	if (logging == NULL)
		return configured;
	/* Exceptions, abort messages and program names are the host's words on the user's terminal.
	 */
	logging->last_resort = handler_last_resort_harmless;
	if (is_set(from->run.directory))
		logging_run_directory(&arena, logging, from->run.directory, from->run.hostname);
	configured.worker = logger_of(logging, SOURCE_WORKER, from->run.program);
	configured.agent = logger_of(logging, SOURCE_AGENT, "unknown");
	configured.error_file = is_set(from->run.directory) && configured.settings.error_file;
	return configured;
}
