/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_object.h - what is needed of an object's dynamic section to find the functions that it
 * calls and defines.
 *
 * Objects without a GNU hash table, which linkers have made for every one since 2006, define
 * nothing here. Signal-safe: yes. Threads: any; the object must stay loaded.
 */
#pragma once

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call_object {
	uintptr_t bias;
	const char *name; /* the loader's, "" of the program */
	const ElfW(Phdr) * headers;
	unsigned header_count;
	/* Set by call_object_read(), NULL or 0 before: */
	const ElfW(Dyn) * dynamic;
	const ElfW(Sym) * symbols;
	const char *strings;
	const ElfW(Half) * versions;
	const ElfW(Verneed) * needed_versions;
	const ElfW(Verdef) * defined_versions;
	const uint32_t *gnu_hash;
	const ElfW(Rela) * calls; /* DT_JMPREL */
	size_t call_count;
	uintptr_t protected_start, protected_end; /* whole pages that the loader makes read-only */
	bool is_symbolic; /* its own symbols come before those of all others */
};

/* Set the rest of OBJECT, once. Returns false where it has no dynamic symbols. */
bool call_object_read(struct call_object *object);

/* Whether OBJECT, which need not be read, asks for a library whose name begins with PREFIX. */
bool call_object_needs(const struct call_object *object, const char *prefix);

/* Whether ADDRESS lies in a part of OBJECT that is executed, or in one that is written. */
bool call_object_has(const struct call_object *object, uintptr_t address, unsigned flag);

/* Whether ADDRESS lies in a page of OBJECT that the loader makes read-only. */
bool call_object_protects(const struct call_object *object, uintptr_t address);

/* Whether OBJECT defines NAME, in whichever version. */
bool call_object_defines(const struct call_object *object, const char *name);

/* What a look-up of a symbol may end in. */
enum call_found { CALL_NOT_HERE, CALL_HERE, CALL_UNCERTAIN };

/* Look in OBJECT for the definition to which the loader binds symbol INDEX of USER. Uncertain is
 * what is no plain function, or where the versions do not say which of several is meant. */
enum call_found call_object_find(const struct call_object *object, const struct call_object *user,
	uint32_t index, uintptr_t *ret_address);
