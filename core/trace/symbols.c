/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/symbols.h"

#include "core/base/order.h"
#include "core/base/sys.h"

#include <string.h>

#define BATCH 512      /* symbols that are read at once */
#define ALIASES_MAX 64 /* per function: the C library has a handful */

static size_t table_read(const struct symbol_table *table, uint64_t at, void *to, size_t size)
{
	if (table->fd < 0)
		return memory_read(table->reader, at, to, size);
	if (at > INT64_MAX)
		return 0;
	ssize_t count = sys_pread(table->fd, to, size, (off_t)at);

	return count < 0 ? 0 : (size_t)count;
}

static bool is_function(const Elf64_Sym *symbol)
{
	unsigned type = ELF64_ST_TYPE(symbol->st_info);

	return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol->st_shndx != SHN_UNDEF;
}

/* The rank of SYMBOL's name among names for the same address: an exported name without a leading
 * '_' is preferred to a library's private alias. */
static unsigned fame(const struct symbol_table *table, const Elf64_Sym *symbol)
{
	char first = '_';

	if (symbol->st_name < table->names_size)
		table_read(table, table->names + symbol->st_name, &first, sizeof first);
	return (ELF64_ST_BIND(symbol->st_info) != STB_LOCAL ? 4 : 0) + (first != '_' ? 2 : 0) +
	       (ELF64_ST_BIND(symbol->st_info) == STB_GLOBAL ? 1 : 0);
}

/* Whether SYMBOL, which begins at or before QUERY's address, is better than QUERY's best answer so
 * far. */
static bool is_better(const struct symbol_table *table, struct symbol_query *query,
	const Elf64_Sym *symbol, bool covers)
{
	if (!query->found || covers != query->covered)
		return !query->found || covers;
	if (symbol->st_value != query->best.st_value)
		return symbol->st_value > query->best.st_value;
	return query->aliases++ < ALIASES_MAX && fame(table, symbol) > fame(table, &query->best);
}

/* Queries in the order of their addresses. */
struct sorted {
	struct symbol_query *list[SYMBOL_QUERIES_MAX];
	size_t count;
};

static void sorted_fill(struct sorted *sorted, struct symbol_query *queries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t at = i;

		for (; at > 0 && sorted->list[at - 1]->address > queries[i].address; at--)
			sorted->list[at] = sorted->list[at - 1];
		sorted->list[at] = &queries[i];
	}
	sorted->count = count;
}

/*
 * Tries SYMBOL as the answer of SORTED queries. Large libraries have a hundred thousand symbols,
 * and a stack dozens of frames in them: so it stops at the first query behind SYMBOL's end that has
 * a nearer answer, as all later queries do, too.
 */
static void symbol_try(
	const struct symbol_table *table, const Elf64_Sym *symbol, const struct sorted *sorted)
{
	size_t first = LOWER_BOUND(i, sorted->count, sorted->list[i]->address < symbol->st_value);

	for (size_t i = first; i < sorted->count; i++) {
		struct symbol_query *query = sorted->list[i];
		bool covers = query->address - symbol->st_value < symbol->st_size;

		if (is_better(table, query, symbol, covers)) {
			query->found = true;
			query->covered = covers;
			query->best = *symbol;
		} else if (!covers && query->best.st_value > symbol->st_value)
			return;
	}
}

/* Adds the name at offset AT of TABLE's names to NAMES, cut at the table's end or at
 * SYMBOL_NAME_SIZE. NULL when the name is empty or NAMES is full. */
static const char *name_read(const struct symbol_table *table, uint32_t at, struct text *names)
{
	char name[SYMBOL_NAME_SIZE];
	uint64_t rest = at < table->names_size ? table->names_size - at : 0;
	size_t size = rest < sizeof name - 1 ? rest : sizeof name - 1;

	size = strnlen(name, table_read(table, table->names + at, name, size));
	if (size == 0 || names->size - names->length < size + 2)
		return NULL;
	name[size] = '\0';
	const char *kept = names->data + names->length;

	text_add_n(names, name, size + 1); /* the NUL separates it from the next name */
	return kept;
}

/* The name of QUERY's symbol, shared with an earlier query for the same symbol. */
static const char *name_find(const struct symbol_table *table, const struct symbol_query *queries,
	const struct symbol_query *query, struct text *names)
{
	for (const struct symbol_query *other = queries; other < query; other++)
		if (other->name != NULL && other->best.st_name == query->best.st_name)
			return other->name;
	return name_read(table, query->best.st_name, names);
}

/* Whether QUERY's best symbol, which does not cover the address, may still be the function there:
 * only a symbol without a size may, which extends to the end of its section. */
static bool reaches(const struct symbol_table *table, const struct symbol_query *query)
{
	const Elf64_Sym *symbol = &query->best;
	Elf64_Shdr section;

	if (symbol->st_size != 0)
		return false;
	if (symbol->st_shndx >= table->section_count ||
		table_read(table, table->sections + symbol->st_shndx * sizeof section, &section,
			sizeof section) < sizeof section)
		return true;
	return query->address - section.sh_addr < section.sh_size;
}

void symbols_search(const struct symbol_table *table, struct symbol_query *queries, size_t count,
	struct text *names)
{
	Elf64_Sym batch[BATCH];
	struct sorted sorted;
	uint64_t end = table->count < SYMBOLS_MAX ? table->count : SYMBOLS_MAX;

	sorted_fill(&sorted, queries, count);
	for (uint64_t i = 0; i < end; i += BATCH) {
		size_t want = end - i < BATCH ? end - i : BATCH;
		size_t got = table_read(
			table, table->symbols + i * sizeof *batch, batch, want * sizeof *batch);

		for (size_t j = 0; j < got / sizeof *batch; j++)
			if (is_function(&batch[j]))
				symbol_try(table, &batch[j], &sorted);
		if (got < want * sizeof *batch)
			break;
	}
	for (size_t i = 0; i < count; i++) {
		struct symbol_query *query = &queries[i];

		if (query->found && (query->covered || reaches(table, query)))
			query->name = name_find(table, queries, query, names);
	}
}

void symbols_find(struct modules *modules, const struct module *module,
	struct symbol_query *queries, size_t count, struct text *names)
{
	const struct frame_module *public = &module->public;
	struct symbol_table table;
	int fd = -1;

	/* a name that is no absolute path, such as the vdso's, must not be opened in the working
	 * directory */
	if (public->path[0] == '/' && !modules->memory_only)
		fd = sys_open(public->path, O_RDONLY | O_NONBLOCK, 0);
	bool good = fd >= 0 && symbols_in_file(fd, public->build_id, public->build_id_size, &table);

	if (good || symbols_in_memory(&modules->reader, module, &table))
		symbols_search(&table, queries, count, names);
	if (fd >= 0)
		sys_close(fd);
}
