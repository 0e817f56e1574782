/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbols.h - names of functions, from the symbol tables of an ELF object.
 *
 * Uses .symtab of the object's file, else its .dynsym; if the file is gone or is another build, the
 * dynamic symbols in memory. Files and memory may be hostile: all reads and all work are bounded.
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/text.h"
#include "core/trace/modules.h"

#include <elf.h>

#define SYMBOL_NAME_SIZE 2048  /* longer names are cut */
#define SYMBOL_QUERIES_MAX 128 /* at once */
#define SYMBOLS_MAX (4u << 20) /* how many of one table are read */

/* A query for the function at an address, and the best answer so far. */
struct symbol_query {
	uint64_t address; /* without the bias */
	bool covered; /* `best` covers the address; otherwise `best` is the nearest symbol before
			 the address */
	bool found;
	unsigned aliases; /* how many symbols were compared by name, which costs reads */
	Elf64_Sym best;
	const char *name; /* the answer; NULL: there is none */
};

/* A symbol table, in a file or in memory. */
struct symbol_table {
	int fd; /* -1: in memory */
	struct memory_reader *reader;
	uint64_t symbols, count;
	uint64_t names, names_size;
	uint64_t sections, section_count; /* their headers, in the file; 0: not known */
};

/* Answer COUNT queries, at most SYMBOL_QUERIES_MAX, about MODULE, for which modules_describe() was
 * called. NAMES gets and owns the names; when NAMES is full, queries get no name. */
void symbols_find(struct modules *modules, const struct module *module,
	struct symbol_query *queries, size_t count, struct text *names);

/* Answer COUNT queries, at most SYMBOL_QUERIES_MAX, by reading the symbols of TABLE once. */
void symbols_search(const struct symbol_table *table, struct symbol_query *queries, size_t count,
	struct text *names);

/* Find the best table of the ELF file FD, which the caller owns. False, and *RET_TABLE as it was,
 * when the file has no table, is damaged, or has another build-id than the BUILD_ID_SIZE bytes at
 * BUILD_ID. */
bool symbols_in_file(
	int fd, const uint8_t *build_id, size_t build_id_size, struct symbol_table *ret_table);

/* Find the dynamic symbols of MODULE in memory; false, and *RET_TABLE undefined, when MODULE has
 * none or they are damaged. */
bool symbols_in_memory(
	struct memory_reader *reader, const struct module *module, struct symbol_table *ret_table);
