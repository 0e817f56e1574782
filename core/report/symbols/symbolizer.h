/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbolizer.h - lines and names, asked of a child process that may die of what it reads.
 *
 * The files that events name may be damaged, huge, or on a server that does not answer. The child
 * has a time limit and bounded memory; where a file kills it, another child goes on behind that
 * file. Signal-safe: no. Threads: the process has no other.
 */
#pragma once

#include "core/base/arena.h"
#include "core/report/symbols/source.h"

/* What one address is: as struct source, but strings of the arena's and names demangled. */
struct symbolizer_location {
	uint64_t address;
	const char *file, *function;
	const char *symbol; /* NULL where function is it */
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

struct symbolizer_name {
	const char *symbol;
	const char *demangled; /* NULL: it is no such name */
};

/* The questions, in the order in which they are answered while there is time: names, then modules.
 */
struct symbolizer_run {
	struct symbolizer_name *names;
	size_t name_count;
	struct symbolizer_module *modules;
	size_t module_count;
	const char *debug_directory; /* as of source_open() */
	int64_t limit_ms;
	bool late; /* set: there was no time for all */
};

/* Answers what of ASK can be answered, with strings of ARENA. Returns 0, or -ENOMEM. */
int symbolizer_run(struct symbolizer_run *symbolizer_run, struct arena *arena);

/* How one answer begins in the pipe; STRINGS strings follow, each with its NUL, "" for unknown. */
enum symbolizer_answer_kind {
	ANSWER_STEP,	 /* question INDEX is begun: a name, or behind all names a module */
	ANSWER_NAME,	 /* demangled */
	ANSWER_TROUBLE,	 /* VALUE is the module's */
	ANSWER_LOCATION, /* place INDEX of the module: VALUE is the line; file, function, symbol,
		      then the inlined ones */
	ANSWER_END,	 /* there is no more to say */
};

struct symbolizer_answer {
	uint32_t kind, index, value, strings;
	uint64_t offset;
};

/* The child's part: answers from question STEP on to descriptor FD, and ends the process. */
void symbolizer_process(const struct symbolizer_run *symbolizer_run, size_t step, int fd)
	__attribute__((noreturn));
