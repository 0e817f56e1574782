/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/call_object.h"

#include <elf.h>
#include <string.h>
#include <sys/auxv.h>

#define VERSION_HIDDEN 0x8000
#define VERSION_GLOBAL 1 /* VER_NDX_GLOBAL: of no version */

/* The loader makes the addresses of a dynamic section absolute ones, except where it may not write
 * to it. */
static const void *absolute(const struct call_object *object, uintptr_t address)
{
	return (const void *)(address < object->bias ? address + object->bias : address);
}

static const ElfW(Dyn) * dynamic_of(const struct call_object *object)
{
	for (unsigned i = 0; i < object->header_count; i++)
		if (object->headers[i].p_type == PT_DYNAMIC)
			return (const ElfW(Dyn) *)(object->bias + object->headers[i].p_vaddr);
	return NULL;
}

static void read_headers(struct call_object *object)
{
	uintptr_t page = getauxval(AT_PAGESZ), end;

	object->dynamic = dynamic_of(object);
	object->protected_start = object->protected_end = 0;
	for (unsigned i = 0; i < object->header_count; i++) {
		const ElfW(Phdr) *header = &object->headers[i];
		uintptr_t start = object->bias + header->p_vaddr;

		if (header->p_type != PT_GNU_RELRO || page == 0)
			continue;
		end = start + header->p_memsz;
		object->protected_start = start - start % page;
		object->protected_end = end - end % page;
	}
}

bool call_object_read(struct call_object *object)
{
	bool has_rela = false;
	size_t call_size = 0;

	if (object->dynamic != NULL)
		return object->symbols != NULL && object->strings != NULL;
	read_headers(object);
	for (const ElfW(Dyn) *entry = object->dynamic; entry != NULL && entry->d_tag != DT_NULL;
		entry++) {
		const void *table = absolute(object, entry->d_un.d_ptr);

		switch (entry->d_tag) {
		case DT_SYMTAB: object->symbols = table; break;
		case DT_STRTAB: object->strings = table; break;
		case DT_VERSYM: object->versions = table; break;
		case DT_VERNEED: object->needed_versions = table; break;
		case DT_VERDEF: object->defined_versions = table; break;
		case DT_GNU_HASH: object->gnu_hash = table; break;
		case DT_JMPREL: object->calls = table; break;
		case DT_PLTRELSZ: call_size = entry->d_un.d_val; break;
		case DT_PLTREL: has_rela = entry->d_un.d_val == DT_RELA; break;
		case DT_SYMBOLIC: object->is_symbolic = true; break;
		case DT_FLAGS: object->is_symbolic |= (entry->d_un.d_val & DF_SYMBOLIC) != 0; break;
		}
	}
	if (object->calls != NULL && has_rela)
		object->call_count = call_size / sizeof *object->calls;
	return object->symbols != NULL && object->strings != NULL;
}

bool call_object_needs(const struct call_object *object, const char *prefix)
{
	const ElfW(Dyn) *dynamic = dynamic_of(object), *entry = dynamic;
	const char *strings = NULL;
	size_t length = strlen(prefix);

	for (; entry != NULL && entry->d_tag != DT_NULL && strings == NULL; entry++)
		if (entry->d_tag == DT_STRTAB)
			strings = absolute(object, entry->d_un.d_ptr);
	for (entry = dynamic; strings != NULL && entry->d_tag != DT_NULL; entry++)
		if (entry->d_tag == DT_NEEDED &&
			strncmp(strings + entry->d_un.d_val, prefix, length) == 0)
			return true;
	return false;
}

bool call_object_has(const struct call_object *object, uintptr_t address, unsigned flag)
{
	for (unsigned i = 0; i < object->header_count; i++) {
		const ElfW(Phdr) *header = &object->headers[i];

		if (header->p_type == PT_LOAD && (header->p_flags & flag) != 0 &&
			address - object->bias - header->p_vaddr < header->p_memsz)
			return true;
	}
	return false;
}

bool call_object_protects(const struct call_object *object, uintptr_t address)
{
	return address >= object->protected_start && address < object->protected_end;
}

static uint32_t hash_of(const char *name)
{
	uint32_t hash = 5381;

	while (*name != '\0')
		hash = hash * 33 + (unsigned char)*name++;
	return hash;
}

/* A walk over the symbols of an object that are defined and have a name. */
struct matches {
	const struct call_object *object;
	const char *name;
	uint32_t hash, index;
	const uint32_t *at; /* the hash of symbol INDEX; NULL: there are no more */
};

static struct matches matches_begin(const struct call_object *object, const char *name)
{
	struct matches matches = {.object = object, .name = name, .hash = hash_of(name)};
	const uint32_t *head = object->gnu_hash, *buckets;
	const ElfW(Addr) * filter;
	uint32_t bits = 8 * sizeof *filter;
	ElfW(Addr) word;

	if (head == NULL || head[0] == 0 || head[2] == 0)
		return matches;
	filter = (const ElfW(Addr) *)(const void *)(head + 4);
	word = filter[matches.hash / bits % head[2]];
	if ((word >> matches.hash % bits & word >> (matches.hash >> head[3]) % bits & 1) == 0)
		return matches;
	buckets = (const uint32_t *)(const void *)(filter + head[2]);
	matches.index = buckets[matches.hash % head[0]];
	if (matches.index >= head[1])
		matches.at = buckets + head[0] + (matches.index - head[1]);
	return matches;
}

/* The index of the next one; 0: there is none. */
static uint32_t matches_next(struct matches *matches)
{
	const struct call_object *object = matches->object;

	while (matches->at != NULL) {
		uint32_t hash = *matches->at, index = matches->index++;
		const ElfW(Sym) *symbol = &object->symbols[index];

		matches->at = (hash & 1) != 0 ? NULL : matches->at + 1;
		if ((hash | 1) == (matches->hash | 1) && symbol->st_shndx != SHN_UNDEF &&
			ELF64_ST_BIND(symbol->st_info) != STB_LOCAL &&
			strcmp(object->strings + symbol->st_name, matches->name) == 0)
			return index;
	}
	return 0;
}

bool call_object_defines(const struct call_object *object, const char *name)
{
	struct matches matches = matches_begin(object, name);

	return matches_next(&matches) != 0;
}

/* The hash of the version in which USER asks for its symbol INDEX; 0: in none. */
static uint32_t version_asked(const struct call_object *user, uint32_t index)
{
	unsigned number = user->versions == NULL ? 0 : user->versions[index] & ~VERSION_HIDDEN;
	const char *at = (const char *)user->needed_versions;

	if (number <= VERSION_GLOBAL || at == NULL)
		return 0;
	for (;;) {
		const ElfW(Verneed) *needed = (const ElfW(Verneed) *)(const void *)at;
		const char *inner = at + needed->vn_aux;

		for (unsigned i = 0; i < needed->vn_cnt; i++) {
			const ElfW(Vernaux) *version = (const ElfW(Vernaux) *)(const void *)inner;

			if (version->vna_other == number)
				return version->vna_hash;
			inner += version->vna_next;
		}
		if (needed->vn_next == 0)
			return 0;
		at += needed->vn_next;
	}
}

/* The hash of the version that symbol INDEX of OBJECT is defined in; 0: in none. */
static uint32_t version_defined(const struct call_object *object, uint32_t index)
{
	unsigned number = object->versions[index] & ~VERSION_HIDDEN;
	const char *at = (const char *)object->defined_versions;

	if (number <= VERSION_GLOBAL || at == NULL)
		return 0;
	for (;;) {
		const ElfW(Verdef) *defined = (const ElfW(Verdef) *)(const void *)at;

		if (defined->vd_ndx == number)
			return defined->vd_hash;
		if (defined->vd_next == 0)
			return 0;
		at += defined->vd_next;
	}
}

static enum call_found take(
	const struct call_object *object, uint32_t index, uintptr_t *ret_address)
{
	const ElfW(Sym) *symbol = &object->symbols[index];
	unsigned visibility = ELF64_ST_VISIBILITY(symbol->st_other);

	if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_value == 0 ||
		symbol->st_shndx == SHN_ABS || visibility == STV_HIDDEN ||
		visibility == STV_INTERNAL || (symbol->st_other & ~3u) != 0)
		return CALL_UNCERTAIN;
	*ret_address = object->bias + symbol->st_value;
	return CALL_HERE;
}

enum call_found call_object_find(const struct call_object *object, const struct call_object *user,
	uint32_t index, uintptr_t *ret_address)
{
	const char *name = user->strings + user->symbols[index].st_name;
	struct matches matches = matches_begin(object, name);
	uint32_t first = matches_next(&matches), asked;

	if (first == 0)
		return CALL_NOT_HERE;
	if (object->versions == NULL || object->defined_versions == NULL)
		return take(object, first, ret_address);
	asked = version_asked(user, index);
	if (asked == 0)
		return matches_next(&matches) != 0 ||
				       (object->versions[first] & VERSION_HIDDEN) != 0
			       ? CALL_UNCERTAIN
			       : take(object, first, ret_address);
	for (uint32_t at = first; at != 0; at = matches_next(&matches))
		if (version_defined(object, at) == asked)
			return take(object, at, ret_address);
	/* The loader takes what has no version, and goes on behind what has another one. */
	return CALL_UNCERTAIN;
}
