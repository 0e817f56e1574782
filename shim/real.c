/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/real.h"

#include <elf.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

/* The tables of one object that a look-up needs: System V ABI, and the GNU hash of binutils. */
struct object {
	const ElfW(Sym) *symbols;
	const char *strings;
	const ElfW(Half) *versions; /* NULL: the object has none */
	const uint32_t *gnu_hash;
};

#define VERSION_HIDDEN 0x8000

struct real real_functions;
static atomic_int resolved;

/* ld.so turns the addresses of a dynamic section into absolute ones, except where it may not write
 * to it (the vdso). */
static const void *absolute(const struct link_map *map, ElfW(Addr) address)
{
	return (const void *)(address < map->l_addr ? address + map->l_addr : address);
}

static bool object_read(const struct link_map *map, struct object *object)
{
	*object = (struct object){ 0 };
	for (const ElfW(Dyn) *entry = map->l_ld; entry != NULL && entry->d_tag != DT_NULL;
		entry++) {
		const void *table = absolute(map, entry->d_un.d_ptr);

		if (entry->d_tag == DT_SYMTAB)
			object->symbols = table;
		else if (entry->d_tag == DT_STRTAB)
			object->strings = table;
		else if (entry->d_tag == DT_VERSYM)
			object->versions = table;
		else if (entry->d_tag == DT_GNU_HASH)
			object->gnu_hash = table;
	}
	return object->symbols != NULL && object->strings != NULL && object->gnu_hash != NULL;
}

static uint32_t hash_of(const char *name)
{
	uint32_t hash = 5381;

	while (*name != '\0')
		hash = hash * 33 + (unsigned char)*name++;
	return hash;
}

static bool defines(const struct object *object, uint32_t index, const char *name)
{
	const ElfW(Sym) *symbol = &object->symbols[index];

	return symbol->st_shndx != SHN_UNDEF &&
	       strcmp(object->strings + symbol->st_name, name) == 0;
}

/* The symbol's index, 0 when OBJECT does not define it. Of several versions the default one, else
 * the last. */
static uint32_t object_find(const struct object *object, const char *name, uint32_t hash)
{
	const uint32_t *head = object->gnu_hash;
	uint32_t bucket_count = head[0], first = head[1], bloom_size = head[2], found = 0;
	/* The Bloom filter between the head and the buckets is in words of the machine. */
	const uint32_t *buckets = head + 4 + bloom_size * (sizeof(ElfW(Addr)) / sizeof *head);
	const uint32_t *chain = buckets + bucket_count;
	uint32_t index = bucket_count == 0 ? 0 : buckets[hash % bucket_count];

	for (; index >= first && index != 0; index++) {
		uint32_t here = chain[index - first];

		if ((here | 1) == (hash | 1) && defines(object, index, name)) {
			found = index;
			if (object->versions == NULL || !(object->versions[index] & VERSION_HIDDEN))
				return found;
		}
		if (here & 1)
			break;
	}
	return found;
}

/* The loader's list, which it keeps for debuggers: DT_DEBUG of the main program. */
static const struct link_map *first_object(void)
{
	const ElfW(Phdr) *header = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	size_t count = getauxval(AT_PHNUM);
	const ElfW(Dyn) *dynamic = NULL;
	ElfW(Addr) bias = 0;

	for (size_t i = 0; header != NULL && i < count; i++) {
		if (header[i].p_type == PT_PHDR)
			bias = (ElfW(Addr))header - header[i].p_vaddr;
		if (header[i].p_type == PT_DYNAMIC)
			dynamic = (const ElfW(Dyn) *)(bias + header[i].p_vaddr);
	}
	for (; dynamic != NULL && dynamic->d_tag != DT_NULL; dynamic++)
		if (dynamic->d_tag == DT_DEBUG && dynamic->d_un.d_ptr != 0)
			return ((const struct r_debug *)dynamic->d_un.d_ptr)->r_map;
	return NULL;
}

static void *lookup_in(const struct link_map *map, const char *name)
{
	struct object object;
	uint32_t index;

	if (!object_read(map, &object))
		return NULL;
	index = object_find(&object, name, hash_of(name));
	return index == 0 ? NULL : (void *)(map->l_addr + object.symbols[index].st_value);
}

void *real_lookup(const char *name)
{
	const struct link_map *map = first_object();
	void *found = NULL;

	while (map != NULL && map->l_ld != _DYNAMIC)
		map = map->l_next;
	while (found == NULL && map != NULL && (map = map->l_next) != NULL)
		found = lookup_in(map, name);
	return found;
}

void *real_lookup_libc(const char *name)
{
	const struct link_map *map = first_object();

	while (map != NULL && lookup_in(map, "gnu_get_libc_version") == NULL)
		map = map->l_next;
	return map == NULL ? NULL : lookup_in(map, name);
}

void *real_lookup_in(uintptr_t bias, const void *dynamic, const char *name)
{
	const struct link_map map = { .l_addr = bias, .l_ld = (ElfW(Dyn) *)dynamic };

	return lookup_in(&map, name);
}

const struct real *real(void)
{
	if (!atomic_load_explicit(&resolved, memory_order_acquire)) {
#define X(result, name, parameters) real_functions.name = (result(*) parameters)real_lookup(#name);
#include "shim/interposed.def"
#undef X
		atomic_store_explicit(&resolved, 1, memory_order_release);
	}
	return &real_functions;
}
