/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/emit/configure.h"

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/base/output.h"
#include "core/base/wait_budget.h"
#include "core/base/proc.h"
#include "core/base/run_mark.h"
#include "core/base/sys.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/yaml/yaml_memory.h"
#include "core/events/event_log.h"
#include "core/logging/logger.h"
#include "shim/base/late_memory.h"
#include "shim/base/real.h"
#include "shim/emit/yaml_guard.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* The largest environment of a parent that is looked at. */
#define ENVIRON_MAX ((size_t)256 * 1024)

/* How long the mark in a run directory is valid if the run has no id, in milliseconds. */
#define PRINTED_FOR_MS (60 * 60 * 1000)

/*
 * The loader's functions, for the factories of a configuration, looked up when one is called. A
 * reference to dlopen(), even a weak one, would require glibc 2.34, which moved it to libc.so.6,
 * and keep older ones from loading us.
 */
static void *load_library(const char *path, int mode)
{
	void *(*found)(const char *, int) = real_lookup("dlopen");

	return found == NULL ? NULL : found(path, mode);
}

static void *find_symbol(void *library, const char *name)
{
	void *(*found)(void *, const char *) = real_lookup("dlsym");

	return found == NULL ? NULL : found(library, name);
}

static char *loader_error(void)
{
	static char missing[] = "this program has no dlopen(); it is in glibc 2.34 and later";
	char *(*found)(void) = real_lookup("dlerror");

	return found == NULL ? missing : found();
}

static const struct config_loader loader = {load_library, find_symbol, loader_error};

static bool is_set(const char *value)
{
	return value != NULL && value[0] != '\0';
}

/* The arguments and results of config_load(). */
struct load {
	struct arena *arena;
	const char *path;
	const char *directory; /* the run's, absolute; NULL: none */
	struct config_context context;
	struct logging *logging;
	struct config_errors errors;
};

static int load_config(void *argument)
{
	struct load *load = argument;

	return config_load(load->arena, load->path, &load->context, &load->logging, &load->errors);
}

/* Whether PROCESS was started with the same CONFIG, and so has printed what is wrong with it. BLOCK
 * has ENVIRON_MAX bytes. */
static bool has_printed(pid_t process, const char *config, char *block)
{
	char path[40];
	ssize_t size;

	text_format(path, sizeof path, "/proc/%d/environ", process);
	size = process == sys_getpid() ? 0 : file_read(path, block, ENVIRON_MAX);
	for (ssize_t at = 0; at < size; at += (ssize_t)strlen(block + at) + 1) {
		const char *value = text_after(block + at, "VIGIL_CONFIG=");

		if (value != NULL)
			return strcmp(value, config) == 0;
	}
	return false;
}

/* Whether the parent, or the leader of the process group or of the session, has printed what is
 * wrong with CONFIG. The parent may be gone. */
static bool relative_has_printed(const char *config)
{
	const pid_t relatives[] = {
		(pid_t)sys_try(SYS_getppid, 0, 0, 0, 0, 0, 0),
		(pid_t)sys_try(SYS_getpgid, 0, 0, 0, 0, 0, 0),
		(pid_t)sys_try(SYS_getsid, 0, 0, 0, 0, 0, 0),
	};
	struct arena scratch = {0};
	char *block = arena_alloc(&scratch, ENVIRON_MAX);
	bool printed = false;

	for (size_t i = 0; block != NULL && !printed && i < sizeof relatives / sizeof *relatives;
		i++)
		printed = relatives[i] > 0 && has_printed(relatives[i], config, block);
	arena_release(&scratch);
	return printed;
}

/*
 * Make the mark in the run directory. Returns 1 if this process made it and so has to print, 0 if
 * another process did, -errno if there is no such directory.
 */
static int claim_print(const char *directory, const char *run_id, const char *config)
{
	uint64_t hash = hash_bytes(HASH_BEGIN, config, strlen(config));
	char name[40];
	int made;

	if (directory == NULL)
		return -ENOENT;
	if (is_set(run_id))
		hash = hash_bytes(hash, run_id, strlen(run_id) + 1);
	text_format(name, sizeof name, "config-%08x%08x", (unsigned)(hash >> 32), (unsigned)hash);
	made = run_mark_make(directory, name);
	if (made == 0 && !is_set(run_id))
		made = run_mark_renew(directory, name, PRINTED_FOR_MS, PRINTED_FOR_MS);
	return made;
}

/* Whether this process is the one of its job to print what is wrong with the config. */
static bool may_print(const struct load *load)
{
	const struct run_context *run = &load->context.run;
	int taken = claim_print(load->directory, run->run_id, load->path);

	if (taken >= 0)
		return taken > 0;
	return run->rank <= 0 && !relative_has_printed(load->path);
}

static void print_once(const struct load *load)
{
	struct text text;
	char line[1024];

	if (!may_print(load))
		return;
	text_init(&text, line, sizeof line - 64);
	text_printf(
		&text, "vigil: %s", load->errors.count > 0 ? load->errors.lines[0] : load->path);
	text.size = sizeof line;
	text_add(&text, "; this config is not used, the job goes on\n");
	output_write(STDERR_FILENO, text.data, text.length);
}

/* By the linker: where this library lies, and where these tables do. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char late_tables[] __attribute__((visibility("hidden")));
extern const char late_tables_end[] __attribute__((visibility("hidden")));

/* Where the loader's list ends. It has made an absolute address of where that begins, or not. */
static const ElfW(Rela) * behind_list(uintptr_t base)
{
	uintptr_t start = 0, size = 0;

	for (const ElfW(Dyn) *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_RELA)
			start = entry->d_un.d_ptr;
		else if (entry->d_tag == DT_RELASZ)
			size = entry->d_un.d_val;
	}
	return (const ElfW(Rela) *)((start < base ? start + base : start) + size);
}

static bool is_late(uintptr_t slot)
{
	return slot >= (uintptr_t)late_tables && slot < (uintptr_t)late_tables_end;
}

/*
 * Relocate the pointers in the tables of core/config and libffi, the first time that it is called:
 * before anything of core/config but its settings. The loader leaves them as they are: they are
 * half of all that it would have to relocate in every program, and few programs have a
 * configuration. The linker puts these tables into a section of their own (layout.ld), and
 * scripts/late-relocations moves what is to be done there behind the loader's list.
 */
static void relocate_late_tables(void)
{
	static bool done;
	uintptr_t base = (uintptr_t)__ehdr_start;
	const ElfW(Rela) *at = behind_list(base);

	for (; !done && is_late(base + at->r_offset); at++)
		*(uintptr_t *)(base + at->r_offset) = base + (uintptr_t)at->r_addend;
	done = true;
}

/* The loggers of the config; NULL when it is refused or has to wait. */
static struct logging *load(struct arena *arena, const struct configure_from *from,
	const char *directory, struct config_settings *ret_settings, bool *ret_waits)
{
	struct arena parser = {0};
	struct load loaded = {
		.arena = arena,
		.path = from->config,
		.directory = directory,
		.context = {.run = from->run,
			.zone = from->zone,
			.color = from->color,
			.settings = ret_settings,
			.loader = &loader,
			.factories_wait = !from->factories},
		.errors.arena = &parser,
	};
	int result;

	relocate_late_tables();
	yaml_memory_use(&parser);
	result = yaml_guarded(load_config, &loaded, -EINVAL);
	yaml_memory_use(NULL);
	*ret_waits = result == -EAGAIN;
	if (result != 0 && result != -EAGAIN)
		print_once(&loaded);
	arena_release(&parser);
	return result == 0 ? loaded.logging : NULL;
}

/* Without a configuration nothing shows a logger's name, so the root, which every logger inherits
 * all from, is as good. */
static const struct logger *logger_of(
	struct logging *logging, bool configured, enum event_source source, const char *program)
{
	char name[320];

	if (!configured)
		return &logging->root;
	event_logger_name(source, program, name, sizeof name);
	return logging_get(logging, name);
}

/* A copy of the run's DIRECTORY as an absolute path, because the program may change its
 * environment; NULL: none. */
static const char *keep_directory(struct arena *arena, const char *directory)
{
	const char *kept;

	return is_set(directory) && handler_path(arena, directory, &kept) == 0 ? kept : NULL;
}

struct configured configure(const struct configure_from *from)
{
	struct arena *arena = start_arena();
	struct configured configured = {0};
	struct logging *logging = NULL;
	const struct run_spare spare = {from->environment, from->run.run_id};
	const char *directory;
	bool has_config;

	settings_default(&configured.settings);
	directory = keep_directory(arena, from->run.directory);
	wait_budget_open(directory, from->run.hostname);
	if (is_set(from->config))
		logging = load(arena, from, directory, &configured.settings, &configured.waits);
	has_config = logging != NULL;
	if (!has_config)
		logging = logging_new(arena);
	if (logging == NULL)
		return configured;
	/* The user's terminal gets exceptions, abort messages and program names without control
	 * characters, because they are the host's text. */
	logging->last_resort = handler_last_resort_harmless;
	if (is_set(from->run.directory))
		configured.recorded = logging_run_directory(arena, logging, from->run.directory,
					      &spare, from->run.hostname) != -ENOMEM;
	configured.worker = logger_of(logging, has_config, SOURCE_WORKER, from->run.program);
	configured.agent = logger_of(logging, has_config, SOURCE_AGENT, "unknown");
	configured.error_file = is_set(from->run.directory) && configured.settings.error_file;
	return configured;
}
