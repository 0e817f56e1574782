/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules.h - the ELF objects of this process that a trace touches.
 *
 * Asks glibc's _dl_find_object() (2.35 and later: no lock, no allocation), which is safe even while
 * another thread holds the loader's lock; where it was not given one, reads /proc/self/maps.
 * Everything found in memory is read by probing: an object may be damaged, or unmapped by another
 * thread at any time. Signal-safe: yes. Threads: one at a time per table.
 */
#pragma once

#include "core/base/frame.h"
#include "core/base/memory.h"
#include "core/base/text.h"

#define MODULES_MAX 64

struct module {
	struct frame_module public; /* path and build-id from modules_describe() on */
	uint64_t header;	    /* of ELF, in memory; 0: not mapped */
	uint64_t cfi_header;	    /* .eh_frame_hdr; 0: none */
	uint64_t dynamic;	    /* PT_DYNAMIC; 0: none */
	uint64_t link_map;	    /* the loader's; 0: found by /proc/self/maps */
	bool described;
};

/* All zero is an empty table. */
struct modules {
	struct module list[MODULES_MAX];
	unsigned count;
	bool by_maps;	  /* ignore modules_ask() and read /proc/self/maps: for tests */
	bool memory_only; /* names come from memory, no file is opened: symbols_find() */
	int64_t until_us; /* no frame, object or object's names are begun after this instant of
			     CLOCK_MONOTONIC; 0: no limit */
	struct memory_reader reader;
};

struct dl_find_object;

/* Use FIND, glibc's _dl_find_object(), from now on; NULL: there is none. Each program that links
 * this file calls it once, at the start. A reference in this file, even a weak one, would require a
 * glibc that has the function, since the version of a weak reference is not weak. */
void modules_ask(int (*find)(void *pc, struct dl_find_object *object));

/* Empty MODULES, without touching all of it. */
void modules_init(struct modules *modules);

/* The object that PC lies in, owned by MODULES; NULL when there is none. Its addresses and tables
 * are filled in, path and build-id are not. */
struct module *modules_find(struct modules *modules, uint64_t pc);

/* Whether MODULE has code at PC, by its program headers; true when they cannot be read. */
bool modules_is_code(struct modules *modules, const struct module *module, uint64_t pc);

/* Fill in MODULE's path, which is added to NAMES, and its build-id. Once done, does nothing. */
void modules_describe(struct modules *modules, struct module *module, struct text *names);
