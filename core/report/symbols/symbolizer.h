/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbolizer.h - lines and names, looked up in a child process, which may die of what it reads.
 *
 * The files that events name may be damaged, huge, or on a server that does not answer. The child
 * has a time limit and bounded memory; where a file kills it, another child continues with the next
 * file. Signal-safe: no. Threads: the process has no other thread.
 */
#pragma once

#include "core/base/arena.h"
#include "core/report/symbols/source.h"

/* What is at one address: as struct source, but with strings in the arena and names demangled. */
struct symbolizer_location {
	uint64_t address;
	const char *file, *function;
	const char *symbol; /* the mangled name, where that differs from function; else NULL */
	const char *const *inlined;
	size_t inlined_count;
	uint64_t offset;
	int line;
};

struct symbolizer_module {
	const struct frame_module *module;
	struct symbolizer_location *locations;
	size_t count;
	enum source_trouble trouble;
};

/* Whether SYMBOL is the mangled name of a C++ function, "_Z…". */
bool symbolizer_is_mangled(const char *symbol);

struct symbolizer_name {
	const char *symbol;
	const char *demangled; /* NULL: it cannot be demangled */
};

/* The questions, in the order in which they are answered while there is time: names, then modules.
 */
struct symbolizer_query {
	struct symbolizer_name *names;
	size_t name_count;
	struct symbolizer_module *modules;
	size_t module_count;
	const char *debug_directory; /* as of source_open() */
	int64_t limit_ms;
	bool late; /* set by symbolizer_run(): there was no time for all questions */
};

/* Answers the questions of QUERY as far as it can, with strings in ARENA. Returns 0, or
 * -ENOMEM. */
int symbolizer_run(struct symbolizer_query *query, struct arena *arena);
