/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the symbol table in an ELF file.
 */
#include "core/trace/symbols.h"

#include "core/base/sys.h"
#include "core/trace/modules_elf.h"

#include <string.h>

#define NOTES_MAX 2048
#define SECTIONS_MAX 65536u
#define BATCH 64 /* section headers that are read at once */

/* Reads SIZE bytes at offset AT; false if the file ends before. */
static bool file_read_at(int fd, uint64_t at, void *to, size_t size)
{
	return at <= INT64_MAX - size && sys_pread(fd, to, size, (off_t)at) == (ssize_t)size;
}

static size_t file_build_id(int fd, const Elf64_Ehdr *header, uint8_t *to, size_t max)
{
	Elf64_Phdr segments[SEGMENTS_MAX];
	unsigned count = header->e_phnum < SEGMENTS_MAX ? header->e_phnum : SEGMENTS_MAX;
	uint8_t notes[NOTES_MAX];
	size_t found = 0;

	if (!file_read_at(fd, header->e_phoff, segments, count * sizeof *segments))
		return 0;
	for (unsigned i = 0; i < count && found == 0; i++) {
		size_t size = segments[i].p_filesz < NOTES_MAX ? segments[i].p_filesz : NOTES_MAX;

		if (segments[i].p_type == PT_NOTE &&
			file_read_at(fd, segments[i].p_offset, notes, size))
			found = elf_build_id(notes, size, segments[i].p_align, to, max);
	}
	return found;
}

/* Whether the file has the build-id of the loaded object; true if one of the two has none. */
static bool same_build(int fd, const Elf64_Ehdr *header, const uint8_t *build_id, size_t size)
{
	uint8_t found[BUILD_ID_MAX];
	size_t found_size = file_build_id(fd, header, found, sizeof found);

	return size == 0 || found_size == 0 ||
	       (size == found_size && memcmp(build_id, found, size) == 0);
}

/* How many sections the file has. With more than 65279, the first section has the count. */
static uint64_t section_count(int fd, const Elf64_Ehdr *header)
{
	Elf64_Shdr first;

	if (header->e_shentsize != sizeof first)
		return 0;
	if (header->e_shnum != 0)
		return header->e_shnum;
	if (header->e_shoff == 0 || !file_read_at(fd, header->e_shoff, &first, sizeof first))
		return 0;
	return first.sh_size < SECTIONS_MAX ? first.sh_size : SECTIONS_MAX;
}

/* Finds the section of the full symbol table, else of the dynamic one. */
static bool symbol_section(
	int fd, const Elf64_Ehdr *header, uint64_t count, Elf64_Shdr *ret_section)
{
	Elf64_Shdr batch[BATCH];
	bool found = false;

	for (uint64_t i = 0; i < count; i += BATCH) {
		size_t size = count - i < BATCH ? count - i : BATCH;

		if (header->e_shoff > INT64_MAX ||
			!file_read_at(fd, header->e_shoff + i * sizeof *batch, batch,
				size * sizeof *batch))
			break;
		for (size_t j = 0; j < size; j++) {
			if (batch[j].sh_type == SHT_SYMTAB || batch[j].sh_type == SHT_DYNSYM) {
				*ret_section = batch[j];
				found = true;
			}
			if (batch[j].sh_type == SHT_SYMTAB)
				return true;
		}
	}
	return found;
}

bool symbols_in_file(
	int fd, const uint8_t *build_id, size_t build_id_size, struct symbol_table *ret_table)
{
	Elf64_Ehdr header;
	Elf64_Shdr symbols, names;
	struct stat status;

	if (sys_fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
		!file_read_at(fd, 0, &header, sizeof header) || !elf_header_good(&header) ||
		!same_build(fd, &header, build_id, build_id_size))
		return false;
	uint64_t count = section_count(fd, &header);

	if (!symbol_section(fd, &header, count, &symbols) || symbols.sh_link >= count ||
		symbols.sh_entsize != sizeof(Elf64_Sym) ||
		!file_read_at(
			fd, header.e_shoff + symbols.sh_link * sizeof names, &names, sizeof names))
		return false;
	*ret_table = (struct symbol_table){
		.fd = fd,
		.symbols = symbols.sh_offset,
		.count = symbols.sh_size / sizeof(Elf64_Sym),
		.names = names.sh_offset,
		.names_size = names.sh_size,
		.sections = header.e_shoff,
		.section_count = count,
	};
	return true;
}
