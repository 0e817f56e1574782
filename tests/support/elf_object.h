/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elf_object.h - an ELF file with a symbol table, made by hand.
 *
 * Signal-safe: no. Threads: one at a time per object.
 */
#pragma once

#include <elf.h>
#include <stddef.h>
#include <string.h>

/* An ELF file of four parts: header, section headers (none, symbols, names, code), symbols,
 * names. */
struct object {
	Elf64_Ehdr header;
	Elf64_Shdr sections[4];
	Elf64_Sym symbols[8];
	char names[128];
	unsigned count;
	size_t names_used;
};

/* Without symbols. */
static inline void object_init(struct object *object)
{
	memset(object, 0, sizeof *object);
	memcpy(object->header.e_ident, ELFMAG, SELFMAG);
	object->header.e_ident[EI_CLASS] = ELFCLASS64;
	object->header.e_ident[EI_DATA] = ELFDATA2LSB;
#if defined(__x86_64__)
	object->header.e_machine = EM_X86_64;
#else
	object->header.e_machine = EM_AARCH64;
#endif
	object->header.e_phentsize = sizeof(Elf64_Phdr);
	object->header.e_shentsize = sizeof(Elf64_Shdr);
	object->header.e_shoff = offsetof(struct object, sections);
	object->header.e_shnum = 4;
	object->sections[1].sh_type = SHT_SYMTAB;
	object->sections[1].sh_entsize = sizeof(Elf64_Sym);
	object->sections[1].sh_offset = offsetof(struct object, symbols);
	object->sections[1].sh_link = 2;
	object->sections[2].sh_type = SHT_STRTAB;
	object->sections[2].sh_offset = offsetof(struct object, names);
	object->sections[2].sh_size = sizeof object->names;
	object->sections[3].sh_type = SHT_PROGBITS;
	object->sections[3].sh_addr = 0x100;
	object->sections[3].sh_size = 0x300;
	object->names_used = 1;
}

/* Add a function of SIZE bytes at VALUE. */
static inline void object_add(
	struct object *object, const char *name, uint64_t value, uint64_t size, unsigned binding)
{
	Elf64_Sym *symbol = &object->symbols[object->count++];

	symbol->st_name = (uint32_t)object->names_used;
	symbol->st_info = (unsigned char)ELF64_ST_INFO(binding, STT_FUNC);
	symbol->st_shndx = 3;
	symbol->st_value = value;
	symbol->st_size = size;
	strcpy(object->names + object->names_used, name);
	object->names_used += strlen(name) + 1;
	object->sections[1].sh_size = object->count * sizeof *symbol;
}
