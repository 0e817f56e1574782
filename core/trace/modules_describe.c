/* SPDX-License-Identifier: Apache-2.0 */
/* The path and the build-id of an object, for readers of the trace; finding them costs a few system
 * calls. */
#include "core/trace/modules.h"

#include "core/base/sys.h"
#include "core/trace/modules_elf.h"
#include "core/trace/modules_maps.h"

#include <limits.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

#define NOTES_MAX 2048 /* how many bytes of one segment are read */

/* The loader's name of MODULE; "" for the main program. */
static bool path_from_loader(
	struct modules *modules, const struct module *module, char path[PATH_MAX])
{
	struct link_map map;

	return module->link_map != 0 &&
	       memory_read_exact(&modules->reader, module->link_map, &map, sizeof map) &&
	       memory_read_string(&modules->reader, (uintptr_t)map.l_name, path, PATH_MAX);
}

/* PATH, of another process's maps, as it is below that process's root. */
static const char *below_root(const struct modules *modules, const char *path)
{
	size_t length = modules->root_seen == NULL ? 0 : strlen(modules->root_seen);

	return length > 0 && strncmp(path, modules->root_seen, length) == 0 && path[length] == '/'
		       ? path + length
		       : path;
}

static bool is_same_file(const char *one, const char *other)
{
	struct stat a, b;

	return sys_stat(one, &a) == 0 && sys_stat(other, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* Sets PATH to where a file that another process calls SEEN is found: by that name where it is the
 * same file here, as the name is good when that process is gone, too. */
static void path_of_other(const struct modules *modules, const char *seen, char path[PATH_MAX])
{
	text_format(path, PATH_MAX, "%s%s", modules->root, below_root(modules, seen));
	if (is_same_file(seen, path))
		text_format(path, PATH_MAX, "%s", seen);
}

static bool path_from_maps(
	const struct modules *modules, const struct module *module, char path[PATH_MAX])
{
	static const char vdso[] = "linux-vdso.so.1"; /* the loader's name for the kernel's vdso */
	struct maps_object object;

	if (!maps_find(modules->maps != NULL ? modules->maps : "/proc/self/maps",
		    module->public.start, &object))
		return false;
	if (strcmp(object.path, "[vdso]") == 0)
		memcpy(path, vdso, sizeof vdso);
	else if (object.path[0] == '/' && modules->root != NULL)
		path_of_other(modules, object.path, path);
	else if (object.path[0] == '/')
		text_format(path, PATH_MAX, "%s", object.path);
	return path[0] != '\0';
}

static bool path_of_program(char path[PATH_MAX])
{
	ssize_t length = sys_readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (length <= 0)
		return false;
	path[length] = '\0';
	maps_cut_deleted(path);
	return true;
}

static bool is_elf(const char *path)
{
	char magic[SELFMAG];
	int fd = sys_open(path, O_RDONLY | O_NONBLOCK, 0);

	if (fd < 0)
		return false;
	ssize_t count = sys_pread(fd, magic, sizeof magic, 0);

	sys_close(fd);
	return count == sizeof magic && memcmp(magic, ELFMAG, SELFMAG) == 0;
}

/* The path that was given to exec, unless it is a script's; for a system that hides /proc. */
static void path_as_executed(char path[PATH_MAX])
{
	const char *name = (const char *)getauxval(AT_EXECFN);

	if (name == NULL || name[0] != '/' || strnlen(name, PATH_MAX) == PATH_MAX || !is_elf(name))
		return;
	memcpy(path, name, strlen(name) + 1);
}

/* The loader's name may be relative to the working directory at the time of loading; then the
 * kernel's absolute path is preferred. */
static void path_find(struct modules *modules, const struct module *module, char path[PATH_MAX])
{
	char loaders[PATH_MAX];
	bool named = path_from_loader(modules, module, loaders) && loaders[0] != '\0';

	path[0] = '\0';
	if (named && loaders[0] == '/') {
		memcpy(path, loaders, PATH_MAX);
		return;
	}
	if (!named && module->link_map != 0 && path_of_program(path))
		return;
	if (path_from_maps(modules, module, path))
		return;
	if (named)
		memcpy(path, loaders, PATH_MAX);
	else if (module->link_map != 0)
		path_as_executed(path);
}

static size_t notes_read(struct modules *modules, const struct module *module,
	const Elf64_Phdr *segment, uint8_t *to, size_t max)
{
	uint8_t notes[NOTES_MAX];
	size_t size = segment->p_memsz < sizeof notes ? segment->p_memsz : sizeof notes;

	size = memory_read(&modules->reader, module->public.bias + segment->p_vaddr, notes, size);
	return elf_build_id(notes, size, segment->p_align, to, max);
}

static size_t build_id_find(
	struct modules *modules, const struct module *module, uint8_t *to, size_t max)
{
	Elf64_Phdr segments[SEGMENTS_MAX];
	unsigned count = elf_segments(&modules->reader, module->header, segments);
	size_t size = 0;

	for (unsigned i = 0; i < count && size == 0; i++)
		if (segments[i].p_type == PT_NOTE)
			size = notes_read(modules, module, &segments[i], to, max);
	return size;
}

void modules_describe(struct modules *modules, struct module *module, struct text *names)
{
	char path[PATH_MAX];

	if (module->described)
		return;
	module->described = true;
	path_find(modules, module, path);
	size_t at = names->length;

	if (path[0] != '\0' && names->size - at > strlen(path) + 1) {
		text_add_n(names, path,
			strlen(path) + 1); /* the NUL separates it from the next name */
		module->public.path = names->data + at;
	}
	module->public.build_id_size = build_id_find(
		modules, module, module->public.build_id, sizeof module->public.build_id);
}
