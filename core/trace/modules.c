/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/modules.h"

#include "core/trace/modules_elf.h"
#include "core/trace/modules_maps.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

/* The argument of modules_ask(). */
static int (*find_object)(void *pc, struct dl_find_object *object);

void modules_ask(int (*find)(void *pc, struct dl_find_object *object))
{
	find_object = find;
}

void modules_init(struct modules *modules)
{
	modules->count = 0;
	modules->by_maps = false;
	modules->memory_only = false;
	modules->until_us = 0;
	modules->maps = modules->root = modules->root_seen = NULL;
	memset(&modules->reader, 0, sizeof modules->reader);
}

/* Fills in MODULE from the program headers of the ELF object at ADDRESS. Returns false, and MODULE
 * as it was, when there are no headers or they belong to another object than the loader found. */
static bool headers_read(struct modules *modules, struct module *module, uint64_t address)
{
	Elf64_Phdr segments[SEGMENTS_MAX];
	unsigned count = elf_segments(&modules->reader, address, segments);
	const Elf64_Phdr *segment;
	uint64_t start, end;

	if (count == 0 || !elf_extent(segments, count, &start, &end))
		return false;
	if (module->link_map != 0 && module->public.bias != address - start)
		return false;
	module->header = module->public.start = address;
	module->public.bias = address - start;
	module->public.end = module->public.bias + end;
	segment = elf_segment(segments, count, PT_GNU_EH_FRAME);
	if (segment != NULL)
		module->cfi_header = module->public.bias + segment->p_vaddr;
	segment = elf_segment(segments, count, PT_DYNAMIC);
	if (segment != NULL)
		module->dynamic = module->public.bias + segment->p_vaddr;
	return true;
}

/* Finds MODULE's headers. If the kernel has left gaps between the segments of the program, the
 * loader knows one segment, which need not be the first. The headers need not be mapped; without
 * them, MODULE keeps what the loader said. */
static void headers_find(struct modules *modules, struct module *module)
{
	const uint64_t places[] = {
		module->public.start, module->public.bias, getauxval(AT_PHDR) & ~(uint64_t)4095};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (headers_read(modules, module, places[i]))
			return;
}

static bool find_by_loader(struct modules *modules, uint64_t pc, struct module *module)
{
#ifdef DLFO_STRUCT_HAS_EH_DBASE
	struct dl_find_object object;
	struct link_map map;

	/* 0 is success; in early start-up glibc 2.35 and 2.36 returned 1 (glibc bug 30515) */
	if (find_object((void *)pc, &object) != 0)
		return false;
	module->link_map = (uint64_t)object.dlfo_link_map;
	if (!memory_read_exact(&modules->reader, module->link_map, &map, sizeof map))
		return false;
	module->public.start = (uint64_t)object.dlfo_map_start;
	module->public.end = (uint64_t)object.dlfo_map_end;
	module->public.bias = map.l_addr;
	module->cfi_header = (uint64_t)object.dlfo_eh_frame;
	module->dynamic = (uint64_t)map.l_ld;
	headers_find(modules, module);
	return true;
#else
	(void)modules, (void)pc, (void)module;
	return false;
#endif
}

static bool find_by_maps(struct modules *modules, uint64_t pc, struct module *module)
{
	struct maps_object object;

	if (!maps_find(modules->maps != NULL ? modules->maps : "/proc/self/maps", pc, &object) ||
		object.path[0] == '\0')
		return false;
	module->public.start = object.header;
	return headers_read(modules, module, object.header) && pc >= module->public.start &&
	       pc < module->public.end;
}

static bool loader_can(const struct modules *modules)
{
#ifdef DLFO_STRUCT_HAS_EH_DBASE
	return find_object != NULL && !modules->by_maps && modules->maps == NULL;
#else
	(void)modules;
	return false;
#endif
}

struct module *modules_find(struct modules *modules, uint64_t pc)
{
	for (unsigned i = 0; i < modules->count; i++)
		if (pc >= modules->list[i].public.start && pc < modules->list[i].public.end)
			return &modules->list[i];
	if (modules->count == MODULES_MAX)
		return NULL;
	struct module *module = &modules->list[modules->count];

	memset(module, 0, sizeof *module);
	module->public.path = "";
	if (loader_can(modules) ? !find_by_loader(modules, pc, module)
				: !find_by_maps(modules, pc, module))
		return NULL;
	modules->count++;
	return module;
}

bool modules_is_code(struct modules *modules, const struct module *module, uint64_t pc)
{
	Elf64_Phdr segments[SEGMENTS_MAX];
	unsigned count = elf_segments(&modules->reader, module->header, segments);
	uint64_t address = pc - module->public.bias;

	for (unsigned i = 0; i < count; i++)
		if (segments[i].p_type == PT_LOAD && (segments[i].p_flags & PF_X) != 0 &&
			address >= segments[i].p_vaddr &&
			address - segments[i].p_vaddr < segments[i].p_memsz)
			return true;
	return count == 0;
}
