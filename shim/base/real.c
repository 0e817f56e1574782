/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/real.h"

#include "core/base/path.h"
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

/* libc's, kept from the first look-up in it on: there are several at every start. */
static struct {
	const ElfW(Dyn) * dynamic; /* NULL: there was none yet */
	const struct link_map *map;
	struct object object;
} libc;

/* ld.so turns the addresses of a dynamic section into absolute ones, except where it may not write
 * to it (the vdso). */
static const void *absolute(ElfW(Addr) bias, ElfW(Addr) address)
{
	return (const void *)(address < bias ? address + bias : address);
}

static bool object_read(ElfW(Addr) bias, const ElfW(Dyn) * entry, struct object *object)
{
	*object = (struct object){.bias = bias};
	for (; entry != NULL && entry->d_tag != DT_NULL; entry++) {
		const void *table = absolute(bias, entry->d_un.d_ptr);

		switch (entry->d_tag) {
		case DT_SYMTAB: object->symbols = table; break;
		case DT_STRTAB: object->strings = table; break;
		case DT_VERSYM: object->versions = table; break;
		case DT_GNU_HASH: object->gnu_hash = table; break;
		case DT_HASH: object->hash = table; break;
		}
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

static bool is_named(const struct object *object, uint32_t index, const char *name)
{
	const ElfW(Sym) *symbol = &object->symbols[index];

	return symbol->st_shndx != SHN_UNDEF &&
	       strcmp(object->strings + symbol->st_name, name) == 0;
}

/* The search for a name ends there: of several versions the default one counts, else the last. */
static bool is_default_version(const struct object *object, uint32_t index)
{
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

static const uint32_t *buckets_of(const uint32_t *head)
{
	return head + 4 + head[2] * (sizeof(ElfW(Addr)) / sizeof *head);
}

/* The first of the symbols whose hashes end as HASH does; 0: none. */
static uint32_t first_of_bucket(const uint32_t *head, uint32_t hash)
{
	uint32_t index = head[0] == 0 ? 0 : buckets_of(head)[hash % head[0]];

	return index < head[1] ? 0 : index;
}

/* Where the hashes of symbol INDEX and those behind it are; the last bit says which is the last of
 * its bucket. */
static const uint32_t *hash_at(const uint32_t *head, uint32_t index)
{
	return buckets_of(head) + head[0] + (index - head[1]);
}

/* Inlined, because a frame of its own lies on the host's stack. */
static inline __attribute__((always_inline)) uint32_t find_by_gnu_hash(
	const struct object *object, const char *name, uint32_t hash)
{
	const uint32_t *head = object->gnu_hash, *at;
	uint32_t index = may_have(head, hash) ? first_of_bucket(head, hash) : 0, found = 0;

	if (index == 0)
		return 0;
	at = hash_at(head, index);
	for (;; index++, at++) {
		if ((*at | 1) == (hash | 1) && is_named(object, index, name)) {
			found = index;
			if (is_default_version(object, index))
				break;
		}
		if (*at & 1)
			break;
	}
	return found;
}

static uint32_t find_by_hash(const struct object *object, const char *name)
{
	uint32_t bucket_count = object->hash[0], found = 0;
	const uint32_t *buckets = object->hash + 2, *chain = buckets + bucket_count;
	uint32_t index = bucket_count == 0 ? 0 : buckets[hash_of(name) % bucket_count];

	for (; index != 0; index = chain[index])
		if (is_named(object, index, name)) {
			found = index;
			if (is_default_version(object, index))
				break;
		}
	return found;
}

/* HASH is NAME's by the GNU way. */
static void *find_in(const struct object *object, const char *name, uint32_t hash)
{
	uint32_t index = object->gnu_hash != NULL ? find_by_gnu_hash(object, name, hash)
						  : find_by_hash(object, name);

	return index == 0 ? NULL : (void *)(object->bias + object->symbols[index].st_value);
}

/* A function of its own, as the table would else lie on the host's stack below other look-ups. */
static __attribute__((noinline)) void *find_at(
	ElfW(Addr) bias, const ElfW(Dyn) * dynamic, const char *name, uint32_t hash)
{
	bool is_libc = dynamic == libc.dynamic && dynamic != NULL;
	struct object object;

	if (!is_libc && !object_read(bias, dynamic, &object))
		return NULL;
	return find_in(is_libc ? &libc.object : &object, name, hash);
}

static void *lookup_in(const struct link_map *map, const char *name)
{
	return find_at(map->l_addr, map->l_ld, name, gnu_hash_of(name));
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

/* musl has a name for it, and leaves AT_PHDR as it is where its loader is itself the command. */
static const struct r_debug *loaders_list(void)
{
	const struct r_debug *list;

	if (&_dl_debug_addr != NULL)
		return _dl_debug_addr;
	list = list_of_program();
	return list == NULL ? list_of_loader() : list;
}

/* The program, which stays the first of the loader's list, which it keeps for debuggers. */
static const struct link_map *first_object(void)
{
	static const struct link_map *_Atomic kept;
	const struct link_map *first = atomic_load_explicit(&kept, memory_order_relaxed);
	const struct r_debug *list = first == NULL ? loaders_list() : NULL;

	if (list != NULL) {
		first = list->r_map;
		atomic_store_explicit(&kept, first, memory_order_relaxed);
	}
	return first;
}

/* The first object behind this library. */
static __attribute__((noinline)) const struct link_map *next_object(void)
{
	const struct link_map *map = first_object();

	while (map != NULL && map->l_ld != _DYNAMIC)
		map = map->l_next;
	return map == NULL ? NULL : map->l_next;
}

static void *look_up(const char *name, uint32_t hash)
{
	void *found = NULL;

	for (const struct link_map *map = next_object(); found == NULL && map != NULL;
		map = map->l_next)
		found = find_at(map->l_addr, map->l_ld, name, hash);
	return found;
}

void *real_lookup(const char *name)
{
	return look_up(name, gnu_hash_of(name));
}

/* Neither is libc's nor ours: the two with the largest tables at every start. */
void *real_lookup_of_program(const char *name)
{
	void *found = NULL;

	for (const struct link_map *map = first_object(); found == NULL && map != NULL;
		map = map->l_next)
		if (map != libc.map && map->l_ld != _DYNAMIC)
			found = lookup_in(map, name);
	return found;
}

bool real_has_object(const char *prefix)
{
	size_t length = strlen(prefix);

	for (const struct link_map *map = first_object(); map != NULL; map = map->l_next)
		if (strncmp(path_base(map->l_name), prefix, length) == 0)
			return true;
	return false;
}

/*
 * gnu_hash_of() a literal, by the compiler: 5381 * 33^n + the sum of c[i] * 33^(n-1-i).
 */
#define POWER(k)                                                               \
	(((k)&1 ? 33u : 1u) * ((k)&2 ? 1089u : 1u) * ((k)&4 ? 1185921u : 1u) * \
		((k)&8 ? 1954312449u : 1u) * ((k)&16 ? 2463752705u : 1u))
#define PART(s, i) ((i) + 1 < sizeof(s) ? (unsigned char)(s)[i] * POWER(sizeof(s) - 2 - (i)) : 0)
#define FOUR(s, i) (PART(s, i) + PART(s, (i) + 1) + PART(s, (i) + 2) + PART(s, (i) + 3))
#define GNU_HASH(s)                                                                          \
	(5381u * POWER(sizeof(s) - 1) + FOUR(s, 0) + FOUR(s, 4) + FOUR(s, 8) + FOUR(s, 12) + \
		FOUR(s, 16))

/* Sets libc to the first object from MAP on that is libc. */
static bool libc_from(const struct link_map *map)
{
	static const char name[] = "gnu_get_libc_version";
	struct object object;

	for (; map != NULL; map = map->l_next)
		if (object_read(map->l_addr, map->l_ld, &object) &&
			find_in(&object, name, GNU_HASH(name)) != NULL) {
			libc.object = object;
			libc.dynamic = map->l_ld;
			libc.map = map;
			return true;
		}
	return false;
}

/* Mostly the next one. */
static void find_libc(void)
{
	if (!libc_from(next_object()))
		libc_from(first_object());
}

void *real_lookup_libc(const char *name)
{
	if (libc.map == NULL)
		find_libc();
	return libc.map == NULL ? NULL : lookup_in(libc.map, name);
}

void *real_lookup_in(uintptr_t bias, const void *dynamic, const char *name)
{
	return find_at(bias, dynamic, name, gnu_hash_of(name));
}

bool real_is_glibc(void)
{
	return gnu_get_libc_version != NULL && &_dl_debug_addr == NULL;
}

/* In the order of struct real. The names lie in the table itself: nothing to be relocated. */
static const struct {
	char name[sizeof "pidfd_send_signal"];
	unsigned char since; /* of glibc 2's minor versions; 0: it is in all that are for us */
	unsigned char size;  /* of the name, its NUL included */
	uint32_t hash;
} interposed[] = {
#define X(result, name, parameters) {#name, 0, sizeof #name, GNU_HASH(#name)},
#define X_SINCE(result, name, parameters, minor) {#name, minor, sizeof #name, GNU_HASH(#name)},
#include "shim/interposed.def"
#undef X
};

#define INTERPOSED_COUNT (sizeof interposed / sizeof *interposed)

_Static_assert(sizeof interposed->name <= 21, "GNU_HASH() has no longer names");
_Static_assert(sizeof(struct real) == INTERPOSED_COUNT * sizeof(void *), "struct real is a table");

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

/* NULL: not looked up yet; NOWHERE: it is not there, and need not be. */
static void *_Atomic functions[INTERPOSED_COUNT];
#define NOWHERE ((void *)-1)

static void *look_up_interposed(size_t index)
{
	return look_up(interposed[index].name, interposed[index].hash);
}

static void *stand_in_of(size_t index)
{
	for (size_t i = 0; i < sizeof stand_ins / sizeof *stand_ins; i++)
		if (stand_ins[i][0] == index)
			return look_up_interposed(stand_ins[i][1]);
	return NULL;
}

/* As real_function() returns it: its frame is gone by then. */
static __attribute__((noinline)) void *resolve(size_t index)
{
	void *found = look_up_interposed(index);

	if (found == NULL)
		found = stand_in_of(index);
	if (found == NULL)
		found = interposed[index].since == 0 ? (void *)absent : NOWHERE;
	atomic_store_explicit(&functions[index], found, memory_order_relaxed);
	return found == NOWHERE ? NULL : found;
}

void *real_function(size_t index)
{
	void *found = atomic_load_explicit(&functions[index], memory_order_relaxed);

	if (found == NULL)
		return resolve(index);
	return found == NOWHERE ? NULL : found;
}

void real_set(size_t index, void *function)
{
	atomic_store_explicit(&functions[index], function, memory_order_relaxed);
}

/*
 * Set FOUND to the symbols of libc's that have the hashes of the table's names, of whichever
 * version; 0: there is none. The tables lie in no cache, so none of these steps waits for the one
 * before it: the names are compared later.
 */
static void find_hashes(uint32_t found[INTERPOSED_COUNT])
{
	const uint32_t *head = libc.object.gnu_hash;

	for (size_t i = 0; i < INTERPOSED_COUNT; i++)
		found[i] = head == NULL ? 0 : first_of_bucket(head, interposed[i].hash);
	for (size_t i = 0; i < INTERPOSED_COUNT; i++) {
		const uint32_t *first = found[i] == 0 ? NULL : hash_at(head, found[i]);
		const uint32_t *at = first, hash = interposed[i].hash | 1;

		while (at != NULL && (*at | 1) != hash)
			at = *at & 1 ? NULL : at + 1;
		found[i] = at == NULL ? 0 : found[i] + (uint32_t)(at - first);
	}
}

/* Whether libc's symbol INDEX, which has the hash of INTERPOSED[i], has its name, too. */
static bool is_interposed(uint32_t index, size_t i)
{
	const struct object *object = &libc.object;

	return index != 0 && object->symbols[index].st_shndx != SHN_UNDEF &&
	       memcmp(object->strings + object->symbols[index].st_name, interposed[i].name,
		       interposed[i].size) == 0;
}

const char *real_missing(void)
{
	uint32_t found[INTERPOSED_COUNT];

	if (libc.map == NULL)
		find_libc();
	find_hashes(found);
	/* What libc lacks is looked up now: later the search would go on behind libc, where another
	 * thread's dlclose() may take objects away meanwhile. */
	for (size_t i = 0; i < INTERPOSED_COUNT; i++) {
		if (is_interposed(found[i], i))
			continue;
		resolve(i);
		if (interposed[i].since == 0 && look_up_interposed(i) == NULL)
			return interposed[i].name;
	}
	return NULL;
}
