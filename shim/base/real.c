/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/real.h"

#include "core/base/sys.h"

#include <elf.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

/* The tables of one object that a look-up needs: System V ABI, and the GNU hash of binutils. */
struct object {
	const ElfW(Sym) * symbols;
	const char *strings;
	const ElfW(Half) * versions;	 /* NULL: the object has none */
	const uint32_t *gnu_hash, *hash; /* one of the two may be NULL */
	ElfW(Addr) bias;
};

/*
 * These distinguish glibc and musl before anything else is done: only musl exports the second,
 * which leads to the loader's list of objects; a library beside musl may export the first
 * (gcompat).
 */
extern const char *gnu_get_libc_version(void) __attribute__((weak, visibility("default")));
extern const struct r_debug *_dl_debug_addr __attribute__((weak, visibility("default")));

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
	*object = (struct object){.bias = map->l_addr};
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
		else if (entry->d_tag == DT_HASH)
			object->hash = table;
	}
	return object->symbols != NULL && object->strings != NULL &&
	       (object->gnu_hash != NULL || object->hash != NULL);
}

static uint32_t gnu_hash_of(const char *name)
{
	uint32_t hash = 5381;

	while (*name != '\0')
		hash = hash * 33 + (unsigned char)*name++;
	return hash;
}

static uint32_t hash_of(const char *name)
{
	uint32_t hash = 0;

	while (*name != '\0') {
		hash = (hash << 4) + (unsigned char)*name++;
		hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
	}
	return hash;
}

/*
 * Whether the search for NAME ends at symbol INDEX. It ends at the default version; if there is
 * none, *RET_FOUND is the last version.
 */
static bool ends_at(
	const struct object *object, uint32_t index, const char *name, uint32_t *ret_found)
{
	const ElfW(Sym) *symbol = &object->symbols[index];

	if (symbol->st_shndx == SHN_UNDEF || strcmp(object->strings + symbol->st_name, name) != 0)
		return false;
	*ret_found = index;
	return object->versions == NULL || !(object->versions[index] & VERSION_HIDDEN);
}

/* The Bloom filter, in words of the machine, says at once of most names that they are not there. */
static bool may_have(const uint32_t *head, uint32_t hash)
{
	const ElfW(Addr) *filter = (const ElfW(Addr) *)(const void *)(head + 4);
	uint32_t size = head[2], bits = 8 * sizeof *filter;
	ElfW(Addr) word = size == 0 ? 0 : filter[hash / bits % size];

	return (word >> hash % bits & word >> (hash >> head[3]) % bits & 1) != 0;
}

static uint32_t find_by_gnu_hash(const struct object *object, const char *name, uint32_t hash)
{
	const uint32_t *head = object->gnu_hash;
	uint32_t bucket_count = head[0], first = head[1], bloom_size = head[2], found = 0;
	const uint32_t *buckets = head + 4 + bloom_size * (sizeof(ElfW(Addr)) / sizeof *head);
	const uint32_t *chain = buckets + bucket_count;
	uint32_t index;

	if (bucket_count == 0 || !may_have(head, hash))
		return 0;
	index = buckets[hash % bucket_count];
	for (; index >= first && index != 0; index++) {
		uint32_t here = chain[index - first];

		if (((here | 1) == (hash | 1) && ends_at(object, index, name, &found)) ||
			(here & 1))
			break;
	}
	return found;
}

static uint32_t find_by_hash(const struct object *object, const char *name)
{
	uint32_t bucket_count = object->hash[0], found = 0;
	const uint32_t *buckets = object->hash + 2, *chain = buckets + bucket_count;
	uint32_t index = bucket_count == 0 ? 0 : buckets[hash_of(name) % bucket_count];

	while (index != 0 && !ends_at(object, index, name, &found))
		index = chain[index];
	return found;
}

/* HASH is NAME's by the GNU way. */
static void *find_in(const struct object *object, const char *name, uint32_t hash)
{
	uint32_t index = object->gnu_hash != NULL ? find_by_gnu_hash(object, name, hash)
						  : find_by_hash(object, name);

	return index == 0 ? NULL : (void *)(object->bias + object->symbols[index].st_value);
}

static void *lookup_in(const struct link_map *map, const char *name)
{
	struct object object;

	return object_read(map, &object) ? find_in(&object, name, gnu_hash_of(name)) : NULL;
}

/* The dynamic section of the object at BIAS. */
static const ElfW(Dyn) * dynamic_of(const ElfW(Phdr) * headers, size_t count, ElfW(Addr) bias)
{
	for (size_t i = 0; i < count; i++)
		if (headers[i].p_type == PT_DYNAMIC)
			return (const ElfW(Dyn) *)(bias + headers[i].p_vaddr);
	return NULL;
}

/* DT_DEBUG of the main program. */
static const struct r_debug *list_of_program(void)
{
	const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	size_t count = headers == NULL ? 0 : getauxval(AT_PHNUM);
	const ElfW(Dyn) * entry;
	ElfW(Addr) bias = 0;

	for (size_t i = 0; i < count; i++)
		if (headers[i].p_type == PT_PHDR)
			bias = (ElfW(Addr))headers - headers[i].p_vaddr;
	entry = dynamic_of(headers, count, bias);
	for (; entry != NULL && entry->d_tag != DT_NULL; entry++)
		if (entry->d_tag == DT_DEBUG)
			return (const struct r_debug *)entry->d_un.d_ptr;
	return NULL;
}

/* The list by the name that glibc's loader exports: a program may lack DT_DEBUG. */
static const struct r_debug *list_of_loader(void)
{
	const ElfW(Ehdr) *loader = (const ElfW(Ehdr) *)getauxval(AT_BASE);
	ElfW(Addr) bias = (ElfW(Addr))loader;

	if (loader == NULL)
		return NULL;
	return real_lookup_in(bias,
		dynamic_of((const ElfW(Phdr) *)(bias + loader->e_phoff), loader->e_phnum, bias),
		"_r_debug");
}

/*
 * The head of the loader's list of objects, which it keeps for debuggers. musl exports its address;
 * AT_PHDR would mislead there if musl's loader was run as the command.
 */
static const struct link_map *first_object(void)
{
	const struct r_debug *list;

	if (&_dl_debug_addr != NULL)
		return _dl_debug_addr->r_map;
	list = list_of_program();
	if (list == NULL)
		list = list_of_loader();
	return list == NULL ? NULL : list->r_map;
}

/* The first object behind this library. */
static __attribute__((noinline)) const struct link_map *next_object(void)
{
	const struct link_map *map = first_object();

	while (map != NULL && map->l_ld != _DYNAMIC)
		map = map->l_next;
	return map == NULL ? NULL : map->l_next;
}

void *real_lookup(const char *name)
{
	void *found = NULL;

	for (const struct link_map *map = next_object(); found == NULL && map != NULL;
		map = map->l_next)
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
	const struct link_map map = {.l_addr = bias, .l_ld = (ElfW(Dyn) *)dynamic};

	return lookup_in(&map, name);
}

bool real_is_glibc(void)
{
	return gnu_get_libc_version != NULL && &_dl_debug_addr == NULL;
}

/* In the order of struct real. The names lie in the table itself: nothing to be relocated. */
static const struct {
	char name[sizeof "pidfd_send_signal"];
	unsigned char since; /* of glibc 2's minor versions; 0: it is in all that are for us */
} interposed[] = {
#define X(result, name, parameters) {#name, 0},
#define X_SINCE(result, name, parameters, minor) {#name, minor},
#include "shim/interposed.def"
#undef X
};

#define INTERPOSED_COUNT (sizeof interposed / sizeof *interposed)

_Static_assert(sizeof(struct real) == INTERPOSED_COUNT * sizeof(void *), "struct real is a table");

/* What real_missing() returns. */
static const char *missing;

/*
 * Stands for a function that this libc lacks. Without us the loader would have refused a program
 * that calls it, or exited at the call, with the same status.
 */
static void absent(void)
{
	sys_call(SYS_exit_group, 127, 0, 0, 0, 0, 0);
}

#define INDEX(name) (offsetof(struct real, name) / sizeof(void *))

/* What musl lacks, and the function that does the same. */
static const unsigned char stand_ins[][2] = {
	{INDEX(__sigaction), INDEX(sigaction)},
	{INDEX(bsd_signal), INDEX(signal)},
	{INDEX(ssignal), INDEX(signal)},
	{INDEX(sysv_signal), INDEX(__sysv_signal)},
};

static void complete(void **functions)
{
	for (size_t i = 0; i < sizeof stand_ins / sizeof *stand_ins; i++)
		if (functions[stand_ins[i][0]] == NULL)
			functions[stand_ins[i][0]] = functions[stand_ins[i][1]];
	for (size_t i = 0; i < INTERPOSED_COUNT; i++)
		if (functions[i] == NULL && interposed[i].since == 0)
			functions[i] = (void *)absent;
}

static uint32_t hashes[INTERPOSED_COUNT]; /* not on what may be the host's small stack */

/* Look up in MAP the functions that were not found yet. Returns how many are still missing. */
static __attribute__((noinline)) size_t take_from(const struct link_map *map)
{
	void **functions = (void **)&real_functions;
	struct object object;
	size_t left = 0;

	if (!object_read(map, &object))
		return INTERPOSED_COUNT;
	for (size_t i = 0; i < INTERPOSED_COUNT; i++) {
		if (functions[i] == NULL)
			functions[i] = find_in(&object, interposed[i].name, hashes[i]);
		left += functions[i] == NULL;
	}
	return left;
}

static __attribute__((noinline)) void name_missing(void)
{
	void *const *functions = (void *const *)&real_functions;

	for (size_t i = INTERPOSED_COUNT; i-- > 0;)
		if (functions[i] == NULL && interposed[i].since == 0)
			missing = interposed[i].name;
}

/* The first object that defines a name counts. The outer loop is over objects, so that the tables
 * of each are looked for once. */
static void resolve(void)
{
	const struct link_map *map = next_object();

	for (size_t i = 0; i < INTERPOSED_COUNT; i++)
		hashes[i] = gnu_hash_of(interposed[i].name);
	while (map != NULL && take_from(map) > 0)
		map = map->l_next;
	name_missing();
	complete((void **)&real_functions);
}

const struct real *real(void)
{
	if (!atomic_load_explicit(&resolved, memory_order_acquire)) {
		resolve();
		atomic_store_explicit(&resolved, 1, memory_order_release);
	}
	return &real_functions;
}

const char *real_missing(void)
{
	real();
	return missing;
}
