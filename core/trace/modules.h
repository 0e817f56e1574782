/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules.h - the ELF objects of a process that a trace touches.
 *
 * Calls glibc's _dl_find_object() (2.35 and later: no lock, no allocation), which is safe even
 * while another thread holds the loader's lock; without that function, reads /proc/self/maps. All
 * reads of memory are probed: an object may be damaged, or unmapped by another thread at any time.
 * Signal-safe: yes. Threads: one at a time per table.
 */
#pragma once

#include "core/base/frame.h"
#include "core/base/memory.h"
#include "core/base/text.h"

#define MODULES_MAX 64

struct module {
	struct frame_module public; /* path and build-id are set by modules_describe() */
	uint64_t header;	    /* the ELF header in memory; 0: not mapped */
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
	bool memory_only; /* symbols_find() takes names from memory and opens no file */
	int64_t until_us; /* work on another frame, object or object's names does not begin after
			     this instant of CLOCK_MONOTONIC; 0: no limit */
	/* Of another process, whose memory `reader` reads: its "/proc/PID/maps"; what the paths of
	 * its objects are to begin with here, as its root may be another; and what stands for that
	 * root in the paths of `maps`, which is left out. NULL: this process; there is none. */
	const char *maps, *root, *root_seen;
	struct memory_reader reader;
};

struct dl_find_object;

/* Use FIND, glibc's _dl_find_object(), from now on; NULL: glibc does not have it. Each program that
 * links this file calls modules_ask() once, at the start. A reference to the function in this file,
 * even a weak one, would require a glibc that has it, since the version of a weak reference is not
 * weak. */
void modules_ask(int (*find)(void *pc, struct dl_find_object *object));

/* Make MODULES empty without touching all of its memory. */
void modules_init(struct modules *modules);

/* The object that contains PC, owned by MODULES; NULL when there is none. Its addresses and tables
 * are set, its path and build-id are not. */
struct module *modules_find(struct modules *modules, uint64_t pc);

/* Whether MODULE has code at PC, by its program headers; true when they cannot be read. */
bool modules_is_code(struct modules *modules, const struct module *module, uint64_t pc);

/* Set MODULE's path, which is added to NAMES, and its build-id. Does nothing if that was done
 * before. */
void modules_describe(struct modules *modules, struct module *module, struct text *names);
