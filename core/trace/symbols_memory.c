/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the dynamic symbols of a loaded object through its dynamic section (System V ABI, chapter
 * 5). Their number is derived from the hash table, as the section does not contain it.
 */
#include "core/trace/symbols.h"

#include <string.h>

#define ENTRIES_MAX 256 /* per dynamic section: linkers make some thirty */
#define CHAIN_MAX 65536u
#define BATCH 256

struct dynamic {
	uint64_t symbols, names, names_size, hash, gnu_hash;
};

/* The address in memory for ADDRESS in a dynamic section. glibc adds the bias to the addresses in
 * writable dynamic sections only, musl in none. */
static uint64_t in_memory(const struct module *module, uint64_t address)
{
	if (address >= module->public.start && address < module->public.end)
		return address;
	return address + module->public.bias;
}

static void dynamic_take(struct dynamic *dynamic, const Elf64_Dyn *entry)
{
	uint64_t value = entry->d_un.d_ptr;

	switch (entry->d_tag) {
	case DT_SYMTAB: dynamic->symbols = value; break;
	case DT_STRTAB: dynamic->names = value; break;
	case DT_STRSZ: dynamic->names_size = value; break;
	case DT_HASH: dynamic->hash = value; break;
	case DT_GNU_HASH: dynamic->gnu_hash = value; break;
	}
}

static bool dynamic_read(
	struct memory_reader *reader, const struct module *module, struct dynamic *dynamic)
{
	Elf64_Dyn entry;

	memset(dynamic, 0, sizeof *dynamic);
	if (module->dynamic == 0)
		return false;
	for (unsigned i = 0; i < ENTRIES_MAX; i++) {
		if (!memory_read_exact(
			    reader, module->dynamic + i * sizeof entry, &entry, sizeof entry) ||
			entry.d_tag == DT_NULL)
			break;
		dynamic_take(dynamic, &entry);
	}
	return dynamic->symbols != 0 && dynamic->names != 0;
}

static uint64_t count_by_hash(struct memory_reader *reader, uint64_t table)
{
	uint32_t header[2]; /* how many buckets, how many symbols */

	return memory_read_exact(reader, table, header, sizeof header) ? header[1] : 0;
}

/* The largest of COUNT buckets at TABLE: the first symbol of the last chain. */
static uint32_t bucket_max(struct memory_reader *reader, uint64_t table, uint32_t count)
{
	uint32_t batch[BATCH], max = 0;

	for (uint32_t i = 0; i < count; i += BATCH) {
		size_t want = count - i < BATCH ? count - i : BATCH;
		size_t got = memory_read(reader, table + (uint64_t)i * 4, batch, want * 4) / 4;

		for (size_t j = 0; j < got; j++)
			if (batch[j] > max)
				max = batch[j];
		if (got < want)
			break;
	}
	return max;
}

/* The table ends with its last chain, and a chain with an odd value. */
static uint64_t count_by_gnu_hash(struct memory_reader *reader, uint64_t table)
{
	uint32_t header[4]; /* buckets, first hashed symbol, words of the Bloom filter, its shift */

	if (!memory_read_exact(reader, table, header, sizeof header) || header[0] > SYMBOLS_MAX)
		return 0;
	uint64_t buckets = table + sizeof header + (uint64_t)header[2] * 8;
	uint64_t chains = buckets + (uint64_t)header[0] * 4;
	uint32_t last = bucket_max(reader, buckets, header[0]);

	if (last < header[1])
		return header[1];
	for (uint32_t i = 0; i < CHAIN_MAX; i++) {
		uint32_t value;
		uint64_t index = (uint64_t)last + i;

		if (!memory_read_exact(reader, chains + (index - header[1]) * 4, &value, 4))
			return 0;
		if ((value & 1) != 0)
			return index + 1;
	}
	return 0;
}

bool symbols_in_memory(
	struct memory_reader *reader, const struct module *module, struct symbol_table *ret_table)
{
	struct dynamic dynamic;
	uint64_t count;

	if (!dynamic_read(reader, module, &dynamic))
		return false;
	if (dynamic.hash != 0)
		count = count_by_hash(reader, in_memory(module, dynamic.hash));
	else
		count = count_by_gnu_hash(reader, in_memory(module, dynamic.gnu_hash));
	*ret_table = (struct symbol_table){
		.fd = -1,
		.reader = reader,
		.symbols = in_memory(module, dynamic.symbols),
		.count = count,
		.names = in_memory(module, dynamic.names),
		.names_size = dynamic.names_size,
	};
	return count > 0;
}
